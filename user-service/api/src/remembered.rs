use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{ActiveToken, UserLookup, Users, UsersError, Validation};

/// How long a yes is believed, from the moment the question was asked. A revocation counts after it at the latest.
const BELIEVED: TimeDelta = TimeDelta::seconds(1);

/// Tokens that are remembered at most; what was asked for least goes first.
const MOST: usize = 10_000;

/// Tokens are not kept, only what tells them apart. The audience need not be part of it: the user service behind one client
/// answers for one.
type Key = [u8; 32];

/// What everybody is told who asked at the same time.
type Shared = Result<Validation, Arc<UsersError>>;

/// Users that are asked once for all who want to know about a token at the same time, and for a second need not be asked
/// again about one that was active.
///
/// Nothing else is remembered: neither that a token is inactive, nor that there was no answer, which is an error for
/// everybody who waited for it. So this fails closed as what it asks does.
#[derive(Clone)]
pub struct RememberedUsers {
    inner: Arc<Inner>,
}

struct Inner {
    users: Arc<dyn Users>,
    now: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    believed: Cache<Key, Believed>,
    in_flight: Mutex<HashMap<Key, watch::Receiver<Option<Shared>>>>,
}

#[derive(Clone)]
struct Believed {
    token: ActiveToken,
    asked_at: DateTime<Utc>,
}

impl RememberedUsers {
    /// Asks `users`, and tells the time by `now`.
    pub fn new(users: Arc<dyn Users>, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        let (believed, in_flight) = (Cache::new(MOST), Mutex::default());
        Self { inner: Arc::new(Inner { users, now: Box::new(now), believed, in_flight }) }
    }
}

impl fmt::Debug for RememberedUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RememberedUsers").field("believed", &self.inner.believed.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Users for RememberedUsers {
    async fn validate_token(&self, token: &str, context: &HeaderMap) -> Result<Validation, UsersError> {
        let key: Key = Sha256::digest(token.as_bytes()).into();
        if let Some(active) = self.inner.believed_now(&key) {
            return Ok(Validation::Active(active));
        }
        let mut answer = Inner::ask(&self.inner, key, token, context);
        // The sender goes without an answer only if the question panicked.
        let answer = answer.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        match answer {
            Some(Ok(validation)) => Ok(validation),
            Some(Err(error)) => Err(error.for_another()),
            None => Err(UsersError::unavailable("the question was not answered")),
        }
    }

    async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError> {
        self.inner.users.find_by_email(email).await
    }
}

impl Inner {
    fn believed_now(&self, key: &Key) -> Option<ActiveToken> {
        let (believed, now) = (self.believed.get(key)?, (self.now)());
        // A clock that was set back ends the belief as well.
        let is_fresh = believed.asked_at <= now && now < believed.asked_at + BELIEVED;
        (is_fresh && now < believed.token.exp).then_some(believed.token)
    }

    /// The answer to come, of a question that is on its way already or of a new one. Somebody who hangs up ends neither.
    fn ask(inner: &Arc<Self>, key: Key, token: &str, context: &HeaderMap) -> watch::Receiver<Option<Shared>> {
        let mut in_flight = inner.in_flight();
        if let Some(answer) = in_flight.get(&key) {
            return answer.clone();
        }
        let (sender, answer) = watch::channel(None);
        in_flight.insert(key, answer.clone());
        let question = Question { inner: Arc::clone(inner), key };
        let (token, context, asked_at) = (token.to_owned(), context.clone(), (inner.now)());
        tokio::spawn(async move {
            let validation = question.inner.users.validate_token(&token, &context).await;
            if let Ok(Validation::Active(token)) = &validation {
                question.inner.believed.insert(key, Believed { token: token.clone(), asked_at });
            }
            // Whoever asks from here on is not told this answer, unless it is still believed.
            drop(question);
            sender.send_replace(Some(validation.map_err(Arc::new)));
        });
        answer
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<Shared>>>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question on its way; it ends with this value, also in a panic.
struct Question {
    inner: Arc<Inner>,
    key: Key,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.inner.in_flight().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    use crate::{FakeUsers, Role};

    /// Counts questions, and answers each when it is let.
    struct Counting {
        users: FakeUsers,
        asked: AtomicUsize,
        answers: Semaphore,
    }

    #[async_trait]
    impl Users for Counting {
        async fn validate_token(&self, token: &str, context: &HeaderMap) -> Result<Validation, UsersError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.map_err(|_| UsersError::unavailable("closed"))?.forget();
            self.users.validate_token(token, context).await
        }

        async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError> {
            self.users.find_by_email(email).await
        }
    }

    struct Bench {
        users: Arc<Counting>,
        millis: Arc<AtomicI64>,
        remembered: RememberedUsers,
    }

    /// At second 100, with a token that ends at second `exp`.
    fn bench(exp: i64, answers: usize) -> Bench {
        let users = FakeUsers::default();
        let exp = DateTime::from_timestamp(exp, 0).unwrap();
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let holder = ActiveToken { sub: id.parse().unwrap(), roles: vec![Role::Member], sid: id.parse().unwrap(), exp };
        users.accept("token", holder);
        let users = Arc::new(Counting { users, asked: AtomicUsize::new(0), answers: Semaphore::new(answers) });
        let millis = Arc::new(AtomicI64::new(100_000));
        let read = Arc::clone(&millis);
        let now = move || DateTime::from_timestamp_millis(read.load(Ordering::SeqCst)).unwrap();
        let remembered = RememberedUsers::new(Arc::clone(&users) as Arc<dyn Users>, now);
        Bench { users, millis, remembered }
    }

    impl Bench {
        async fn is_active(&self, token: &str) -> Option<bool> {
            let answer = self.remembered.validate_token(token, &HeaderMap::new()).await.ok()?;
            Some(matches!(answer, Validation::Active(_)))
        }

        fn at(&self, millis: i64) {
            self.millis.store(millis, Ordering::SeqCst);
        }

        fn asked(&self) -> usize {
            self.users.asked.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_yes_is_believed_for_less_than_a_second_and_a_revocation_counts_then() {
        let bench = bench(400, 10);
        assert_eq!(bench.is_active("token").await, Some(true));
        bench.users.users.revoke("token");
        bench.at(100_999);
        assert_eq!((bench.is_active("token").await, bench.asked()), (Some(true), 1));
        bench.at(101_000);
        assert_eq!((bench.is_active("token").await, bench.asked()), (Some(false), 2));
        assert_eq!((bench.is_active("token").await, bench.asked()), (Some(false), 3), "a no is not remembered");
    }

    #[tokio::test]
    async fn a_yes_is_not_believed_beyond_the_end_of_the_token_nor_before_it_was_asked_for() {
        let bench = bench(101, 10);
        bench.at(100_500);
        assert_eq!(bench.is_active("token").await, Some(true));
        bench.at(101_000);
        bench.is_active("token").await;
        assert_eq!(bench.asked(), 2, "it has ended");
        bench.at(100_400);
        bench.is_active("token").await;
        assert_eq!(bench.asked(), 3, "the clock was set back");
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_a_question_and_no_error_is_remembered() {
        let bench = Arc::new(bench(400, 0));
        let ask = || {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.is_active("token").await })
        };
        bench.users.users.set_down(true);
        let asking: Vec<_> = (0..50).map(|_| ask()).collect();
        tokio::task::yield_now().await;
        // Somebody who gives up does not end the question of the others.
        asking[0].abort();
        bench.users.answers.add_permits(1);
        for answer in asking.into_iter().skip(1) {
            assert_eq!(answer.await.unwrap(), None);
        }
        assert_eq!(bench.asked(), 1);
        bench.users.users.set_down(false);
        bench.users.answers.add_permits(1);
        assert_eq!((ask().await.unwrap(), bench.asked()), (Some(true), 2));
    }

    #[tokio::test]
    async fn tokens_are_told_apart() {
        let bench = bench(400, 10);
        assert_eq!(bench.is_active("token").await, Some(true));
        for other in ["token ", "Token", "toke", ""] {
            assert_eq!(bench.is_active(other).await, Some(false), "{other:?}");
        }
    }
}
