//! Lists of payments, newest first.

use payment_api::{PaymentId, PaymentState, Provider};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::entity::payment;
use super::payments::find;
use crate::domain::payment::Payment;

/// Which payments a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) state: Option<PaymentState>,
    pub(crate) provider: Option<Provider>,
    /// The last payment of the page before.
    pub(crate) after: Option<PaymentId>,
}

/// At most `limit` payments of the list.
pub(crate) async fn page(db: &impl ConnectionTrait, listing: Listing, limit: u64) -> Result<Vec<Payment>, DbErr> {
    let mut select = payment::Entity::find().select_only().column(payment::Column::Id);
    if let Some(state) = listing.state {
        // Derived by the database, which has an index of it.
        select = select.filter(Expr::col("state").eq(state.as_str()));
    }
    if let Some(provider) = listing.provider {
        select = select.filter(payment::Column::Provider.eq(provider.as_str()));
    }
    if let Some(after) = listing.after {
        select = select.filter(payment::Column::Id.lt(after.uuid()));
    }
    let ids: Vec<Uuid> = select.order_by_desc(payment::Column::Id).limit(limit).into_tuple().all(db).await?;
    let mut payments = Vec::with_capacity(ids.len());
    for id in ids {
        payments.extend(find(db, PaymentId::new(id)).await?);
    }
    Ok(payments)
}
