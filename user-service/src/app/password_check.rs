use sea_orm::{DatabaseTransaction, DbErr};
use vocabulary::Secret;

use super::App;
use super::password_hasher::HashError;
use super::throttle::Guess;
use crate::db::users;
use crate::domain::account::Credentials;

/// What became of a password that somebody gave.
pub(super) enum Checked {
    Wrong,
    Right(Credentials, Fresh),
}

/// A hash to store in the place of one that was made with other parameters.
pub(super) struct Fresh(Option<Secret>);

impl App {
    /// Whether the password is that of the account, at the cost of one hash, and of another once when the parameters have
    /// changed. `guess` has been let through; it is withdrawn when nothing could be hashed.
    pub(super) async fn check_password(
        &self,
        guess: Guess<'_>,
        known: Option<Credentials>,
        password: Secret,
    ) -> Result<Checked, HashError> {
        let stored = known.as_ref().map(|known| known.password_hash.clone());
        let withdraw = |_: &HashError| self.throttle.withdrawn(guess);
        let is_right = self.hasher.matches(password.clone(), stored).await.inspect_err(withdraw)?;
        let Some(known) = known.filter(|_| is_right) else {
            return Ok(Checked::Wrong);
        };
        let is_outdated = self.hasher.is_outdated(&known.password_hash);
        let fresh = if is_outdated { Some(self.hasher.hash(password).await.inspect_err(withdraw)?) } else { None };
        Ok(Checked::Right(known, Fresh(fresh)))
    }

    /// The account whose password was right a moment ago, if it still is. From here until the transaction ends nobody
    /// changes it.
    pub(super) async fn hold_checked(
        &self,
        tx: &DatabaseTransaction,
        known: &Credentials,
    ) -> Result<Option<Credentials>, DbErr> {
        let held = users::hold(tx, known.account.id).await?;
        // Another login may have stored the same password anew.
        let is_same = |held: &Credentials| {
            let hashed_anew =
                self.hasher.is_outdated(&known.password_hash) && held.password_changed_at == known.password_changed_at;
            held.password_hash == known.password_hash || hashed_anew
        };
        Ok(held.filter(is_same))
    }

    /// Stores the fresh hash, if there is one.
    pub(super) async fn store_fresh(&self, known: &Credentials, fresh: Fresh) -> Result<(), DbErr> {
        let Fresh(Some(hash)) = fresh else { return Ok(()) };
        let tx = self.db.begin().await?;
        users::rehash(&tx, known.account.id, &known.password_hash, &hash).await?;
        tx.commit().await?;
        tracing::info!(user_id = %known.account.id, "password hashed anew");
        Ok(())
    }
}
