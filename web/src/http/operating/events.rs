use user_api::{SecurityEvent, SecurityEventKind};

use crate::shown::{Choice, moment};
use crate::words::{Language, OperatingWords};

/// An event of the audit trail, as a row.
pub(super) struct EventRow {
    pub(super) at: String,
    pub(super) at_iso: String,
    pub(super) kind: &'static str,
    pub(super) user: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) address: String,
    pub(super) note: String,
}

impl EventRow {
    pub(super) fn new(language: Language, event: SecurityEvent) -> Self {
        Self {
            at: moment(language, event.at),
            at_iso: event.at.to_rfc3339(),
            kind: word(&language.words().operating, event.kind),
            user: event.user_id.map(|id| id.to_string()),
            actor: event.actor_id.map(|id| id.to_string()),
            address: event.address.unwrap_or_default(),
            note: event.note.unwrap_or_default(),
        }
    }
}

/// Every kind of event, to choose from, by the name that the user service has for it.
pub(super) fn kinds(w: &OperatingWords) -> Vec<Choice> {
    let all = [
        ("account_opened", SecurityEventKind::AccountOpened),
        ("logged_in", SecurityEventKind::LoggedIn),
        ("login_failed", SecurityEventKind::LoginFailed),
        ("logged_out", SecurityEventKind::LoggedOut),
        ("session_revoked", SecurityEventKind::SessionRevoked),
        ("token_replayed", SecurityEventKind::TokenReplayed),
        ("password_changed", SecurityEventKind::PasswordChanged),
        ("reset_offered", SecurityEventKind::ResetOffered),
        ("password_reset", SecurityEventKind::PasswordReset),
        ("role_changed", SecurityEventKind::RoleChanged),
        ("status_changed", SecurityEventKind::StatusChanged),
        ("account_erased", SecurityEventKind::AccountErased),
        ("key_published", SecurityEventKind::KeyPublished),
        ("key_activated", SecurityEventKind::KeyActivated),
        ("key_retired", SecurityEventKind::KeyRetired),
        ("key_deleted", SecurityEventKind::KeyDeleted),
    ];
    all.into_iter().map(|(name, kind)| Choice::new(name, word(w, kind))).collect()
}

fn word(w: &OperatingWords, kind: SecurityEventKind) -> &'static str {
    match kind {
        SecurityEventKind::AccountOpened => w.account_opened,
        SecurityEventKind::LoggedIn => w.logged_in,
        SecurityEventKind::LoginFailed => w.login_failed,
        SecurityEventKind::LoggedOut => w.logged_out,
        SecurityEventKind::SessionRevoked => w.session_revoked,
        SecurityEventKind::TokenReplayed => w.token_replayed,
        SecurityEventKind::PasswordChanged => w.password_changed,
        SecurityEventKind::ResetOffered => w.reset_offered,
        SecurityEventKind::PasswordReset => w.password_reset,
        SecurityEventKind::RoleChanged => w.role_changed,
        SecurityEventKind::StatusChanged => w.status_changed,
        SecurityEventKind::AccountErased => w.account_erased,
        SecurityEventKind::KeyPublished => w.key_published,
        SecurityEventKind::KeyActivated => w.key_activated,
        SecurityEventKind::KeyRetired => w.key_retired,
        SecurityEventKind::KeyDeleted => w.key_deleted,
    }
}
