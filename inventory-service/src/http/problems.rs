use std::time::Duration;

use problem::{Kind, Problem};
use service_kit::db::to_problem;

use crate::app::AppError;

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NoSuchItem | AppError::NoSuchCategory => Self::new(Kind::NotFound),
            AppError::ItemRetired => Self::new(Kind::Gone),
            AppError::CategoryTaken(slug) => Self::because(
                Kind::Conflict,
                format!("There is a category {slug} already; give this one another slug."),
            ),
            AppError::CategoryInUse => Self::because(
                Kind::Conflict,
                "Items or other categories belong to this category; move them first. Retired items count.",
            ),
            AppError::Overtaken => Self::because(
                Kind::Conflict,
                "Another change was made at the same time. Nothing of this one was done; send it again.",
            )
            .retry_after(Duration::from_secs(1)),
            AppError::Refused(problem) => problem,
            AppError::Database(error) => to_problem(&error),
        }
    }
}
