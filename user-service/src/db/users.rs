//! Accounts. Erased ones are never among the answers.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QuerySelect, UpdateMany,
};
use service_kit::db::is_unique_violation;
use user_api::Role;
use vocabulary::{Secret, UserId};

use super::entity::user::{ActiveModel, Column, Entity};
use super::rows::{ERASED, account_of, credentials_of, role_word, status_word};
use crate::domain::account::{Account, Credentials};
use crate::domain::email::Email;
use crate::domain::names::DisplayName;

pub(crate) async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Account>, DbErr> {
    let row = Entity::find_by_id(id.uuid()).one(db).await?;
    row.map_or(Ok(None), account_of)
}

pub(crate) async fn credentials(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Credentials>, DbErr> {
    let row = Entity::find_by_id(id.uuid()).one(db).await?;
    row.map_or(Ok(None), credentials_of)
}

/// As [`credentials`]; nobody can change the account until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, id: UserId) -> Result<Option<Credentials>, DbErr> {
    let row = Entity::find_by_id(id.uuid()).lock(LockType::Share).one(tx).await?;
    row.map_or(Ok(None), credentials_of)
}

pub(crate) async fn find_by_email(db: &impl ConnectionTrait, email: &Email) -> Result<Option<Credentials>, DbErr> {
    let row = Entity::find().filter(Column::Email.eq(email.as_str())).one(db).await?;
    row.map_or(Ok(None), credentials_of)
}

/// Whether anybody can look after the platform.
pub(crate) async fn has_administrator(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let administrators = Entity::find().filter(Column::Role.eq(role_word(Role::Admin)));
    Ok(administrators.filter(Column::Status.ne(ERASED)).count(db).await? > 0)
}

/// Answers whether nobody had the e-mail; if somebody did, nothing has changed and the transaction can only be given up.
pub(crate) async fn insert(tx: &DatabaseTransaction, account: &Account, password_hash: &Secret) -> Result<bool, DbErr> {
    let row = ActiveModel {
        id: Set(account.id.uuid()),
        email: Set(Some(account.email.as_str().to_owned())),
        password_hash: Set(Some(password_hash.expose().to_owned())),
        display_name: Set(account.display_name.clone()),
        role: Set(role_word(account.role).to_owned()),
        status: Set(status_word(account.status).to_owned()),
        created_at: Set(account.created_at),
        updated_at: Set(account.updated_at),
        version: Set(account.version),
        password_changed_at: Set(account.created_at),
    };
    match Entity::insert(row).exec_without_returning(tx).await {
        Ok(_inserted) => Ok(true),
        Err(error) if is_unique_violation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Answers whether `version` was still the current one; if not, nothing has changed.
pub(crate) async fn rename(
    tx: &DatabaseTransaction,
    id: UserId,
    version: i64,
    name: DisplayName,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel { display_name: Set(name.into_string()), ..Default::default() };
    write(tx, next_version(id, change, now).filter(Column::Version.eq(version))).await
}

/// Answers whether `previous` was still the hash; if not, nothing has changed.
pub(crate) async fn set_password(
    tx: &DatabaseTransaction,
    id: UserId,
    previous: &Secret,
    hash: &Secret,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = with_password(hash, now);
    write(tx, next_version(id, change, now).filter(Column::PasswordHash.eq(previous.expose()))).await
}

/// Makes an administrator of the account, with this password. Answers whether it was still there.
pub(crate) async fn appoint(
    tx: &DatabaseTransaction,
    id: UserId,
    hash: &Secret,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel {
        role: Set(role_word(Role::Admin).to_owned()),
        status: Set(status_word(user_api::UserStatus::Active).to_owned()),
        ..with_password(hash, now)
    };
    write(tx, next_version(id, change, now).filter(Column::Status.ne(ERASED))).await
}

/// Removes all that says who it was. Answers whether `version` was still the current one.
pub(crate) async fn erase(
    tx: &DatabaseTransaction,
    id: UserId,
    version: i64,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel {
        email: Set(None),
        password_hash: Set(None),
        display_name: Set(String::new()),
        role: Set(role_word(Role::Member).to_owned()),
        status: Set(ERASED.to_owned()),
        ..Default::default()
    };
    write(tx, next_version(id, change, now).filter(Column::Version.eq(version))).await
}

fn with_password(hash: &Secret, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        password_hash: Set(Some(hash.expose().to_owned())),
        password_changed_at: Set(now),
        ..Default::default()
    }
}

fn next_version(id: UserId, change: ActiveModel, now: DateTime<Utc>) -> UpdateMany<Entity> {
    Entity::update_many()
        .set(ActiveModel { updated_at: Set(now), ..change })
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id.uuid()))
}

async fn write(tx: &DatabaseTransaction, update: UpdateMany<Entity>) -> Result<bool, DbErr> {
    Ok(update.exec(tx).await?.rows_affected == 1)
}
