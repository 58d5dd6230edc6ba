use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use payment_api::{FailureCode, OperationKind, Provider};
use sea_orm::DbErr;
use service_kit::clock::Clock;
use service_kit::db::Db;
use vocabulary::Secret;

use super::{Answer, key_of};
use crate::db::bank::{self, Entry};
use crate::domain::notice::{News, Notice};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::payment::Payment;
use crate::domain::step::Key;

/// After this time the bank has made up its mind, or tells of it.
const THOUGHT: TimeDelta = TimeDelta::seconds(2);

/// A bank without money, whose book outlives a restart as a real one's does. The token decides how it behaves.
#[derive(Debug, Clone)]
pub(crate) struct TestBank {
    db: Db,
    clock: Clock,
}

/// How the bank behaves towards a hold, by its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// `tok_approved`: yes.
    Approved,
    /// `tok_declined`: no.
    Declined,
    /// `tok_slow`: no answer at first; two seconds later it has done it.
    Slow,
    /// `tok_lost`: it does everything, and each first answer is lost.
    Lost,
    /// `tok_duplicate`: yes, and it tells so twice.
    Duplicate,
    /// `tok_early`: it tells so before it answers.
    Early,
    /// `tok_late`: it answers that it waits, and tells two seconds later.
    Late,
}

impl TestBank {
    pub(crate) fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// What the bank has against a token; nothing if it knows it.
    pub(crate) fn complaint(token: &Secret) -> Option<String> {
        let known = || format!("The test bank knows the tokens {}.", Manner::TOKENS.map(|(token, _)| token).join(", "));
        token.expose().parse::<Manner>().is_err().then(known)
    }

    pub(crate) async fn carry_out(&self, payment: &Payment, operation: &Operation, token: Option<&Secret>) -> Answer {
        let done = match operation.kind {
            OperationKind::Authorise => self.hold(payment, operation, token).await,
            _ => self.move_money(payment, operation).await,
        };
        done.unwrap_or_else(|error| Answer { told: Vec::new(), outcome: closed(&error) })
    }

    pub(crate) async fn look_up(&self, payment: &Payment, operation: &Operation) -> Outcome {
        self.read(payment, operation).await.unwrap_or_else(|error| closed(&error))
    }

    /// What the bank has to tell now.
    pub(crate) async fn notices(&self) -> Result<Vec<Notice>, DbErr> {
        let mut notices = Vec::new();
        for entry in bank::due(self.db.read(), self.clock.now()).await? {
            let tx = self.db.begin().await?;
            let decided = bank::settle(&tx, &entry.key, true).await?;
            tx.commit().await?;
            if decided && entry.token.parse() == Ok(Manner::Late) {
                notices.extend(notice(&entry));
            }
        }
        Ok(notices)
    }

    async fn hold(&self, payment: &Payment, operation: &Operation, token: Option<&Secret>) -> Result<Answer, DbErr> {
        let now = self.clock.now();
        let nothing = Secret::default();
        let token = token.unwrap_or(&nothing);
        let Ok(manner) = token.expose().parse::<Manner>() else {
            let detail = Self::complaint(token).unwrap_or_default();
            let outcome = Outcome::Refused { code: FailureCode::InvalidToken, detail };
            return Ok(Answer { told: Vec::new(), outcome });
        };
        let entry = Entry {
            done: !matches!(manner, Manner::Declined | Manner::Slow | Manner::Late),
            due_at: matches!(manner, Manner::Slow | Manner::Late).then(|| now + THOUGHT),
            ..new_entry(payment, operation, token.expose())
        };
        let entry = self.write(entry, now).await?;
        let told: Vec<_> = match manner {
            Manner::Early => notice(&entry).into_iter().collect(),
            Manner::Duplicate => notice(&entry).into_iter().flat_map(|notice| [notice.clone(), notice]).collect(),
            _ => Vec::new(),
        };
        let outcome = match manner {
            Manner::Lost | Manner::Slow => lost(),
            _ => standing(&entry, now),
        };
        Ok(Answer { told, outcome })
    }

    async fn move_money(&self, payment: &Payment, operation: &Operation) -> Result<Answer, DbErr> {
        let key = hold_key(payment);
        let token = bank::find(self.db.read(), &key).await?.map_or_else(String::new, |hold| hold.token);
        self.write(Entry { done: true, ..new_entry(payment, operation, &token) }, self.clock.now()).await?;
        let outcome = if token.parse() == Ok(Manner::Lost) { lost() } else { Outcome::DONE };
        Ok(Answer { told: Vec::new(), outcome })
    }

    /// Writes an entry, unless there is one with its key, and answers the one that is there. Whoever calls a hold off ends
    /// its thinking.
    async fn write(&self, entry: Entry, now: DateTime<Utc>) -> Result<Entry, DbErr> {
        let tx = self.db.begin().await?;
        let added = bank::add(&tx, &entry, now).await?;
        if entry.kind == OperationKind::Void.as_str()
            && bank::find(&tx, &entry.hold).await?.is_some_and(|hold| !hold.done)
        {
            bank::settle(&tx, &entry.hold, false).await?;
        }
        let written = if added { None } else { bank::find(&tx, &entry.key).await? };
        tx.commit().await?;
        Ok(written.unwrap_or(entry))
    }

    /// What the book says, written down before it is said, so that nobody calls off what was answered.
    async fn decided(&self, mut entry: Entry) -> Result<Outcome, DbErr> {
        let now = self.clock.now();
        if entry.due_at.is_some_and(|due| due <= now) {
            let tx = self.db.begin().await?;
            bank::settle(&tx, &entry.key, true).await?;
            entry = bank::find(&tx, &entry.key).await?.unwrap_or(entry);
            tx.commit().await?;
        }
        Ok(standing(&entry, now))
    }

    async fn read(&self, payment: &Payment, operation: &Operation) -> Result<Outcome, DbErr> {
        let key = key_of(payment, operation);
        match bank::find(self.db.read(), &key).await? {
            Some(entry) => self.decided(entry).await,
            // It never arrived. Written down now as not done, it cannot be done later.
            None if operation.kind == OperationKind::Authorise => {
                self.write(new_entry(payment, operation, ""), self.clock.now()).await?;
                let detail = "The bank was never asked; try again.".to_owned();
                Ok(Outcome::Refused { code: FailureCode::Refused, detail })
            }
            None => Ok(self.move_money(payment, operation).await?.outcome),
        }
    }
}

impl Manner {
    const TOKENS: [(&str, Self); 7] = [
        ("tok_approved", Self::Approved),
        ("tok_declined", Self::Declined),
        ("tok_slow", Self::Slow),
        ("tok_lost", Self::Lost),
        ("tok_duplicate", Self::Duplicate),
        ("tok_early", Self::Early),
        ("tok_late", Self::Late),
    ];
}

impl FromStr for Manner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::TOKENS.into_iter().find(|(token, _)| *token == text).map(|(_, manner)| manner).ok_or(())
    }
}

fn new_entry(payment: &Payment, operation: &Operation, token: &str) -> Entry {
    Entry {
        key: key_of(payment, operation),
        hold: hold_key(payment),
        kind: operation.kind.as_str().to_owned(),
        amount: operation.amount,
        token: token.to_owned(),
        done: false,
        due_at: None,
    }
}

/// The bank's key of the authorisation, which is also its name for the hold.
fn hold_key(payment: &Payment) -> String {
    format!("{}:{}:{}", payment.key, OperationKind::Authorise.as_str(), payment.key.step)
}

/// What the book says.
fn standing(entry: &Entry, now: DateTime<Utc>) -> Outcome {
    let thinks = entry.due_at.is_some_and(|due| due > now);
    match entry.token.parse() {
        _ if entry.done => Outcome::Done { reference: Some(entry.hold.clone()), lapsed: false },
        Ok(Manner::Slow) if thinks => lost(),
        Ok(Manner::Late) if thinks => Outcome::Waiting { reference: Some(entry.hold.clone()), action_url: None },
        Ok(Manner::Slow | Manner::Late) if entry.due_at.is_some() => {
            Outcome::Done { reference: Some(entry.hold.clone()), lapsed: false }
        }
        Ok(Manner::Declined) => {
            Outcome::Refused { code: FailureCode::Declined, detail: "The bank declined it.".to_owned() }
        }
        _ => Outcome::Refused { code: FailureCode::Refused, detail: "The bank did not do it.".to_owned() },
    }
}

fn notice(entry: &Entry) -> Option<Notice> {
    let (order_id, rest) = entry.hold.split_once('/')?;
    let key = Key { order_id: order_id.parse().ok()?, step: rest.split(':').next()?.parse().ok()? };
    let id = format!("held:{}", entry.hold);
    Some(Notice { provider: Provider::Test, id, key, reference: entry.hold.clone(), news: News::Authorised })
}

fn lost() -> Outcome {
    Outcome::Unknown { reason: "The bank has not answered.".to_owned() }
}

fn closed(error: &DbErr) -> Outcome {
    Outcome::Unknown { reason: format!("The bank's book is closed: {error}") }
}
