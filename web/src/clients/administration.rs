use http::Method;
use order_api::{Order, OrderId};
use user_api::{PasswordResetLink, SecurityEvent, UpdateUserRequest, User};
use vocabulary::{Page, UserId};

use super::orders::{ORDERS, Orders};
use super::users::Users;
use super::{Answer, ApiError, Asking};

const USERS: &str = "/api/v1/users";

/// What the user service does for administrators.
impl Users {
    /// The accounts that fit, newest first; what is empty is not asked for.
    pub(crate) async fn people(&self, query: &[(&str, &str)], asking: &Asking) -> Result<Page<User>, ApiError> {
        let call = self.call(Method::GET, USERS);
        let asked = query.iter().filter(|(_, value)| !value.is_empty());
        Ok(asked.fold(call, |call, (name, value)| call.query(name, value)).receive(asking).await?.body)
    }

    pub(crate) async fn person(&self, id: UserId, asking: &Asking) -> Result<User, ApiError> {
        Ok(self.call(Method::GET, format!("{USERS}/{id}")).receive(asking).await?.body)
    }

    /// Changes roles and status if the account still has this version.
    pub(crate) async fn change_person(
        &self,
        id: UserId,
        version: i64,
        change: &UpdateUserRequest,
        asking: &Asking,
    ) -> Result<Answer<User>, ApiError> {
        let call = self.call(Method::PATCH, format!("{USERS}/{id}")).version(version);
        call.merge_patch(change).receive(asking).await
    }

    /// A link with which somebody can set a new password, once.
    pub(crate) async fn offer_reset(&self, id: UserId, asking: &Asking) -> Result<PasswordResetLink, ApiError> {
        Ok(self.call(Method::POST, format!("{USERS}/{id}/password-reset")).receive(asking).await?.body)
    }

    /// The audit trail, newest first; what is empty is not asked for.
    pub(crate) async fn events(
        &self,
        query: &[(&str, &str)],
        asking: &Asking,
    ) -> Result<Page<SecurityEvent>, ApiError> {
        let call = self.call(Method::GET, "/api/v1/auth/events");
        let asked = query.iter().filter(|(_, value)| !value.is_empty());
        Ok(asked.fold(call, |call, (name, value)| call.query(name, value)).receive(asking).await?.body)
    }
}

/// What the order service does for administrators.
impl Orders {
    /// Everybody's orders that wait for an administrator, newest first.
    pub(crate) async fn stuck(&self, cursor: Option<&str>, asking: &Asking) -> Result<Page<Order>, ApiError> {
        let call = self.call(Method::GET, ORDERS).query("state", "stuck");
        Ok(cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor)).receive(asking).await?.body)
    }

    /// Decides on a step that is stuck: `retry`, `undo` or `accept`.
    pub(crate) async fn decide(
        &self,
        order: OrderId,
        step: u32,
        decision: &str,
        asking: &Asking,
    ) -> Result<Answer<Order>, ApiError> {
        self.call(Method::POST, format!("{ORDERS}/{order}/steps/{step}/{decision}")).receive(asking).await
    }
}
