use chrono::{DateTime, TimeDelta, Utc};
use user_api::KeyState;

use super::SigningKey;

/// How long a key can be fetched before it signs. Others may keep the set of keys for 300 seconds (its `max-age`), and some
/// ask late.
const PUBLISHED_FOR: TimeDelta = TimeDelta::seconds(360);

/// How long a key still verifies after the last token it has signed has expired: the leeway of the verifier, and what an
/// instance takes to notice that another key signs.
const KEPT_LONGER: TimeDelta = TimeDelta::seconds(60);

/// A signing key and where it is in its life.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) key: SigningKey,
    pub(crate) state: KeyState,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) state_since: DateTime<Utc>,
}

impl StoredKey {
    /// When it goes on to its next state, which for a retired key is to be deleted; an active one stays until another
    /// takes its place.
    pub(crate) fn due_at(&self, access_life: TimeDelta) -> Option<DateTime<Utc>> {
        match self.state {
            KeyState::Published => Some(self.state_since + PUBLISHED_FOR),
            KeyState::Active => None,
            KeyState::Retired => Some(self.state_since + access_life + KEPT_LONGER),
        }
    }
}
