use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Secret, UserId};

use crate::{Role, SecurityEvent, User, UserSession, UserStatus};

/// Changes somebody's account (a JSON Merge Patch, RFC 7396).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUserRequest {
    /// `["member"]` or `["member", "admin"]`: an administrator is a member too.
    #[schema(nullable = false, min_items = 1, max_items = 2)]
    pub roles: Option<Vec<Role>>,
    /// Disabling ends all sessions.
    #[schema(nullable = false)]
    pub status: Option<UserStatus>,
}

/// A link with which its account's password can be set once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordResetLink {
    pub user_id: UserId,
    /// What the link ends with.
    pub token: Secret,
    /// The link, without the platform's own address.
    #[schema(value_type = String, example = "/setup/password?token=…")]
    pub path: Secret,
    pub expires_at: DateTime<Utc>,
}

/// Sets a new password by such a link.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// What the link ends with.
    #[schema(required, nullable = false, value_type = String, max_length = 43)]
    pub token: Option<Secret>,
    /// 8 to 128 characters of any script; the most common passwords are refused.
    #[schema(required, nullable = false, value_type = String, min_length = 8, max_length = 128)]
    pub new_password: Option<Secret>,
}

/// All that is kept about an account here (GDPR, article 15 and 20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountExport {
    pub exported_at: DateTime<Utc>,
    pub account: User,
    /// Those that can still be used.
    pub sessions: Vec<UserSession>,
    /// The newest 1,000, newest first.
    pub security_events: Vec<SecurityEvent>,
}
