use serde::{Deserialize, Serialize};
use user_api::Role;
use uuid::Uuid;
use vocabulary::{SessionId, UserId};

/// What an access token says: the claims of RFC 9068 §2.2 but `client_id`, as there are no clients to tell apart. Times are
/// whole seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    /// One text: a token is for one audience.
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    pub(crate) sid: SessionId,
    pub(crate) jti: Uuid,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
    /// When the password was set that was the account's at the time of issue, in microseconds since 1970.
    pub(crate) pwd: i64,
    /// As they were when the token was issued; a validation answers those of now.
    pub(crate) roles: Vec<Role>,
}

#[cfg(test)]
impl Claims {
    /// Claims issued at `now` for five minutes.
    pub(crate) fn sample(now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            iss: "issuer".to_owned(),
            aud: "audience".to_owned(),
            sub: vocabulary::Id::new(Uuid::nil()),
            sid: vocabulary::Id::new(Uuid::nil()),
            jti: Uuid::nil(),
            iat: now.timestamp(),
            exp: now.timestamp() + 300,
            nbf: None,
            pwd: 0,
            roles: vec![Role::Member],
        }
    }
}
