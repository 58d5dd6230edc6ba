use std::sync::Arc;
use std::{fmt, io, thread};

use argon2::password_hash::{self, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, Version};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use service_kit::randomness::Randomness;
use tokio::sync::{Semaphore, oneshot};
use vocabulary::Secret;

/// 19 MiB, two passes, one lane: the second choice of OWASP's password storage cheat sheet, and 22 ms of a core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How much lower than a request a hash stands with the scheduler, in steps of `nice`: who is answered from memory does not
/// wait for those who sign in, and where both want a processor, signing in still gets a quarter of it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// How many hashes may be computed at once, and how many may wait for that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HashingLimits {
    pub(crate) running: usize,
    pub(crate) waiting: usize,
}

/// Hashes passwords with argon2id, on threads that stand back and never more at once than was granted: a flood of logins
/// neither delays other requests nor takes all memory.
pub(crate) struct PasswordHasher {
    argon2: Argon2<'static>,
    randomness: Randomness,
    /// For those at work and those that wait.
    places: Arc<Semaphore>,
    most: usize,
    cores: Arc<Semaphore>,
    hashes: Counter,
    refused: Counter,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many passwords wait to be hashed")]
    Busy {
        /// How many may be hashed or wait at once.
        places: usize,
    },
    #[error("a password could not be hashed: {0}")]
    Failed(password_hash::Error),
    #[error("there is no thread to hash a password on")]
    NoThread(#[source] io::Error),
    #[error("a password could not be hashed")]
    Panicked,
}

impl PasswordHasher {
    pub(crate) fn new(
        limits: HashingLimits,
        randomness: Randomness,
        metrics: &mut Registry,
    ) -> Result<Self, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashError::Failed(error.into()))?;
        let (hashes, refused) = (Counter::default(), Counter::default());
        metrics.register("password_hashes", "Passwords hashed", hashes.clone());
        metrics.register("password_hashes_refused", "Passwords not hashed because too many waited", refused.clone());
        let most = limits.running.saturating_add(limits.waiting).min(Semaphore::MAX_PERMITS);
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            randomness,
            places: Arc::new(Semaphore::new(most)),
            most,
            cores: Arc::new(Semaphore::new(limits.running.min(Semaphore::MAX_PERMITS))),
            hashes,
            refused,
        })
    }

    /// The PHC string to store.
    pub(crate) async fn hash(&self, password: Secret) -> Result<Secret, HashError> {
        let salt: [u8; 16] = self.randomness.bytes();
        let hashed = self.run(move |argon2| hash(argon2, &password, &salt)).await?;
        hashed.map(|hash| Secret::new(hash.to_string())).map_err(HashError::Failed)
    }

    /// Whether the password is the one that was stored. Where none was, it is hashed all the same and the answer is no: who
    /// asks cannot tell the two apart by the time it takes.
    pub(crate) async fn matches(&self, password: Secret, stored: Option<Secret>) -> Result<bool, HashError> {
        let Some(stored) = stored else {
            return self.hash(password).await.map(|_nobodys| false);
        };
        let verified = self.run(move |argon2| {
            let stored = PasswordHash::new(stored.expose())?;
            argon2.verify_password(password.expose().as_bytes(), &stored)
        });
        match verified.await? {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashError::Failed(error)),
        }
    }

    /// Whether a stored hash was made with other parameters than hashes are made with now.
    pub(crate) fn is_outdated(&self, stored: &Secret) -> bool {
        let Ok(hash) = PasswordHash::new(stored.expose()) else { return false };
        let is_argon2id = hash.algorithm == Algorithm::Argon2id.ident();
        let params = Params::try_from(&hash);
        let is_current = params.is_ok_and(|params| {
            let ours = self.argon2.params();
            (params.m_cost(), params.t_cost(), params.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost())
        });
        !(is_argon2id && is_current)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let busy = || HashError::Busy { places: self.most };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            self.refused.inc();
            busy()
        })?;
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| busy())?;
        let argon2 = self.argon2.clone();
        self.hashes.inc();
        let (done, hashed) = oneshot::channel();
        // The thread holds its place itself: it works to the end even when nobody waits for it any more.
        let hashing = move || {
            give_way();
            let worked = work(&argon2);
            // Before the answer: whoever has it may come again at once.
            drop((place, core));
            let _nobody_waits = done.send(worked);
        };
        thread::Builder::new().name("password-hash".to_owned()).spawn(hashing).map_err(HashError::NoThread)?;
        hashed.await.map_err(|_| HashError::Panicked)
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher").finish_non_exhaustive()
    }
}

/// Lets requests go first. Linux counts niceness by thread; elsewhere it would slow the whole process down.
fn give_way() {
    // Where it is not granted the password is hashed all the same, if less politely.
    #[cfg(target_os = "linux")]
    rustix::process::nice(NICENESS).ok();
}

fn hash(argon2: &Argon2<'_>, password: &Secret, salt: &[u8]) -> Result<PasswordHash, password_hash::Error> {
    argon2.hash_password_with_salt(password.expose().as_bytes(), salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(running: usize, waiting: usize) -> PasswordHasher {
        let limits = HashingLimits { running, waiting };
        PasswordHasher::new(limits, Randomness::seeded(7), &mut Registry::default()).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let hasher = hasher(1, 1);
        let hash = hasher.hash(Secret::new("nine grey herons")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        assert!(hasher.matches(Secret::new("nine grey herons"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.matches(Secret::new("nine grey heron"), Some(hash.clone())).await.unwrap());
        assert_ne!(hasher.hash(Secret::new("nine grey herons")).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn a_password_costs_one_hash_whether_there_is_one_to_compare_or_not() {
        let hasher = hasher(1, 1);
        let hash = hasher.hash(Secret::new("nine grey herons")).await.unwrap();
        let before = hasher.hashes.get();
        hasher.matches(Secret::new("wrong"), Some(hash)).await.unwrap();
        assert_eq!(hasher.hashes.get() - before, 1);
        assert!(!hasher.matches(Secret::new("wrong"), None).await.unwrap());
        assert_eq!(hasher.hashes.get() - before, 2);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_hashes_gives_way_and_nobody_else_does() {
        let niceness = || rustix::process::nice(0).unwrap();
        let (ours, theirs) = (niceness(), hasher(1, 1).run(move |_| niceness()).await.unwrap());
        assert_eq!((theirs, niceness()), ((ours + NICENESS).min(19), ours));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused_and_the_rest_take_turns() {
        let hasher = Arc::new(hasher(1, 2));
        let attempt = || {
            let hasher = Arc::clone(&hasher);
            async move { hasher.hash(Secret::new("nine grey herons")).await }
        };
        let (a, b, c, d) = tokio::join!(attempt(), attempt(), attempt(), attempt());
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert!(matches!(d, Err(HashError::Busy { places: 3 })));
        assert_eq!((hasher.hashes.get(), hasher.refused.get()), (3, 1));
        assert!(attempt().await.is_ok(), "places are given back");
    }
}
