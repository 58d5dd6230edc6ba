use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use http::HeaderMap;

use crate::{ActiveToken, UserLookup, Users, UsersError, Validation};

/// A user service for the tests of others: it knows the tokens it was told of, and can be switched off.
#[derive(Debug, Default)]
pub struct FakeUsers {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tokens: HashMap<String, ActiveToken>,
    emails: HashMap<String, UserLookup>,
    down: bool,
}

impl FakeUsers {
    /// From now on `token` speaks for `holder`.
    pub fn accept(&self, token: impl Into<String>, holder: ActiveToken) {
        self.with(|state| state.tokens.insert(token.into(), holder));
    }

    /// From now on `token` is inactive.
    pub fn revoke(&self, token: &str) {
        self.with(|state| state.tokens.remove(token));
    }

    /// Makes an account known by its e-mail.
    pub fn know(&self, email: impl Into<String>, account: UserLookup) {
        self.with(|state| state.emails.insert(email.into(), account));
    }

    /// Stops answering, or answers again.
    pub fn set_down(&self, down: bool) {
        self.with(|state| state.down = down);
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, UsersError> {
        self.with(|state| {
            if state.down {
                Err(UsersError::unavailable("the fake user service is switched off"))
            } else {
                Ok(look(state))
            }
        })
    }
}

#[async_trait]
impl Users for FakeUsers {
    async fn validate_token(&self, token: &str, _context: &HeaderMap) -> Result<Validation, UsersError> {
        self.answer(|state| state.tokens.get(token).cloned().map_or(Validation::Inactive, Validation::Active))
    }

    async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError> {
        self.answer(|state| state.emails.get(email).cloned())
    }
}
