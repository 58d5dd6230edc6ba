use std::time::Duration;

use http::StatusCode;
use peer::PeerError;
use problem::{FieldProblem, Kind, Problem, ProblemBody};

/// Why a service did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It answered with a problem of the caller's making (4xx).
    #[error("refused with {status}: {}", body.title)]
    Refused { status: StatusCode, body: Box<ProblemBody> },
    /// It gave no usable answer; the page shows the rest.
    #[error("the {service} gave no usable answer: {reason}")]
    Missing {
        service: &'static str,
        reason: String,
        retry_after: Option<Duration>,
        #[source]
        source: Option<Box<PeerError>>,
    },
}

impl ApiError {
    /// Whether the service refused with this status.
    pub(crate) fn is(&self, wanted: StatusCode) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == wanted)
    }

    /// The fields that were refused.
    pub(crate) fn fields(&self) -> &[FieldProblem] {
        match self {
            Self::Refused { body, .. } => &body.errors,
            Self::Missing { .. } => &[],
        }
    }

    /// The kind of problem this is for people.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Refused { body, .. } => Kind::from_slug(&body.code.replace('_', "-")).unwrap_or(Kind::Internal),
            Self::Missing { .. } => Kind::Unavailable,
        }
    }

    /// What the service said about this case, in English.
    pub(crate) fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused { body, .. } => body.detail.as_deref(),
            Self::Missing { .. } => None,
        }
    }
}

/// Why the whole page cannot be shown.
impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let retry_after = match &error {
            ApiError::Missing { retry_after, .. } => {
                tracing::warn!(error = %error, "a page misses a service");
                *retry_after
            }
            ApiError::Refused { .. } => None,
        };
        let problem = match error.detail() {
            Some(detail) => Self::because(error.kind(), detail.to_owned()),
            None => Self::new(error.kind()),
        };
        match retry_after {
            Some(time) => problem.with_header(http::header::RETRY_AFTER, time.as_secs().max(1).into()),
            None => problem,
        }
    }
}
