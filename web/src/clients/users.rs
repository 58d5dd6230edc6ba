use http::Method;
use peer::Peer;
use serde_json::Value;
use user_api::{
    ChangePasswordRequest, LoginRequest, Profile, RefreshRequest, RegisterRequest, TokenPair, UpdateMeRequest, User,
    UserSession,
};
use vocabulary::{Page, Secret, SessionId, UserId};

use super::call::Call;
use super::{Answer, ApiError, Asking};

const ME: &str = "/api/v1/users/me";

/// The user service's public API.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    peer: Peer,
}

impl Users {
    pub(crate) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    /// What everybody may know of a member.
    pub(crate) async fn profile(&self, id: UserId, asking: &Asking) -> Result<Profile, ApiError> {
        Ok(self.call(Method::GET, format!("/api/v1/users/{id}/profile")).receive(asking).await?.body)
    }

    pub(crate) async fn me(&self, asking: &Asking) -> Result<User, ApiError> {
        Ok(self.call(Method::GET, ME).receive(asking).await?.body)
    }

    pub(crate) async fn register(&self, account: &RegisterRequest, asking: &Asking) -> Result<User, ApiError> {
        Ok(self.call(Method::POST, "/api/v1/auth/register").json(account).receive(asking).await?.body)
    }

    pub(crate) async fn login(&self, login: &LoginRequest, asking: &Asking) -> Result<TokenPair, ApiError> {
        Ok(self.call(Method::POST, "/api/v1/auth/login").json(login).receive(asking).await?.body)
    }

    pub(crate) async fn refresh(&self, token: &Secret, asking: &Asking) -> Result<TokenPair, ApiError> {
        let request = RefreshRequest { refresh_token: Some(token.clone()) };
        Ok(self.call(Method::POST, "/api/v1/auth/refresh").json(&request).receive(asking).await?.body)
    }

    pub(crate) async fn logout(&self, asking: &Asking) -> Result<(), ApiError> {
        self.call(Method::POST, "/api/v1/auth/logout").acknowledge(asking).await.map(drop)
    }

    pub(crate) async fn rename(&self, name: &str, version: i64, asking: &Asking) -> Result<Answer<User>, ApiError> {
        let request = UpdateMeRequest { display_name: Some(name.to_owned()) };
        self.call(Method::PATCH, ME).version(version).merge_patch(&request).receive(asking).await
    }

    pub(crate) async fn change_password(
        &self,
        request: &ChangePasswordRequest,
        asking: &Asking,
    ) -> Result<TokenPair, ApiError> {
        Ok(self.call(Method::PUT, format!("{ME}/password")).json(request).receive(asking).await?.body)
    }

    /// The newest hundred.
    pub(crate) async fn sessions(&self, asking: &Asking) -> Result<Vec<UserSession>, ApiError> {
        let call = self.call(Method::GET, "/api/v1/auth/sessions").query("limit", "100");
        let page: Answer<Page<UserSession>> = call.receive(asking).await?;
        Ok(page.body.items)
    }

    pub(crate) async fn revoke(&self, id: SessionId, asking: &Asking) -> Result<(), ApiError> {
        self.call(Method::DELETE, format!("/api/v1/auth/sessions/{id}")).acknowledge(asking).await.map(drop)
    }

    /// All that the user service keeps about the member.
    pub(crate) async fn export(&self, asking: &Asking) -> Result<Value, ApiError> {
        Ok(self.call(Method::GET, format!("{ME}/export")).receive(asking).await?.body)
    }

    /// Erases the member's account, if it still has this version.
    pub(crate) async fn erase_me(&self, version: i64, asking: &Asking) -> Result<Answer<()>, ApiError> {
        self.call(Method::DELETE, ME).version(version).acknowledge(asking).await
    }

    pub(super) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(&self.peer, "user service", method, path)
    }
}
