use problem::Problem;
use sea_orm::{DbErr, SqlErr};

use crate::domain::slug::Slug;

/// Why a use case did not happen. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error("there is no such item, or not for this caller")]
    NoSuchItem,
    #[error("the item is retired")]
    ItemRetired,
    #[error("there is no category with this slug")]
    NoSuchCategory,
    #[error("the category {0} is there already")]
    CategoryTaken(Slug),
    #[error("the category has items or categories of its own")]
    CategoryInUse,
    /// Somebody else's change came in between; the same request may succeed now.
    #[error("another change came in between")]
    Overtaken,
    /// A convention of the house refused it: a precondition, a permission, a key, a field.
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

impl From<DbErr> for AppError {
    /// A reference that is broken, or a row that is there twice, although this transaction looked: somebody was quicker.
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_) | SqlErr::UniqueConstraintViolation(_)) => Self::Overtaken,
            _ => Self::Database(error),
        }
    }
}
