use http::Method;
use inventory_api::{Availability, Category, CreateCategoryRequest, CreateItemRequest, Item, ReplaceCategoryRequest};
use peer::Peer;
use serde_json::Value;
use vocabulary::{ItemId, Page};

use super::call::Call;
use super::{Answer, ApiError, Asking};

pub(super) const ITEMS: &str = "/api/v1/items";
const CATEGORIES: &str = "/api/v1/categories";

/// The inventory's public API.
#[derive(Debug, Clone)]
pub(crate) struct Inventory {
    peer: Peer,
    /// The same, for what takes longer.
    pub(super) photos: Peer,
}

/// Which items, in which order; what is empty is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ItemsQuery {
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl ItemsQuery {
    /// Adds a parameter unless its value is empty.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.parameters.push((name, value.to_owned()));
        }
        self
    }
}

impl Inventory {
    pub(crate) fn new(peer: Peer, photos: Peer) -> Self {
        Self { peer, photos }
    }

    pub(crate) async fn items(&self, query: &ItemsQuery, asking: &Asking) -> Result<Page<Item>, ApiError> {
        let call = self.call(Method::GET, ITEMS);
        let call = query.parameters.iter().fold(call, |call, (name, value)| call.query(name, value));
        Ok(call.receive(asking).await?.body)
    }

    /// The member's own items, drafts included.
    pub(crate) async fn mine(
        &self,
        limit: &str,
        cursor: Option<&str>,
        asking: &Asking,
    ) -> Result<Page<Item>, ApiError> {
        let call = self.call(Method::GET, "/api/v1/users/me/items").query("limit", limit);
        let call = cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor));
        Ok(call.receive(asking).await?.body)
    }

    pub(crate) async fn item(&self, id: ItemId, asking: &Asking) -> Result<Item, ApiError> {
        Ok(self.call(Method::GET, format!("{ITEMS}/{id}")).receive(asking).await?.body)
    }

    /// Day by day from `from` up to the day before `to`, both as `YYYY-MM-DD`.
    pub(crate) async fn availability(
        &self,
        id: ItemId,
        days: Option<(String, String)>,
        asking: &Asking,
    ) -> Result<Availability, ApiError> {
        let call = self.call(Method::GET, format!("{ITEMS}/{id}/availability"));
        let call = days.into_iter().fold(call, |call, (from, to)| call.query("from", &from).query("to", &to));
        Ok(call.receive(asking).await?.body)
    }

    /// Sent twice with the same key, it happens once.
    pub(crate) async fn create(
        &self,
        item: &CreateItemRequest,
        key: &str,
        asking: &Asking,
    ) -> Result<Answer<Item>, ApiError> {
        self.call(Method::POST, ITEMS).key(key).json(item).receive(asking).await
    }

    /// Merges `patch` (RFC 7396) into the item if it still has this version.
    pub(crate) async fn change(
        &self,
        id: ItemId,
        version: i64,
        patch: &Value,
        asking: &Asking,
    ) -> Result<Answer<Item>, ApiError> {
        let call = self.call(Method::PATCH, format!("{ITEMS}/{id}")).version(version);
        call.merge_patch(patch).receive(asking).await
    }

    pub(crate) async fn retire(&self, id: ItemId, version: i64, asking: &Asking) -> Result<Answer<()>, ApiError> {
        self.call(Method::DELETE, format!("{ITEMS}/{id}")).version(version).acknowledge(asking).await
    }

    pub(crate) async fn categories(&self, asking: &Asking) -> Result<Vec<Category>, ApiError> {
        let page: Answer<Page<Category>> = self.call(Method::GET, CATEGORIES).receive(asking).await?;
        Ok(page.body.items)
    }

    pub(crate) async fn create_category(
        &self,
        category: &CreateCategoryRequest,
        key: &str,
        asking: &Asking,
    ) -> Result<Answer<Category>, ApiError> {
        self.call(Method::POST, CATEGORIES).key(key).json(category).receive(asking).await
    }

    pub(crate) async fn replace_category(
        &self,
        slug: &str,
        version: i64,
        category: &ReplaceCategoryRequest,
        asking: &Asking,
    ) -> Result<Answer<Category>, ApiError> {
        let call = self.call(Method::PUT, format!("{CATEGORIES}/{slug}")).version(version);
        call.json(category).receive(asking).await
    }

    pub(crate) async fn delete_category(
        &self,
        slug: &str,
        version: i64,
        asking: &Asking,
    ) -> Result<Answer<()>, ApiError> {
        self.call(Method::DELETE, format!("{CATEGORIES}/{slug}")).version(version).acknowledge(asking).await
    }

    pub(super) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(&self.peer, "inventory", method, path)
    }
}
