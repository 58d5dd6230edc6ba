use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Id, SessionId, UserId};

/// Sorts by time.
pub type SecurityEventId = Id<SecurityEvent>;

/// Something that administrators may have to look into. It holds no password, no token and no e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecurityEvent {
    pub id: SecurityEventId,
    pub at: DateTime<Utc>,
    pub kind: SecurityEventKind,
    /// Whose account it concerns; null when the e-mail of a login is nobody's, and for keys.
    #[schema(required)]
    pub user_id: Option<UserId>,
    /// Who did it; null for somebody who had not signed in, and for the operator.
    #[schema(required)]
    pub actor_id: Option<UserId>,
    #[schema(required)]
    pub session_id: Option<SessionId>,
    /// The address of the client, as the gateway saw it; null for other services, and once its user is erased.
    #[schema(required, example = "203.0.113.7")]
    pub address: Option<String>,
    /// More about it: the new role or status, why a login failed, the key.
    #[schema(required, example = "wrong_password")]
    pub note: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecurityEventKind {
    AccountOpened,
    LoggedIn,
    /// `note` says why: `unknown_email`, `wrong_password`, `disabled`; `wrong_current_password` where somebody who has signed in
    /// wanted to change the password; `throttled` for the first of the attempts that have to wait; `throttled_address` and a
    /// number for so many attempts within a minute that were refused without a look, because their address had failed too
    /// often. Without an address they are those of many.
    LoginFailed,
    LoggedOut,
    SessionRevoked,
    /// A refresh token came twice, and its session was ended.
    TokenReplayed,
    PasswordChanged,
    /// An administrator made a link with which the password can be set once.
    ResetOffered,
    PasswordReset,
    /// `note` is the new role.
    RoleChanged,
    /// `note` is the new status.
    StatusChanged,
    AccountErased,
    /// `note` is the `kid`, here and below.
    KeyPublished,
    KeyActivated,
    KeyRetired,
    KeyDeleted,
}
