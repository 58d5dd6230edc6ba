//! The book of the `test` provider's bank. It is a book of somebody else: no transaction of ours touches it.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TryInsertResult,
};

use super::entity::bank;

/// What the bank was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The key of the authorisation.
    pub(crate) hold: String,
    pub(crate) kind: String,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) token: String,
    pub(crate) done: bool,
    pub(crate) due_at: Option<DateTime<Utc>>,
}

pub(crate) async fn find(db: &impl ConnectionTrait, key: &str) -> Result<Option<Entry>, DbErr> {
    Ok(bank::Entity::find_by_id(key.to_owned()).one(db).await?.map(entry_of))
}

/// Adds an entry; one that is there stays as it is. Answers whether it was added.
pub(crate) async fn add(tx: &DatabaseTransaction, entry: &Entry, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let row = bank::ActiveModel {
        key: Set(entry.key.clone()),
        hold: Set(entry.hold.clone()),
        kind: Set(entry.kind.clone()),
        amount_minor: Set(entry.amount),
        token: Set(entry.token.clone()),
        done: Set(entry.done),
        due_at: Set(entry.due_at),
        created_at: Set(now),
    };
    let added = bank::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    Ok(matches!(added, TryInsertResult::Inserted(1..)))
}

/// Holds that the bank has made up its mind about since, or has yet to tell of.
pub(crate) async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Entry>, DbErr> {
    let due = bank::Entity::find().filter(bank::Column::DueAt.lte(now)).order_by_asc(bank::Column::DueAt).limit(50);
    Ok(due.all(db).await?.into_iter().map(entry_of).collect())
}

/// Ends the bank's thinking, with it done or never done; answers false when that was decided before.
pub(crate) async fn settle(tx: &DatabaseTransaction, key: &str, done: bool) -> Result<bool, DbErr> {
    let entry = bank::Entity::update_many().col_expr(bank::Column::Done, Expr::value(done));
    let entry = entry.col_expr(bank::Column::DueAt, Expr::value(Option::<DateTime<Utc>>::None));
    let open = entry.filter(bank::Column::Key.eq(key)).filter(bank::Column::DueAt.is_not_null());
    Ok(open.exec(tx).await?.rows_affected > 0)
}

fn entry_of(row: bank::Model) -> Entry {
    Entry {
        key: row.key,
        hold: row.hold,
        kind: row.kind,
        amount: row.amount_minor,
        token: row.token,
        done: row.done,
        due_at: row.due_at,
    }
}
