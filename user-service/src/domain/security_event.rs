use std::net::IpAddr;

use user_api::SecurityEventKind;
use vocabulary::{SessionId, UserId};

/// Who asks for something, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor {
    /// None of whoever has not signed in, and of the operator.
    pub(crate) user_id: Option<UserId>,
    pub(crate) session_id: Option<SessionId>,
    /// The client's, as far as it can be trusted.
    pub(crate) address: Option<IpAddr>,
}

/// Something for the audit trail. Nothing that somebody typed belongs into it: people type passwords where e-mails belong.
#[derive(Debug, Clone)]
pub(crate) struct SecurityEvent {
    pub(crate) kind: SecurityEventKind,
    /// Whom it concerns.
    pub(crate) user_id: Option<UserId>,
    pub(crate) actor: Actor,
    pub(crate) note: Option<String>,
}

impl Actor {
    /// This program, when time has come.
    pub(crate) const NOBODY: Self = Self { user_id: None, session_id: None, address: None };

    /// Something that this actor did to this account.
    pub(crate) fn did(&self, kind: SecurityEventKind, user: UserId) -> SecurityEvent {
        SecurityEvent { user_id: Some(user), ..self.did_to_nobody(kind) }
    }

    /// Something that this actor did and that concerns no account.
    pub(crate) fn did_to_nobody(&self, kind: SecurityEventKind) -> SecurityEvent {
        SecurityEvent { kind, user_id: None, actor: *self, note: None }
    }

    /// The same actor, now known as this user.
    pub(crate) fn signed_in(self, user: UserId, session: SessionId) -> Self {
        Self { user_id: Some(user), session_id: Some(session), ..self }
    }
}

impl SecurityEvent {
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// In a session that is not the actor's own.
    pub(crate) fn in_session(mut self, session: SessionId) -> Self {
        self.actor.session_id = Some(session);
        self
    }
}
