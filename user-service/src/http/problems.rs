//! What clients are told of each error.

use std::time::Duration;

use ::http::{HeaderName, HeaderValue, header};
use cache::CacheError;
use chrono::TimeDelta;
use problem::{Kind, Problem};
use service_kit::db::to_problem;

use super::fields::refused;
use crate::app::{
    AppointError, HashError, KeysError, LoginError, MemberError, OfferSetupError, PasswordChangeError, RefreshError,
    RegisterError, RenameError, ResetError, RevokeError, RotateError, SetUpError, Throttled,
};
use crate::domain::field_error::FieldError;

/// As draft-ietf-httpapi-ratelimit-headers-10 names them.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// By then a place in the queue is free again: a hash takes about 25 ms.
const AFTER_A_FLOOD: TimeDelta = TimeDelta::seconds(2);

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::EmailTaken => Self::new(Kind::EmailTaken),
            RegisterError::Throttled(throttled) => throttled.into(),
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
            LoginError::Throttled(throttled) => throttled.into(),
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

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Stale => Self::new(Kind::StaleVersion),
            MemberError::LastAdministrator => Self::because(
                Kind::Conflict,
                "This account is the only one that can look after the platform. Make somebody else an administrator first.",
            ),
            MemberError::Cache(error) => cache_problem(&error),
            MemberError::Database(error) => to_problem(&error),
        }
    }
}

impl From<ResetError> for Problem {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::LinkSpent => Self::because(
                Kind::Forbidden,
                "The link is not good any more: it works once, and for 24 hours. Ask an administrator for another one.",
            ),
            ResetError::Hash(error) => error.into(),
            ResetError::Cache(error) => cache_problem(&error),
            ResetError::Database(error) => to_problem(&error),
        }
    }
}

impl From<RotateError> for Problem {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::Underway => Self::because(
                Kind::Conflict,
                "A key is on its way already; GET /internal/v1/keys says when it will sign.",
            ),
            RotateError::Keys(error) => error.into(),
            RotateError::Database(error) => to_problem(&error),
        }
    }
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Database(error) => to_problem(&error),
            KeysError::Damaged(_) | KeysError::Missing => internal(&error),
        }
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Account { wait, .. } => too_many(
                "Too many passwords for this account were wrong. Try again a little later.",
                &format!("\"account\";q=1;w={}", whole_seconds(wait)),
                ("account", wait),
            ),
            Throttled::Address { wait, burst, window } => too_many(
                "Too many attempts from your network were wrong. Try again a little later.",
                &format!("\"failures\";q={burst};w={}", whole_seconds(window)),
                ("failures", wait),
            ),
        }
    }
}

impl From<PasswordChangeError> for Problem {
    fn from(error: PasswordChangeError) -> Self {
        match error {
            PasswordChangeError::WrongPassword => refused("/current_password", FieldError::WrongPassword),
            PasswordChangeError::SessionEnded => Self::invalid_token("The session has ended."),
            PasswordChangeError::Throttled(throttled) => throttled.into(),
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
            HashError::Busy { places } => too_many(
                "Too many people are signing in at this moment.",
                &format!("\"passwords\";q={places};qu=\"concurrent-requests\""),
                ("passwords", AFTER_A_FLOOD),
            ),
            HashError::Failed(_) | HashError::NoThread(_) | HashError::Panicked => internal(&error),
        }
    }
}

/// 429 for somebody who has used up what `policy` grants and has to wait.
fn too_many(detail: &'static str, policy: &str, (name, wait): (&str, TimeDelta)) -> Problem {
    let text = |value: &str| HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""));
    Problem::because(Kind::TooManyRequests, detail)
        .retry_after(wait.to_std().unwrap_or_default())
        .with_header(RATE_LIMIT_POLICY, text(policy))
        .with_header(RATE_LIMIT, text(&format!("\"{name}\";r=0;t={}", whole_seconds(wait))))
}

/// At least one.
fn whole_seconds(time: TimeDelta) -> i64 {
    time.num_seconds().max(1)
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
