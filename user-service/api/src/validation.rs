use chrono::{DateTime, Utc, serde::ts_seconds};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, SessionId, UserId};

use crate::Role;

/// Asks whether an access token is good now (RFC 7662 §2.1).
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValidateTokenRequest {
    #[schema(required, nullable = false)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActiveToken {
    pub sub: UserId,
    pub roles: Vec<Role>,
    pub sid: SessionId,
    /// When the token ends, in seconds since 1970.
    #[serde(with = "ts_seconds")]
    #[schema(value_type = i64)]
    pub exp: DateTime<Utc>,
}

/// The members on the wire.
#[derive(Serialize, Deserialize, ToSchema)]
struct Introspection {
    active: bool,
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    token: Option<ActiveToken>,
}

impl From<Introspection> for Validation {
    fn from(wire: Introspection) -> Self {
        match wire.token {
            Some(token) if wire.active => Self::Active(token),
            _ => Self::Inactive,
        }
    }
}

impl From<Validation> for Introspection {
    fn from(validation: Validation) -> Self {
        match validation {
            Validation::Active(token) => Self { active: true, token: Some(token) },
            Validation::Inactive => Self { active: false, token: None },
        }
    }
}

impl utoipa::PartialSchema for Validation {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Introspection::schema()
    }
}

impl ToSchema for Validation {}
