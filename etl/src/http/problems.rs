use std::time::Duration;

use problem::{Kind, Problem};

use crate::EtlError;

impl From<EtlError> for Problem {
    /// What administrators may know of a failure. The whole of it is in the log and in `lendery etl status`.
    fn from(error: EtlError) -> Self {
        match error {
            EtlError::Empty => Self::because(
                Kind::Conflict,
                "The warehouse holds nothing yet; ask again after the first run, or start one.",
            ),
            EtlError::Query { reason } => Self::because(Kind::Conflict, format!("The report has no answer: {reason}.")),
            other => {
                tracing::warn!(error = %other, "the warehouse does not answer");
                Self::unavailable("The warehouse cannot be read at the moment.", Duration::from_secs(10))
            }
        }
    }
}
