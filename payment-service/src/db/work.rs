//! What background work has to look after.

use chrono::{DateTime, Utc};
use payment_api::{OperationState, PaymentId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::entity::{operation, payment};

/// Most of a turn, so that other work comes in between.
const TURN: u64 = 50;

/// What an operation is while only one of its payment can be.
const OPEN: [OperationState; 2] = [OperationState::Pending, OperationState::Unknown];

/// Payments with an operation whose outcome has to be asked for.
pub(crate) async fn to_ask(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<PaymentId>, DbErr> {
    let due = operation::Entity::find().select_only().column(operation::Column::PaymentId);
    let due = due.filter(operation::Column::AskAt.lte(now)).order_by_asc(operation::Column::AskAt).limit(TURN);
    Ok(due.into_tuple::<Uuid>().all(db).await?.into_iter().map(PaymentId::new).collect())
}

/// Payments whose hold is growing too old, and of which nothing is under way or in doubt.
pub(crate) async fn to_renew(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<PaymentId>, DbErr> {
    let due = payment::Entity::find().select_only().column(payment::Column::Id);
    // Asked of the few that are due, by the index of their operations; of all operations it would grow with every payment.
    let open = operation::Entity::find().select_only().column(operation::Column::Id);
    let open = open.filter(operation::Column::State.is_in(OPEN.map(OperationState::as_str)));
    let of_payment =
        Expr::col((operation::Entity, operation::Column::PaymentId)).equals((payment::Entity, payment::Column::Id));
    let is_open = Expr::exists(open.filter(of_payment).into_query());
    let due = due.filter(payment::Column::RenewAt.lte(now)).filter(is_open.not());
    let due = due.order_by_asc(payment::Column::RenewAt).limit(TURN);
    Ok(due.into_tuple::<Uuid>().all(db).await?.into_iter().map(PaymentId::new).collect())
}
