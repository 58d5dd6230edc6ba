//! Payments by their id and by their key, and changes of them.

use payment_api::PaymentId;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::entity::{ledger, operation, payment, payment_key};
use super::rows::{amounts_of, operation_row, payment_of, row_of};
use crate::domain::ledger::Posting;
use crate::domain::operation::Operation;
use crate::domain::payment::Payment;
use crate::domain::step::Key;

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing, until this transaction took it.
    Fresh,
    Payment(PaymentId),
    /// It was voided before anything was asked for with it.
    Tombstone,
}

/// Takes a key for a payment, or for nothing ever, unless it stands for something already; holds it until the transaction
/// ends.
pub(crate) async fn take_key(
    tx: &DatabaseTransaction,
    key: &Key,
    payment: Option<PaymentId>,
) -> Result<Meaning, DbErr> {
    let row = payment_key::ActiveModel {
        order_id: Set(key.order_id.uuid()),
        step: Set(key.step.to_string()),
        payment_id: Set(payment.map(PaymentId::uuid)),
    };
    let taken = payment_key::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    if matches!(taken, sea_orm::TryInsertResult::Inserted(1..)) {
        return Ok(Meaning::Fresh);
    }
    let known = meaning(tx, key).await?;
    known.ok_or_else(|| DbErr::Custom(format!("the key {key} is there and is not")))
}

/// What the key stands for, if anything.
pub(crate) async fn meaning(db: &impl ConnectionTrait, key: &Key) -> Result<Option<Meaning>, DbErr> {
    let row = payment_key::Entity::find_by_id((key.order_id.uuid(), key.step.to_string())).one(db).await?;
    Ok(row.map(|row| row.payment_id.map_or(Meaning::Tombstone, |id| Meaning::Payment(PaymentId::new(id)))))
}

/// The payment with all its operations: one statement, which sees one state of the database.
pub(crate) async fn find(db: &impl ConnectionTrait, id: PaymentId) -> Result<Option<Payment>, DbErr> {
    let whole = payment::Entity::find_by_id(id.uuid()).find_with_related(operation::Entity);
    let found = whole.order_by_asc(operation::Column::Id).all(db).await?.pop();
    found.map(|(row, operations)| payment_of(row, operations)).transpose()
}

/// As [`find`]; until the transaction ends nobody else can change the payment.
pub(crate) async fn find_for_update(tx: &DatabaseTransaction, id: PaymentId) -> Result<Option<Payment>, DbErr> {
    let row = payment::Entity::find_by_id(id.uuid()).select_only().column(payment::Column::Id).lock_exclusive();
    match row.into_tuple::<Uuid>().one(tx).await? {
        Some(_) => find(tx, id).await,
        None => Ok(None),
    }
}

/// Whether the payment is still this version of it; until the transaction ends nobody else can change it then.
pub(crate) async fn hold_as_it_is(tx: &DatabaseTransaction, payment: &Payment) -> Result<bool, DbErr> {
    let row = payment::Entity::find_by_id(payment.id.uuid())
        .filter(payment::Column::Version.eq(payment.version))
        // This alone is written without a new version.
        .filter(match &payment.reference {
            Some(reference) => payment::Column::Reference.eq(reference.as_str()),
            None => payment::Column::Reference.is_null(),
        });
    let row = row.select_only().column(payment::Column::Id).lock_exclusive().into_tuple::<Uuid>();
    Ok(row.one(tx).await?.is_some())
}

/// Whether the payment was asked for with this very request.
pub(crate) async fn is_same_request(db: &impl ConnectionTrait, id: PaymentId, sha256: &[u8]) -> Result<bool, DbErr> {
    let row = payment::Entity::find_by_id(id.uuid()).one(db).await?;
    Ok(row.is_some_and(|row| row.request_sha256 == sha256))
}

/// Adds a payment with its first operation. Its key has to be taken in the same transaction, afterwards.
pub(crate) async fn insert(tx: &DatabaseTransaction, payment: &Payment, sha256: Vec<u8>) -> Result<(), DbErr> {
    let row = payment::ActiveModel { request_sha256: Set(sha256), ..row_of(payment) };
    payment::Entity::insert(row).exec_without_returning(tx).await?;
    for operation in &payment.operations {
        insert_operation(tx, payment.id, operation).await?;
    }
    Ok(())
}

/// Adds an operation to a payment that this transaction holds.
pub(crate) async fn insert_operation(
    tx: &DatabaseTransaction,
    payment: PaymentId,
    operation: &Operation,
) -> Result<(), DbErr> {
    operation::Entity::insert(operation_row(payment, operation)).exec_without_returning(tx).await.map(drop)
}

/// Writes a payment over the version before it, and those of its operations that differ. Answers it with its sums, which are
/// the database's; it is an error if that version is not there any more.
pub(crate) async fn save(tx: &DatabaseTransaction, before: &Payment, after: Payment) -> Result<Payment, DbErr> {
    let row = payment::Entity::update_many().set(row_of(&after));
    let previous =
        row.filter(payment::Column::Id.eq(after.id.uuid())).filter(payment::Column::Version.eq(before.version));
    let saved = previous.exec_with_returning(tx).await?.pop();
    for operation in after.operations.iter().filter(|operation| !before.operations.contains(operation)) {
        save_operation(tx, after.id, operation).await?;
    }
    let amounts = saved.map(|row| amounts_of(&row)).ok_or(DbErr::RecordNotUpdated)?;
    Ok(Payment { amounts, ..after })
}

/// Writes an operation of a payment that this transaction holds.
pub(crate) async fn save_operation(
    tx: &DatabaseTransaction,
    payment: PaymentId,
    operation: &Operation,
) -> Result<(), DbErr> {
    let row = operation::Entity::update_many().set(operation_row(payment, operation));
    row.filter(operation::Column::Id.eq(operation.id)).exec(tx).await.map(drop)
}

/// Adds rows to the ledger, which changes the sums of the payment.
pub(crate) async fn post(
    tx: &DatabaseTransaction,
    payment: &Payment,
    operation: Uuid,
    postings: &[Posting],
) -> Result<(), DbErr> {
    for posting in postings {
        let row = ledger::ActiveModel {
            entry: NotSet,
            payment_id: Set(payment.id.uuid()),
            operation_id: Set(operation),
            from_account: Set(posting.from.as_str().to_owned()),
            to_account: Set(posting.to.as_str().to_owned()),
            amount_minor: Set(posting.amount),
            posted_at: Set(payment.updated_at),
        };
        ledger::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}
