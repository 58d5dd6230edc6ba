use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr};
use service_kit::clock::Clock;
use service_kit::db::Db;
use service_kit::randomness::Randomness;
use user_api::{JwkSet, KeyState, SecurityEventKind as Kind};

use super::App;
use crate::db::signing_keys;
use crate::domain::security_event::Actor;
use crate::domain::token::{KeyError, SigningKey, StoredKey, TokenParties, TokenSigner, TokenVerifier};

/// Why there is no key to sign with, or none to verify with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("the signing keys cannot be read: {0}")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Damaged(#[from] KeyError),
    #[error("no key in the database signs")]
    Missing,
}

/// Why no new key was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RotateError {
    #[error("a key is on its way already")]
    Underway,
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The keys as they were a moment ago: one signs, and all of them verify and can be fetched.
pub(super) struct Keyring {
    pub(super) signer: TokenSigner,
    pub(super) verifier: TokenVerifier,
    pub(super) published: JwkSet,
}

/// A keyring that is replaced as a whole.
pub(super) struct Keyrings(RwLock<Arc<Keyring>>);

impl Keyrings {
    /// Reads the keys, and makes one when this is the first start. Instances that start together end up with the same one.
    pub(super) async fn start(
        db: &Db,
        clock: &Clock,
        randomness: &Randomness,
        parties: &TokenParties,
    ) -> Result<Self, KeysError> {
        let mut keys = signing_keys::all(db.read()).await??;
        if keys.iter().all(|key| key.state != KeyState::Active) {
            let key = SigningKey::from_seed(randomness.bytes())?;
            let tx = db.begin().await?;
            signing_keys::activate_first(&tx, &key, clock.now()).await?;
            tx.commit().await?;
            keys = signing_keys::all(db.read()).await??;
        }
        Ok(Self(RwLock::new(Arc::new(Keyring::of(parties, &keys)?))))
    }

    pub(super) fn current(&self) -> Arc<Keyring> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, keyring: Keyring) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }
}

impl Keyring {
    fn of(parties: &TokenParties, keys: &[StoredKey]) -> Result<Self, KeysError> {
        let active = keys.iter().find(|key| key.state == KeyState::Active).ok_or(KeysError::Missing)?;
        let all: Vec<SigningKey> = keys.iter().map(|key| key.key.clone()).collect();
        Ok(Self {
            signer: TokenSigner::new(&active.key),
            verifier: TokenVerifier::new(parties.clone(), &all),
            published: JwkSet { keys: all.iter().map(SigningKey::jwk).collect() },
        })
    }
}

impl App {
    /// The public parts of the keys that verify our tokens.
    pub(crate) fn published_keys(&self) -> JwkSet {
        self.keyrings.current().published.clone()
    }

    /// Every key, newest first, with when it goes on by itself.
    pub(crate) async fn signing_keys(&self) -> Result<Vec<(StoredKey, Option<DateTime<Utc>>)>, KeysError> {
        let keys = signing_keys::all(self.db.read()).await??;
        Ok(keys.into_iter().map(|key| (key.clone(), self.due_at(&key))).collect())
    }

    /// Makes a key that will sign once everybody who verifies tokens can know it.
    pub(crate) async fn rotate_keys(&self, actor: &Actor) -> Result<(), RotateError> {
        let now = self.clock.now();
        let key = SigningKey::from_seed(self.randomness.bytes()).map_err(KeysError::from)?;
        let tx = self.db.begin().await?;
        if !signing_keys::publish(&tx, &key, now).await? {
            return Err(RotateError::Underway);
        }
        self.record(&tx, actor.did_to_nobody(Kind::KeyPublished).note(key.kid()), now).await?;
        tx.commit().await?;
        Ok(self.tend_keys().await?)
    }

    /// Moves the keys on whose time has come, and takes over what other instances have moved.
    pub(crate) async fn tend_keys(&self) -> Result<(), KeysError> {
        let mut keys = signing_keys::all(self.db.read()).await??;
        let now = self.clock.now();
        let due: Vec<_> = keys.iter().filter(|key| self.due_at(key).is_some_and(|at| at <= now)).collect();
        if !due.is_empty() {
            let tx = self.db.begin().await?;
            for key in due {
                self.move_key_on(&tx, key, &keys, now).await?;
            }
            tx.commit().await?;
            keys = signing_keys::all(self.db.read()).await??;
        }
        self.keyrings.replace(Keyring::of(&self.policy.parties, &keys)?);
        Ok(())
    }

    fn due_at(&self, key: &StoredKey) -> Option<DateTime<Utc>> {
        key.due_at(self.policy.access_life)
    }

    /// Each step happens once, however many instances try: whoever finds the key in another state leaves it alone.
    async fn move_key_on(
        &self,
        tx: &DatabaseTransaction,
        key: &StoredKey,
        all: &[StoredKey],
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let kid = key.key.kid();
        if key.state == KeyState::Retired {
            if signing_keys::delete(tx, kid).await? {
                self.record(tx, Actor::NOBODY.did_to_nobody(Kind::KeyDeleted).note(kid), now).await?;
            }
            return Ok(());
        }
        // There is room for one active key, so the one before goes first.
        for before in all.iter().filter(|other| other.state == KeyState::Active) {
            let kid = before.key.kid();
            if signing_keys::move_on(tx, kid, (KeyState::Active, KeyState::Retired), now).await? {
                self.record(tx, Actor::NOBODY.did_to_nobody(Kind::KeyRetired).note(kid), now).await?;
            }
        }
        if signing_keys::move_on(tx, kid, (KeyState::Published, KeyState::Active), now).await? {
            self.record(tx, Actor::NOBODY.did_to_nobody(Kind::KeyActivated).note(kid), now).await?;
        }
        Ok(())
    }
}
