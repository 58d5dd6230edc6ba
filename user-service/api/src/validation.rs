use chrono::{DateTime, Utc, serde::ts_seconds_option};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, SessionId, UserId};

use crate::Role;

/// Asks whether an access token is good now (RFC 7662 §2.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateTokenRequest {
    /// What is longer is no access token of ours, and answered so.
    #[schema(required, nullable = false, value_type = String, max_length = 4096)]
    pub token: Option<Secret>,
}

/// The answer: who the token speaks for, or that it is not active and nothing more (RFC 7662 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Introspection", into = "Introspection")]
pub enum Validation {
    Active(ActiveToken),
    Inactive,
}

/// Whom an active token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveToken {
    pub sub: UserId,
    pub roles: Vec<Role>,
    pub sid: SessionId,
    /// When the token ends, in whole seconds.
    pub exp: DateTime<Utc>,
}

/// Whether a token is active, and only if it is, whom it speaks for.
#[derive(Default, Serialize, Deserialize, ToSchema)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    roles: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sid: Option<SessionId>,
    /// When the token ends, in seconds since 1970.
    #[serde(default, with = "ts_seconds_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, nullable = false, required = false)]
    exp: Option<DateTime<Utc>>,
}

impl From<Introspection> for Validation {
    fn from(wire: Introspection) -> Self {
        match wire {
            Introspection { active: true, sub: Some(sub), roles: Some(roles), sid: Some(sid), exp: Some(exp) } => {
                Self::Active(ActiveToken { sub, roles, sid, exp })
            }
            _ => Self::Inactive,
        }
    }
}

impl From<Validation> for Introspection {
    fn from(validation: Validation) -> Self {
        match validation {
            Validation::Active(ActiveToken { sub, roles, sid, exp }) => {
                Self { active: true, sub: Some(sub), roles: Some(roles), sid: Some(sid), exp: Some(exp) }
            }
            Validation::Inactive => Self::default(),
        }
    }
}

impl utoipa::PartialSchema for Validation {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Introspection::schema()
    }
}

impl ToSchema for Validation {}
