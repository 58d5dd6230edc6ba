//! What clients are told of each error.

use std::time::Duration;

use ::http::{HeaderValue, header};
use cache::CacheError;
use problem::{Kind, Problem};
use service_kit::db::to_problem;

use super::fields::refused;
use crate::app::{
    AppointError, EraseError, HashError, LoginError, OfferSetupError, PasswordChangeError, RefreshError, RegisterError,
    RenameError, RevokeError, SetUpError,
};
use crate::domain::field_error::FieldError;

/// By then a place in the queue is free again: a hash takes about 25 ms.
const AFTER_A_FLOOD: Duration = Duration::from_secs(2);

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(Kind::EmailTaken),
            RegisterError::Hash(error) => error.into(),
            RegisterError::Database(error) => to_problem(&error),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            // RFC 9110 §15.5.2 asks for a challenge with every 401.
            LoginError::WrongCredentials => Self::new(Kind::WrongCredentials)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            LoginError::Disabled => Self::because(Kind::Forbidden, "This account is disabled."),
            LoginError::Hash(error) => error.into(),
            LoginError::Signing(error) => internal(&error),
            LoginError::Cache(error) => cache_problem(&error),
            LoginError::Database(error) => to_problem(&error),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Refused => Self::invalid_token("The refresh token is not good any more. Sign in again."),
            RefreshError::Signing(error) => internal(&error),
            RefreshError::Cache(error) => cache_problem(&error),
            RefreshError::Database(error) => to_problem(&error),
        }
    }
}

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::NotFound => Self::because(Kind::NotFound, "You have no such session."),
            RevokeError::Cache(error) => cache_problem(&error),
            RevokeError::Database(error) => to_problem(&error),
        }
    }
}

impl From<RenameError> for Problem {
    fn from(error: RenameError) -> Self {
        match error {
            RenameError::Stale => Self::new(Kind::StaleVersion),
            RenameError::Database(error) => to_problem(&error),
        }
    }
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Stale => Self::new(Kind::StaleVersion),
            EraseError::Cache(error) => cache_problem(&error),
            EraseError::Database(error) => to_problem(&error),
        }
    }
}

impl From<PasswordChangeError> for Problem {
    fn from(error: PasswordChangeError) -> Self {
        match error {
            PasswordChangeError::WrongPassword => refused("/current_password", FieldError::WrongPassword),
            PasswordChangeError::SessionEnded => Self::invalid_token("The session has ended."),
            PasswordChangeError::Hash(error) => error.into(),
            PasswordChangeError::Signing(error) => internal(&error),
            PasswordChangeError::Cache(error) => cache_problem(&error),
            PasswordChangeError::Database(error) => to_problem(&error),
        }
    }
}

impl From<OfferSetupError> for Problem {
    fn from(error: OfferSetupError) -> Self {
        match error {
            OfferSetupError::NotNeeded => Self::because(Kind::Conflict, "There is an administrator already."),
            OfferSetupError::Database(error) => to_problem(&error),
        }
    }
}

impl From<SetUpError> for Problem {
    fn from(error: SetUpError) -> Self {
        match error {
            SetUpError::LinkSpent => Self::because(
                Kind::Forbidden,
                "The link is not good any more: it works once, and until the next start. While there is no administrator, \
                 each start prints a fresh one.",
            ),
            SetUpError::EmailTaken => Self::new(Kind::EmailTaken),
            SetUpError::Hash(error) => error.into(),
            SetUpError::Database(error) => to_problem(&error),
        }
    }
}

impl From<AppointError> for Problem {
    fn from(error: AppointError) -> Self {
        match error {
            AppointError::Raced => {
                Self::because(Kind::Conflict, "The account was registered or erased at the same moment. Try again.")
            }
            AppointError::Hash(error) => error.into(),
            AppointError::Cache(error) => cache_problem(&error),
            AppointError::Database(error) => to_problem(&error),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::because(Kind::TooManyRequests, "Too many people are signing in at this moment.")
                .retry_after(AFTER_A_FLOOD),
            HashError::Failed(_) | HashError::Panicked(_) => internal(&error),
        }
    }
}

/// The change is in the database, but it may not count at once. Asking for it again does no harm.
fn cache_problem(error: &CacheError) -> Problem {
    tracing::error!(error = %error, "session cache not told of a change");
    Problem::unavailable("The change was made, but may take a minute to count everywhere.", Duration::from_secs(1))
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "request failed");
    Problem::new(Kind::Internal)
}
