use problem::Problem;
use sea_orm::{DbErr, SqlErr};

use crate::db::contention::{Contention, contention};
use crate::domain::reservation::WrongState;
use crate::domain::slug::Slug;

/// Why a use case did not happen. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    #[error("there is no such item, or not for this caller")]
    NoSuchItem,
    #[error("the item is retired")]
    ItemRetired,
    #[error("there is no such reservation")]
    NoSuchReservation,
    #[error("the item is not offered now")]
    NotOffered,
    #[error("{wanted} are wanted and {free} free")]
    NotFree { wanted: u32, free: usize },
    /// The id stands for a reservation that was released or has expired.
    #[error("the id of the reservation was used before")]
    IdSpent,
    #[error(transparent)]
    WrongState(WrongState),
    /// Something of the item is held, promised or out.
    #[error("something of the item is reserved")]
    Booked,
    /// More is promised or out than would be left.
    #[error("the units are needed")]
    UnitsNeeded,
    /// The item has as many units as an item can have, or is not lent.
    #[error("the item takes no more units")]
    NoMoreUnits,
    /// The item has as many photos as an item can have.
    #[error("the item takes no more photos")]
    NoMorePhotos,
    #[error("an item that is lent has a unit")]
    LastUnit,
    /// The units of the reservation are with the borrower before, and there are no others.
    #[error("the units are still out")]
    StillOut,
    /// There is a unit, and somebody else was promised it before the loan that begins early is over.
    #[error("the units are promised to others before")]
    PromisedBefore,
    #[error("there is no category with this slug")]
    NoSuchCategory,
    #[error("the category {0} is there already")]
    CategoryTaken(Slug),
    #[error("the category has items or categories of its own")]
    CategoryInUse,
    /// Somebody else's change came in between; the same request may succeed now.
    #[error("another change came in between")]
    Overtaken,
    /// A rule of the schema refused it although the domain had allowed it: somebody writes past the domain.
    #[error("the database's own rule refused it")]
    Contradicted(#[source] DbErr),
    /// A convention of the house refused it: a precondition, a permission, a key, a field.
    #[error("{}", .0.kind().title())]
    Refused(Problem),
    #[error(transparent)]
    Database(DbErr),
}

impl AppError {
    /// Whether the same use case, begun anew, may succeed.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Overtaken | Self::Contradicted(_) => true,
            Self::Database(error) => contention(error) == Some(Contention::Busy),
            _ => false,
        }
    }
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
            _ if contention(&error) == Some(Contention::Taken) => Self::Contradicted(error),
            _ => Self::Database(error),
        }
    }
}
