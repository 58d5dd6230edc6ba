use problem::Problem;
use sea_orm::{DbErr, SqlErr};

use crate::domain::payment::Obstacle;

/// Why a use case did not happen. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error("there is no such payment, or not for this caller")]
    NoSuchPayment,
    #[error("the key was voided before anything was asked for with it")]
    Voided,
    #[error("the key came with another request")]
    KeyReused,
    /// The same key, or another operation of the payment, is being worked on.
    #[error("the payment is being worked on")]
    Busy,
    #[error(transparent)]
    Obstacle(Obstacle),
    /// The provider has said no to taking, giving back or releasing.
    #[error("the provider refused: {0}")]
    ProviderRefused(String),
    #[error("the payment is not paid at the desk")]
    NotAtTheDesk,
    /// A convention of the house refused it.
    #[error("{}", .0.kind().title())]
    Refused(Problem),
    #[error(transparent)]
    Database(DbErr),
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Obstacle> for AppError {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Busy => Self::Busy,
            obstacle => Self::Obstacle(obstacle),
        }
    }
}

impl From<DbErr> for AppError {
    /// A row that is there twice although this transaction looked: somebody was quicker, and is at work.
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}
