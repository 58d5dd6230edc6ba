use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use user_api::{Role, UserStatus};
use vocabulary::{SessionId, UserId};

use super::token::Claims;

/// A login on one device, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) device: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Why a session ended, for whoever looks into it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Logout,
    Revoked,
    /// A refresh token came twice.
    Replay,
    /// Its user signed in on more devices than may be signed in at once.
    Crowded,
    PasswordChanged,
    PasswordReset,
    Appointed,
    Disabled,
    Erased,
}

impl EndReason {
    /// The word in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::Replay => "replay",
            Self::Crowded => "crowded",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::Appointed => "appointed",
            Self::Disabled => "disabled",
            Self::Erased => "erased",
        }
    }
}

/// What tokens are held against: all that a validation needs to know of a session and its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// The session has ended, or there never was one.
    Ended,
    Open(OpenSession),
}

/// A session that has not been ended, and its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenSession {
    pub(crate) user_id: UserId,
    pub(crate) role: Role,
    pub(crate) status: UserStatus,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) password_changed_at: DateTime<Utc>,
}

impl OpenSession {
    /// Whether its user may act now.
    pub(crate) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.status == UserStatus::Active && now < self.expires_at
    }

    /// Whether a token with these claims, whose signature has been verified, is good now.
    pub(crate) fn admits(&self, claims: &Claims, now: DateTime<Utc>) -> bool {
        // `iat` has whole seconds; `pwd` also tells a token that was issued in the second of the change, but before it.
        let issued_since_change = claims.iat >= self.password_changed_at.timestamp()
            && claims.pwd == self.password_changed_at.timestamp_micros();
        self.is_live(now) && claims.sub == self.user_id && issued_since_change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use uuid::Uuid;
    use vocabulary::Id;

    #[test]
    fn a_session_admits_only_its_users_tokens_since_the_last_change_of_password() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let open = OpenSession {
            user_id: Id::new(Uuid::nil()),
            role: Role::Member,
            status: UserStatus::Active,
            expires_at: now + TimeDelta::days(1),
            password_changed_at: now - TimeDelta::hours(1),
        };
        let claims = Claims { pwd: open.password_changed_at.timestamp_micros(), ..Claims::sample(now) };
        assert!(open.admits(&claims, now));
        assert!(!open.admits(&claims, open.expires_at));
        assert!(!open.admits(&Claims { sub: Id::new(Uuid::max()), ..claims.clone() }, now));
        assert!(!open.admits(&Claims { iat: (now - TimeDelta::hours(2)).timestamp(), ..claims.clone() }, now));
        let disabled = OpenSession { status: UserStatus::Disabled, ..open };
        assert!(!disabled.admits(&claims, now));
    }

    #[test]
    fn a_token_of_the_second_in_which_the_password_was_changed_is_good_only_if_it_came_after() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds(500);
        let open = OpenSession {
            user_id: Id::new(Uuid::nil()),
            role: Role::Member,
            status: UserStatus::Active,
            expires_at: now + TimeDelta::days(1),
            password_changed_at: now,
        };
        let before = Claims { pwd: (now - TimeDelta::hours(1)).timestamp_micros(), ..Claims::sample(now) };
        assert!(!open.admits(&before, now));
        assert!(open.admits(&Claims { pwd: now.timestamp_micros(), ..before }, now));
    }
}
