use http::{HeaderName, HeaderValue, Method, StatusCode};
use order_api::{Cart, CartLineRequest, Order, OrderId, PlaceOrderRequest, Quote, Step};
use peer::{Peer, ResponseBody};
use serde::Serialize;
use vocabulary::{ItemId, Page};

use super::call::Call;
use super::{Answer, ApiError, Asking};

const CART: &str = "/api/v1/cart";
pub(super) const ORDERS: &str = "/api/v1/orders";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The order service's public API.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    peer: Peer,
}

impl Orders {
    pub(crate) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    /// Puts a line into the member's cart, over the one with the same item.
    pub(crate) async fn put_line(
        &self,
        item: ItemId,
        line: &CartLineRequest,
        asking: &Asking,
    ) -> Result<Cart, ApiError> {
        Ok(self.call(Method::PUT, format!("{CART}/lines/{item}")).json(line).receive(asking).await?.body)
    }

    pub(crate) async fn remove_line(&self, item: ItemId, asking: &Asking) -> Result<(), ApiError> {
        self.call(Method::DELETE, format!("{CART}/lines/{item}")).acknowledge(asking).await.map(drop)
    }

    pub(crate) async fn cart(&self, asking: &Asking) -> Result<Cart, ApiError> {
        Ok(self.call(Method::GET, CART).receive(asking).await?.body)
    }

    /// What the cart costs, and whether it could be had now.
    pub(crate) async fn quote(&self, asking: &Asking) -> Result<Quote, ApiError> {
        Ok(self.call(Method::POST, format!("{CART}/quote")).receive(asking).await?.body)
    }

    /// Sent twice with the same key, it happens once.
    pub(crate) async fn place(
        &self,
        order: &PlaceOrderRequest,
        key: &str,
        asking: &Asking,
    ) -> Result<Answer<Order>, ApiError> {
        self.call(Method::POST, ORDERS).key(key).json(order).receive(asking).await
    }

    /// Those that concern the member, newest first.
    pub(crate) async fn concerning(
        &self,
        limit: &str,
        cursor: Option<&str>,
        asking: &Asking,
    ) -> Result<Page<Order>, ApiError> {
        let call = self.call(Method::GET, ORDERS).query("limit", limit);
        let call = cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor));
        Ok(call.receive(asking).await?.body)
    }

    pub(crate) async fn order(&self, id: OrderId, asking: &Asking) -> Result<Order, ApiError> {
        Ok(self.call(Method::GET, format!("{ORDERS}/{id}")).receive(asking).await?.body)
    }

    pub(crate) async fn steps(&self, id: OrderId, asking: &Asking) -> Result<Vec<Step>, ApiError> {
        let page: Answer<Page<Step>> = self.call(Method::GET, format!("{ORDERS}/{id}/steps")).receive(asking).await?;
        Ok(page.body.items)
    }

    /// Moves an order on by the transition of this name.
    pub(crate) async fn act(
        &self,
        id: OrderId,
        transition: &str,
        body: Option<&(impl Serialize + Sync)>,
        asking: &Asking,
    ) -> Result<Answer<Order>, ApiError> {
        let call = self.call(Method::POST, format!("{ORDERS}/{id}/{transition}"));
        body.into_iter().fold(call, Call::json).receive(asking).await
    }

    /// An order's events (WHATWG HTML §9.2) as they come; the status says whether there will be any.
    pub(crate) async fn events(
        &self,
        id: OrderId,
        last_event_id: Option<&HeaderValue>,
        asking: &Asking,
    ) -> Result<(StatusCode, ResponseBody), ApiError> {
        let call = self.call(Method::GET, format!("{ORDERS}/{id}/events"));
        let seen = last_event_id.and_then(|seen| seen.to_str().ok());
        seen.into_iter().fold(call, |call, seen| call.header(LAST_EVENT_ID, seen)).stream(asking).await
    }

    pub(super) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(&self.peer, "order service", method, path)
    }
}
