use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use peer::{CallContext, Peer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vocabulary::{ItemId, Page, Secret};

use crate::{
    Cart, CartLineRequest, DeclineRequest, HandOverRequest, Order, OrderError, OrderId, PlaceOrderRequest, Quote,
    ReturnRequest, Step,
};

/// How long a caller waits for the order service in all; a quote asks the inventory for every line.
const PATIENCE: Duration = Duration::from_secs(8);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What pages and commands ask the order service on behalf of a member, whose access token they carry. `context` carries
/// the request's id and trace.
#[async_trait]
pub trait OrderClient: Send + Sync {
    /// The member's cart.
    ///
    /// # Errors
    /// As all calls here: [`OrderError`] says what the order service answered.
    async fn cart(&self, token: &Secret, context: &HeaderMap) -> Result<Cart, OrderError>;

    /// Puts a line into the cart, over the one with the same item.
    async fn put_line(
        &self,
        item: ItemId,
        line: &CartLineRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Cart, OrderError>;

    /// Takes a line out of the cart, if it is there.
    async fn remove_line(&self, item: ItemId, token: &Secret, context: &HeaderMap) -> Result<(), OrderError>;

    /// Prices the cart.
    async fn quote(&self, token: &Secret, context: &HeaderMap) -> Result<Quote, OrderError>;

    /// Places an order, once for each key.
    async fn place(
        &self,
        request: &PlaceOrderRequest,
        key: &str,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError>;

    /// One page of the orders that concern the member, newest first; `query` as in the address, such as `cursor=…`.
    async fn orders(
        &self,
        query: &[(&str, &str)],
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Page<Order>, OrderError>;

    /// An order as it is now.
    async fn order(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError>;

    /// What was done and what came of it.
    async fn steps(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Page<Step>, OrderError>;

    /// Gives the order up.
    async fn cancel(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError>;

    /// Agrees to lend, sell or give.
    async fn approve(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError>;

    /// Does not agree.
    async fn decline(
        &self,
        id: OrderId,
        request: &DeclineRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError>;

    /// Hands the member's things over.
    async fn hand_over(
        &self,
        id: OrderId,
        request: &HandOverRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError>;

    /// Takes the member's things back.
    async fn take_back(
        &self,
        id: OrderId,
        request: &ReturnRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError>;
}

/// Asks over HTTP, behind a circuit breaker.
#[derive(Debug, Clone)]
pub struct HttpOrders {
    peer: Peer,
}

impl HttpOrders {
    /// The peer carries no credential of its own: each call carries the member's token.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<T, OrderError> {
        let context = CallContext::serving(context, PATIENCE);
        let call = self.peer.get(path, &context).header(header::AUTHORIZATION, bearer(token));
        let call = query.iter().fold(call, |call, (name, value)| call.query(name, value));
        Ok(call.receive().await?)
    }

    /// Moves an order on. Doing it twice is answered 409, so it is not repeated by itself.
    async fn act(
        &self,
        (id, act): (OrderId, &str),
        body: Option<&(impl Serialize + Sync)>,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError> {
        let context = CallContext::serving(context, PATIENCE);
        let call = self.peer.post(&format!("/api/v1/orders/{id}/{act}"), &context);
        let call = call.header(header::AUTHORIZATION, bearer(token));
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        Ok(call.receive().await?)
    }
}

const NO_BODY: Option<&()> = None;

#[async_trait]
impl OrderClient for HttpOrders {
    async fn cart(&self, token: &Secret, context: &HeaderMap) -> Result<Cart, OrderError> {
        self.get("/api/v1/cart", &[], token, context).await
    }

    async fn put_line(
        &self,
        item: ItemId,
        line: &CartLineRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Cart, OrderError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let call = self.peer.call(Method::PUT, &format!("/api/v1/cart/lines/{item}"), &context);
        Ok(call.header(header::AUTHORIZATION, bearer(token)).json(line).receive().await?)
    }

    async fn remove_line(&self, item: ItemId, token: &Secret, context: &HeaderMap) -> Result<(), OrderError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let call = self.peer.call(Method::DELETE, &format!("/api/v1/cart/lines/{item}"), &context);
        Ok(call.header(header::AUTHORIZATION, bearer(token)).acknowledge().await?)
    }

    async fn quote(&self, token: &Secret, context: &HeaderMap) -> Result<Quote, OrderError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let call = self.peer.post("/api/v1/cart/quote", &context);
        Ok(call.header(header::AUTHORIZATION, bearer(token)).receive().await?)
    }

    async fn place(
        &self,
        request: &PlaceOrderRequest,
        key: &str,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError> {
        let context = CallContext::serving(context, PATIENCE).idempotent();
        let key = HeaderValue::try_from(key).unwrap_or(HeaderValue::from_static(""));
        let call = self.peer.post("/api/v1/orders", &context).header(IDEMPOTENCY_KEY, key);
        Ok(call.header(header::AUTHORIZATION, bearer(token)).json(request).receive().await?)
    }

    async fn orders(
        &self,
        query: &[(&str, &str)],
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Page<Order>, OrderError> {
        self.get("/api/v1/orders", query, token, context).await
    }

    async fn order(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError> {
        self.get(&format!("/api/v1/orders/{id}"), &[], token, context).await
    }

    async fn steps(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Page<Step>, OrderError> {
        self.get(&format!("/api/v1/orders/{id}/steps"), &[], token, context).await
    }

    async fn cancel(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError> {
        self.act((id, "cancel"), NO_BODY, token, context).await
    }

    async fn approve(&self, id: OrderId, token: &Secret, context: &HeaderMap) -> Result<Order, OrderError> {
        self.act((id, "approve"), NO_BODY, token, context).await
    }

    async fn decline(
        &self,
        id: OrderId,
        request: &DeclineRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError> {
        self.act((id, "decline"), Some(request), token, context).await
    }

    async fn hand_over(
        &self,
        id: OrderId,
        request: &HandOverRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError> {
        self.act((id, "hand-over"), Some(request), token, context).await
    }

    async fn take_back(
        &self,
        id: OrderId,
        request: &ReturnRequest,
        token: &Secret,
        context: &HeaderMap,
    ) -> Result<Order, OrderError> {
        self.act((id, "return"), Some(request), token, context).await
    }
}

/// A token that no header can carry is sent as none, and refused as such.
fn bearer(token: &Secret) -> HeaderValue {
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", token.expose())).unwrap_or(HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}
