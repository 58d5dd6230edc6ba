//! Rows to and from the domain. A value that cannot be, such as an unknown status, was not written by this service and is
//! reported as a database error that names its place.

use sea_orm::DbErr;
use serde_json::Value;
use user_api::{Role, SecurityEvent, SecurityEventKind, UserStatus};
use vocabulary::{Id, Secret, SessionId, UserId};

use super::entity::{security_event, session, user};
use crate::domain::account::{Account, Credentials, role_word, status_word};
use crate::domain::email::Email;
use crate::domain::session::{OpenSession, Session};

/// What `users.status` says of an account that is one no more.
pub(super) const ERASED: &str = "erased";

/// The account in a row; none in that of an erased one.
pub(super) fn account_of(row: user::Model) -> Result<Option<Account>, DbErr> {
    Ok(credentials_of(row)?.map(|credentials| credentials.account))
}

/// As [`account_of`], with the hash of its password.
pub(super) fn credentials_of(row: user::Model) -> Result<Option<Credentials>, DbErr> {
    let Some(status) = status_of(&row.status)? else {
        return Ok(None);
    };
    let missing = |column: &str| DbErr::Type(format!("users.{column} of {} is null", row.id));
    let account = Account {
        id: UserId::new(row.id),
        email: Email::stored(row.email.ok_or_else(|| missing("email"))?),
        display_name: row.display_name,
        role: role_of(&row.role)?,
        status,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    };
    let password_hash = Secret::new(row.password_hash.ok_or_else(|| missing("password_hash"))?);
    Ok(Some(Credentials { account, password_hash, password_changed_at: row.password_changed_at }))
}

pub(super) fn session_of(row: session::Model) -> Session {
    Session {
        id: SessionId::new(row.id),
        device: row.device,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    }
}

/// A session with its user; none if either is no more.
pub(super) fn open_session_of(session: &session::Model, user: &user::Model) -> Result<Option<OpenSession>, DbErr> {
    let status = status_of(&user.status)?.filter(|_| session.ended_at.is_none());
    let role = role_of(&user.role)?;
    Ok(status.map(|status| OpenSession {
        user_id: UserId::new(user.id),
        role,
        status,
        expires_at: session.expires_at,
        password_changed_at: user.password_changed_at,
    }))
}

/// The word for a kind of event, the same that the API uses.
pub(super) fn word_of(kind: SecurityEventKind) -> Result<String, DbErr> {
    match serde_json::to_value(kind) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(DbErr::Type(format!("{kind:?} has no word"))),
    }
}

pub(super) fn event_of(row: security_event::Model) -> Result<SecurityEvent, DbErr> {
    let kind = serde_json::from_value(Value::String(row.kind.clone()));
    Ok(SecurityEvent {
        id: Id::new(row.id),
        at: row.at,
        kind: kind.map_err(|_| DbErr::Type(format!("security_events.kind is {:?}", row.kind)))?,
        user_id: row.user_id.map(UserId::new),
        actor_id: row.actor_id.map(UserId::new),
        session_id: row.session_id.map(SessionId::new),
        address: row.address,
        note: row.note,
    })
}

fn role_of(word: &str) -> Result<Role, DbErr> {
    let known = [Role::Member, Role::Admin].into_iter().find(|role| role_word(*role) == word);
    known.ok_or_else(|| DbErr::Type(format!("users.role is {word:?}")))
}

fn status_of(word: &str) -> Result<Option<UserStatus>, DbErr> {
    if word == ERASED {
        return Ok(None);
    }
    let known = [UserStatus::Active, UserStatus::Disabled].into_iter().find(|status| status_word(*status) == word);
    known.map(Some).ok_or_else(|| DbErr::Type(format!("users.status is {word:?}")))
}
