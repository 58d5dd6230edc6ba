use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, UserId};

// Required fields are optional in all of these requests, so that a request is parsed although they are missing, and all that
// are get reported at once.

/// Asks for an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// At most 254 characters, with one `@`.
    #[schema(required, nullable = false, example = "ada@example.org", max_length = 254)]
    pub email: Option<String>,
    /// 8 to 128 characters of any script; the most common passwords are refused.
    #[schema(required, nullable = false, value_type = String, min_length = 8, max_length = 128)]
    pub password: Option<Secret>,
    /// What others see, 1 to 80 characters.
    #[schema(required, nullable = false, example = "Ada L.", min_length = 1, max_length = 80)]
    pub display_name: Option<String>,
}

/// Changes one's own account (a JSON Merge Patch, RFC 7396).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMeRequest {
    /// What others see, 1 to 80 characters.
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    pub display_name: Option<String>,
}

/// Changes one's own password.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// No account has a longer one: it is answered as a wrong one.
    #[schema(required, nullable = false, value_type = String, max_length = 128)]
    pub current_password: Option<Secret>,
    /// 8 to 128 characters of any script; the most common passwords are refused.
    #[schema(required, nullable = false, value_type = String, min_length = 8, max_length = 128)]
    pub new_password: Option<Secret>,
}

/// What the link for the first administrator ends with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SetupToken {
    /// For `/setup?token=…`, good once.
    pub token: Secret,
}

/// An account as its owner and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub status: UserStatus,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The number in the `ETag`.
    pub version: i64,
}

/// An account as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    pub id: UserId,
    pub display_name: String,
    pub member_since: DateTime<Utc>,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May offer and borrow.
    Member,
    /// May look after everybody's things and accounts.
    Admin,
}

/// Whether an account may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    Active,
    Disabled,
}
