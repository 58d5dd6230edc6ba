//! Who is signed in. The tokens of a member are sealed into a cookie; docs/adr says why.

mod cookie;
mod seal;
mod signed_in;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use user_api::TokenPair;
use vocabulary::{Secret, UserId};

pub(crate) use cookie::Cookie;
pub(crate) use seal::Seal;
pub(crate) use signed_in::{Visitor, signed_in};

/// What the cookie holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user_id: UserId,
    access_token: Secret,
    refresh_token: Secret,
    access_ends: DateTime<Utc>,
    /// Every form of this member carries it, so that no other site can make one.
    form_token: Secret,
    /// Whether the navigation shows what administrators do. The services decide what they may.
    pub(crate) administers: bool,
}

impl Session {
    /// A session as it begins.
    pub(crate) fn begin(pair: TokenPair, form_token: Secret, now: DateTime<Utc>) -> Self {
        Self {
            user_id: pair.user_id,
            access_ends: access_ends(&pair, now),
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            form_token,
            administers: false,
        }
    }

    /// The same session with new tokens.
    #[must_use]
    pub(crate) fn renewed(&self, pair: TokenPair, now: DateTime<Utc>) -> Self {
        Self { administers: self.administers, ..Self::begin(pair, self.form_token.clone(), now) }
    }

    /// The same session, with what the navigation shows.
    #[must_use]
    pub(crate) fn administering(self, administers: bool) -> Self {
        Self { administers, ..self }
    }

    pub(crate) fn access_token(&self) -> &Secret {
        &self.access_token
    }

    pub(crate) fn refresh_token(&self) -> &Secret {
        &self.refresh_token
    }

    pub(crate) fn form_token(&self) -> &Secret {
        &self.form_token
    }

    /// Whether the access token has ended, or will before an answer is there.
    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.access_ends - TimeDelta::seconds(10) <= now
    }
}

fn access_ends(pair: &TokenPair, now: DateTime<Utc>) -> DateTime<Utc> {
    // No access token lives for a day; a number beyond that is taken for one.
    now + TimeDelta::seconds(i64::try_from(pair.expires_in).unwrap_or(i64::MAX).min(86_400))
}
