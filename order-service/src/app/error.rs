use inventory_api::ReservationError;
use problem::Problem;
use sea_orm::DbErr;

use crate::domain::saga::WrongState;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error("there is no such order, or not for this caller")]
    NoSuchOrder,
    #[error("there is no such item")]
    NoSuchItem,
    #[error("it is not the caller's to do")]
    NotYours(&'static str),
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Somebody else's change came in between; the same request may succeed now.
    #[error("another change came in between")]
    Overtaken,
    #[error("the inventory cannot be asked")]
    Inventory(#[source] ReservationError),
    /// A convention of the house refused it: a key, a field.
    #[error("{}", .0.kind().title())]
    Refused(Problem),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}
