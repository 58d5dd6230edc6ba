use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use http::HeaderMap;
use sea_orm::DbErr;
use user_api::{ActiveToken, UserLookup, Users, UsersError, Validation};

use super::App;
use crate::db::users;
use crate::domain::account::{Account, roles};
use crate::domain::email::Email;
use crate::domain::session::Standing;

impl App {
    /// Whether an access token is good now, and whom it speaks for.
    pub(crate) async fn validate(&self, token: &str) -> Result<Validation, DbErr> {
        let now = self.clock.now();
        let claims = match self.keyrings.current().verifier.verify(token, now) {
            Ok(claims) => claims,
            Err(reason) => {
                tracing::debug!(%reason, "access token refused");
                return Ok(Validation::Inactive);
            }
        };
        let standing = self.standings.of(claims.sid, &self.db).await?;
        let (Standing::Open(open), Some(exp)) = (standing, DateTime::from_timestamp(claims.exp, 0)) else {
            return Ok(Validation::Inactive);
        };
        if !open.admits(&claims, now) {
            return Ok(Validation::Inactive);
        }
        Ok(Validation::Active(ActiveToken { sub: claims.sub, roles: roles(open.role), sid: claims.sid, exp }))
    }

    /// The account with this e-mail.
    pub(crate) async fn find_by_email(&self, email: &Email) -> Result<Option<Account>, DbErr> {
        Ok(users::find_by_email(self.db.read(), email).await?.map(|found| found.account))
    }
}

/// The user service as others see it, without HTTP in between: for this service's own callers.
#[derive(Debug)]
pub(crate) struct LocalUsers(pub(crate) Arc<App>);

#[async_trait]
impl Users for LocalUsers {
    async fn validate_token(&self, token: &str, _context: &HeaderMap) -> Result<Validation, UsersError> {
        self.0.validate(token).await.map_err(|error| UsersError::unavailable(error.to_string()))
    }

    async fn find_by_email(&self, email: &str) -> Result<Option<UserLookup>, UsersError> {
        let Ok(email) = email.parse() else {
            return Ok(None);
        };
        let found = self.0.find_by_email(&email).await;
        let found = found.map_err(|error| UsersError::unavailable(error.to_string()))?;
        Ok(found.map(|account| UserLookup { id: account.id, display_name: account.display_name }))
    }
}
