use std::time::Duration;

use problem::{Kind, Problem};
use service_kit::db::to_problem;

use crate::app::AppError;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NoSuchItem | AppError::NoSuchCategory | AppError::NoSuchReservation => Self::new(Kind::NotFound),
            AppError::NotOffered => {
                Self::because(Kind::Conflict, "The item is not offered at the moment; its owner has paused it.")
            }
            AppError::NotFree { wanted, free } => Self::because(
                Kind::Conflict,
                format!("Asked for {wanted}, and {free} are free; take fewer, or another time."),
            ),
            AppError::IdSpent => Self::because(
                Kind::Conflict,
                "The reservation with this id was released or has expired; make a new one under another id.",
            ),
            AppError::WrongState(wrong) => Self::because(Kind::Conflict, wrong.to_string()),
            AppError::Booked => Self::because(
                Kind::Conflict,
                "Something of the item is held, promised or out; release it or take it back first.",
            ),
            AppError::UnitsNeeded => Self::because(
                Kind::Conflict,
                "More units are promised or out at one time than would be left; release or take back some first.",
            ),
            AppError::NoMoreUnits => Self::because(
                Kind::Conflict,
                "An item that is lent has at most 1,000 units, and one that is sold has none; offer another item.",
            ),
            AppError::NoMorePhotos => Self::because(
                Kind::Conflict,
                "The item has 12 photos, which is as many as it can have; remove one first.",
            ),
            AppError::LastUnit => {
                Self::because(Kind::Conflict, "It is the last unit of the item; retire the item instead.")
            }
            AppError::StillOut => Self::because(
                Kind::Conflict,
                "No unit is there: what is out has not come back yet, or units are out of service; take back what is out \
                 first.",
            ),
            AppError::PromisedBefore => Self::because(
                Kind::Conflict,
                "What is there is promised to others before this loan begins; hand it over when it begins.",
            ),
            AppError::ItemRetired => Self::new(Kind::Gone),
            AppError::CategoryTaken(slug) => Self::because(
                Kind::Conflict,
                format!("There is a category {slug} already; give this one another slug."),
            ),
            AppError::CategoryInUse => {
                Self::because(Kind::Conflict, "Items or other categories belong to this category; move them first.")
            }
            AppError::Overtaken => Self::because(
                Kind::Conflict,
                "Another change was made at the same time. Nothing of this one was done; send it again.",
            )
            .retry_after(Duration::from_secs(1)),
            AppError::Contradicted(error) => {
                tracing::warn!(error = %error, "refused by a rule of the database");
                Self::because(
                    Kind::Conflict,
                    "It was taken at this moment. Nothing was changed; look what is free now.",
                )
            }
            AppError::Refused(problem) => problem,
            AppError::Database(error) => to_problem(&error),
        }
    }
}
