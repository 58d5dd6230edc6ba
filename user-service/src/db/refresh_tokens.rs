//! Refresh tokens, by their digests.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use vocabulary::SessionId;

use super::entity::refresh_token::{ActiveModel, Column, Entity, Model};
use crate::domain::refresh_token::{SealedToken, TokenDigest, Use};

pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    digest: TokenDigest,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        digest: Set(digest.to_vec()),
        session_id: Set(session.uuid()),
        issued_at: Set(now),
        used_at: Set(None),
        sealed_successor: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// The session of a token, and what has become of it.
pub(crate) async fn find(db: &impl ConnectionTrait, digest: TokenDigest) -> Result<Option<(SessionId, Use)>, DbErr> {
    let row = Entity::find_by_id(digest.to_vec()).one(db).await?;
    Ok(row.map(|row| (SessionId::new(row.session_id), use_of(&row))))
}

/// Uses a token that nobody has used, and keeps its successor for a repeated use. Of many that try at once, one is told
/// that it has.
pub(crate) async fn spend(
    tx: &DatabaseTransaction,
    digest: TokenDigest,
    successor: SealedToken,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel {
        used_at: Set(Some(now)),
        sealed_successor: Set(Some(successor.0.to_vec())),
        ..Default::default()
    };
    let unused = Entity::update_many().set(change).filter(Column::Digest.eq(digest.to_vec()));
    Ok(unused.filter(Column::UsedAt.is_null()).exec(tx).await?.rows_affected == 1)
}

/// Forgets the successors that the session keeps for repeated uses of other tokens than this one.
pub(crate) async fn supersede_others(
    tx: &DatabaseTransaction,
    session: SessionId,
    digest: TokenDigest,
) -> Result<(), DbErr> {
    let change = ActiveModel { sealed_successor: Set(None), ..Default::default() };
    let of_session = Entity::update_many().set(change).filter(Column::SessionId.eq(session.uuid()));
    let others = of_session.filter(Column::Digest.ne(digest.to_vec()));
    others.filter(Column::SealedSuccessor.is_not_null()).exec(tx).await.map(drop)
}

/// Deletes every token of the session, so that the next one begins anew.
pub(crate) async fn discard(tx: &DatabaseTransaction, session: SessionId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::SessionId.eq(session.uuid())).exec(tx).await.map(drop)
}

fn use_of(row: &Model) -> Use {
    let sealed = row.sealed_successor.as_deref().and_then(|bytes| bytes.try_into().ok().map(SealedToken));
    match (row.used_at, sealed) {
        (None, _) => Use::Never,
        (Some(used_at), Some(successor)) => Use::SuccessorWaits { used_at, successor },
        (Some(_), None) => Use::Superseded,
    }
}
