use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, SessionId, UserId};

/// Signs in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// No account has a longer one, nor one of another form: it is answered as one that nobody has.
    #[schema(required, nullable = false, example = "ada@example.org", max_length = 254)]
    pub email: Option<String>,
    /// No account has a longer one: it is answered as a wrong one.
    #[schema(required, nullable = false, value_type = String, max_length = 128)]
    pub password: Option<Secret>,
    /// A live refresh token of this device, if it has one: its session is renewed rather than joined by another.
    #[schema(required = false, nullable = false, value_type = String, max_length = 43)]
    pub refresh_token: Option<Secret>,
}

/// Exchanges a refresh token for a new pair.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// What is longer is none, and answered so.
    #[schema(required, nullable = false, value_type = String, max_length = 43)]
    pub refresh_token: Option<Secret>,
}

/// Ends the session of the access token; there is nothing to say beyond it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogoutRequest {}

/// What a login or a refresh answers (RFC 6749 §5.1).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenPair {
    /// A signed JWT (RFC 9068, but without `client_id`: there are no clients to tell apart) for the header `Authorization: Bearer …`.
    pub access_token: Secret,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Life of the access token in seconds.
    #[schema(example = 300)]
    pub expires_in: u64,
    /// Opaque, good for one use.
    pub refresh_token: Secret,
    pub user_id: UserId,
}

/// A login on one device, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSession {
    pub id: SessionId,
    /// The `User-Agent` that signed in, if it said one.
    #[schema(required, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    pub device: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When it last signed in or refreshed its tokens.
    pub last_used_at: DateTime<Utc>,
    /// When its user has to sign in again.
    pub expires_at: DateTime<Utc>,
    /// Whether the request was made in this session.
    pub current: bool,
}
