//! Messages of providers: each is taken in once.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait, TryInsertResult};

use super::entity::notice;
use crate::domain::notice::Notice;

/// Notes the message; answers whether it is new.
pub(crate) async fn take_in(tx: &DatabaseTransaction, notice: &Notice, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let row = notice::ActiveModel {
        provider: Set(notice.provider.as_str().to_owned()),
        id: Set(notice.id.clone()),
        received_at: Set(now),
    };
    let taken = notice::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(tx).await?;
    Ok(matches!(taken, TryInsertResult::Inserted(1..)))
}
