use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use order_api::OrderId;
use sea_orm::DbErr;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex as Turn, oneshot};

use crate::app::orders::save_leased;
use crate::app::{App, AppError};
use crate::db::leases::Lease;
use crate::domain::order::Order;

/// Most orders that are written in one transaction.
const TOGETHER: usize = 8;

/// Group commit, as Gawlick and Kinkade describe it (1985): what workers have to write while a transaction is under way is
/// written together in the next one. Whoever comes to a free turn writes for all who wait; who is alone waits for nobody.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    waiting: Mutex<VecDeque<Waiting>>,
    turn: Turn<()>,
}

/// An order as its worker leaves it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) before: Order,
    pub(super) next: Order,
    pub(super) lease: Lease,
}

/// An entry, and who waits for its being written.
type Waiting = (Entry, oneshot::Sender<Result<Order, AppError>>);

impl Commits {
    /// Writes an order over the version before it. It is overtaken when the order has another version by now, or is another
    /// worker's; then nothing of it is written.
    pub(super) async fn write(&self, app: &App, entry: Entry) -> Result<Order, AppError> {
        let (sender, mut answer) = oneshot::channel();
        self.waiting().push_back((entry, sender));
        let _turn = tokio::select! {
            biased;
            answer = &mut answer => return answer.unwrap_or_else(|_| Err(given_up())),
            turn = self.turn.lock() => turn,
        };
        loop {
            match answer.try_recv() {
                Ok(answer) => return answer,
                Err(TryRecvError::Closed) => return Err(given_up()),
                Err(TryRecvError::Empty) => write_all(app, self.next()).await,
            }
        }
    }

    /// The entries of the next transaction. An order is there once: two leases of it are two stories.
    fn next(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        // What its worker no longer waits for is done by whoever claims the order next.
        waiting.retain(|(_, sender)| !sender.is_closed());
        let mut orders = HashSet::new();
        let entries = waiting.iter().take(TOGETHER).take_while(|(entry, _)| orders.insert(entry.next.id)).count();
        waiting.drain(..entries).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        // Whoever panicked has put in or taken out whole entries, or nothing.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever wrote has given up with the database; what is not written is done by whoever claims the order next.
fn given_up() -> AppError {
    DbErr::Custom("the transaction was given up".to_owned()).into()
}

/// Writes entries and answers who wait for them. What cannot be written together is tried one after another, so that nobody
/// fails for another's sake.
async fn write_all(app: &App, waiting: Vec<Waiting>) {
    let together = commit(app, &waiting.iter().map(|(entry, _)| entry).collect::<Vec<_>>()).await;
    let is_away = matches!(together, Err(AppError::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_))));
    let is_for_all = waiting.len() == 1 || is_away;
    let mut together = Some(together);
    for (entry, sender) in waiting {
        let written = match &mut together {
            Some(Ok(written)) => Ok(written.contains(&entry.next.id)),
            failed if is_for_all => Err(failed.take().and_then(Result::err).unwrap_or_else(given_up)),
            _ => commit(app, &[&entry]).await.map(|written| written.contains(&entry.next.id)),
        };
        let answer = written.and_then(|written| if written { Ok(entry.next) } else { Err(AppError::Overtaken) });
        // Nobody listens any more when the worker has given up; the order is as it was told.
        let _ = sender.send(answer);
    }
}

/// Which of them were written.
async fn commit(app: &App, entries: &[&Entry]) -> Result<HashSet<OrderId>, AppError> {
    let orders: Vec<_> = entries.iter().map(|entry| (&entry.before, &entry.next, entry.lease)).collect();
    let tx = app.db.begin().await?;
    match save_leased(app, &tx, &orders).await {
        Ok(written) => {
            tx.commit().await?;
            Ok(written)
        }
        Err(error) => {
            // What it has locked is free before anybody goes on.
            tx.rollback().await?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::order::NewOrder;

    #[test]
    fn an_order_is_in_a_transaction_once_and_only_if_somebody_waits_for_it() {
        let commits = Commits::default();
        let answers: Vec<_> = [1, 2, 1, 3].map(|order| put(&commits, order)).into();
        drop(put(&commits, 4));
        assert_eq!(next(&commits), [1, 2]);
        assert_eq!(next(&commits), [1, 3]);
        assert_eq!(next(&commits), [0; 0]);
        drop(answers);
    }

    #[test]
    fn no_more_than_eight_are_written_together() {
        let commits = Commits::default();
        let answers: Vec<_> = (1..=9).map(|order| put(&commits, order)).collect();
        assert_eq!([next(&commits).len(), next(&commits).len()], [8, 1]);
        drop(answers);
    }

    fn put(commits: &Commits, id: u128) -> oneshot::Receiver<Result<Order, AppError>> {
        let borrower_id = vocabulary::UserId::new(Uuid::nil());
        let currency = "EUR".parse().expect("a currency");
        let id = OrderId::new(Uuid::from_u128(id));
        let new = NewOrder { id, borrower_id, lines: Vec::new(), currency, provider: None };
        let order = Order::new(new, 1, DateTime::UNIX_EPOCH);
        let (sender, answer) = oneshot::channel();
        let entry = Entry { before: order.clone(), next: order, lease: Lease { worker: Uuid::nil(), until: None } };
        commits.waiting().push_back((entry, sender));
        answer
    }

    fn next(commits: &Commits) -> Vec<u128> {
        commits.next().iter().map(|(entry, _)| entry.next.id.uuid().as_u128()).collect()
    }
}
