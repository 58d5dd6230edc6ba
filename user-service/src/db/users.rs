//! Accounts. Erased ones are never among the answers.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LikeExpr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, UpdateMany,
};
use service_kit::db::is_unique_violation;
use user_api::{Role, UserStatus};
use vocabulary::{Secret, UserId};

use super::entity::user::{ActiveModel, Column, Entity};
use super::rows::{ERASED, account_of, credentials_of};
use crate::domain::account::{Account, Authority, Credentials, role_word, status_word};
use crate::domain::email::Email;
use crate::domain::names::DisplayName;

/// Which accounts a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountFilter {
    /// A part of the e-mail or of the name, in whatever letters.
    pub(crate) text: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) status: Option<UserStatus>,
}

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

/// The newest accounts, from the one before `before`.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    filter: &AccountFilter,
    before: Option<UserId>,
    limit: u64,
) -> Result<Vec<Account>, DbErr> {
    let mut accounts = Entity::find().filter(Column::Status.ne(ERASED));
    if let Some(text) = &filter.text {
        accounts = accounts.filter(Column::SearchText.like(containing(&text.to_lowercase())));
    }
    if let Some(role) = filter.role {
        accounts = accounts.filter(Column::Role.eq(role_word(role)));
    }
    if let Some(status) = filter.status {
        accounts = accounts.filter(Column::Status.eq(status_word(status)));
    }
    if let Some(before) = before {
        accounts = accounts.filter(Column::Id.lt(before.uuid()));
    }
    let rows = accounts.order_by_desc(Column::Id).limit(limit).all(db).await?;
    // No row here is an erased one, so none is left out.
    rows.into_iter().filter_map(|row| account_of(row).transpose()).collect()
}

/// Whether anybody but this user can look after the platform. Nobody who can stops to do so until the transaction ends.
pub(crate) async fn has_another_administrator(tx: &DatabaseTransaction, but: UserId) -> Result<bool, DbErr> {
    let active = Entity::find()
        .filter(Column::Role.eq(role_word(Role::Admin)))
        .filter(Column::Status.eq(status_word(UserStatus::Active)))
        // Always in this order, so that two who ask at once do not wait for each other.
        .order_by_asc(Column::Id)
        .lock(LockType::Update);
    Ok(active.all(tx).await?.iter().any(|row| row.id != but.uuid()))
}

/// Answers whether nobody had the e-mail; if somebody did, nothing has changed and the transaction can only be given up.
pub(crate) async fn insert(tx: &DatabaseTransaction, account: &Account, password_hash: &Secret) -> Result<bool, DbErr> {
    let row = ActiveModel {
        id: Set(account.id.uuid()),
        email: Set(Some(account.email.as_str().to_owned())),
        password_hash: Set(Some(password_hash.expose().to_owned())),
        display_name: Set(account.display_name.clone()),
        search_text: Set(search_text(account.email.as_str(), &account.display_name)),
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

/// Answers whether the account was still at the version that was read; if not, nothing has changed.
pub(crate) async fn rename(
    tx: &DatabaseTransaction,
    read: &Account,
    name: DisplayName,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let name = name.into_string();
    let search_text = search_text(read.email.as_str(), &name);
    let change = ActiveModel { display_name: Set(name), search_text: Set(search_text), ..Default::default() };
    write(tx, next_version(read.id, change, now).filter(Column::Version.eq(read.version))).await
}

/// Answers whether the account was still at the version that was read; if not, nothing has changed.
pub(crate) async fn set_authority(
    tx: &DatabaseTransaction,
    read: &Account,
    to: Authority,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let change = ActiveModel {
        role: Set(role_word(to.role).to_owned()),
        status: Set(status_word(to.status).to_owned()),
        ..Default::default()
    };
    write(tx, next_version(read.id, change, now).filter(Column::Version.eq(read.version))).await
}

/// Puts the hash of the same password, made with other parameters, in the place of `previous`, if it still is the hash.
pub(crate) async fn rehash(
    tx: &DatabaseTransaction,
    id: UserId,
    previous: &Secret,
    hash: &Secret,
) -> Result<(), DbErr> {
    let change = ActiveModel { password_hash: Set(Some(hash.expose().to_owned())), ..Default::default() };
    let same = Entity::update_many().set(change).filter(Column::Id.eq(id.uuid()));
    same.filter(Column::PasswordHash.eq(previous.expose())).exec(tx).await.map(drop)
}

/// Sets the password whatever it was. Answers whether the account was still there.
pub(crate) async fn reset_password(
    tx: &DatabaseTransaction,
    id: UserId,
    hash: &Secret,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    write(tx, next_version(id, with_password(hash, now), now).filter(Column::Status.ne(ERASED))).await
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
        status: Set(status_word(UserStatus::Active).to_owned()),
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
        search_text: Set(String::new()),
        role: Set(role_word(Role::Member).to_owned()),
        status: Set(ERASED.to_owned()),
        ..Default::default()
    };
    write(tx, next_version(id, change, now).filter(Column::Version.eq(version))).await
}

/// What an account is found by. A line break, which neither part can hold, keeps the two apart.
fn search_text(email: &str, name: &str) -> String {
    format!("{email}\n{}", name.to_lowercase())
}

/// A pattern for texts that hold this one, whose own wildcards stand for themselves.
fn containing(text: &str) -> LikeExpr {
    let literal: String =
        text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect();
    LikeExpr::new(format!("%{literal}%")).escape('\\')
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
