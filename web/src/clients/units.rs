use http::Method;
use inventory_api::{Unit, UnitId, UnitRequest};
use serde_json::Value;
use vocabulary::{ItemId, Page};

use super::inventory::{ITEMS, Inventory};
use super::{Answer, ApiError, Asking};

/// The units of an item.
impl Inventory {
    /// All of them, in the order in which they were added.
    pub(crate) async fn units(&self, item: ItemId, asking: &Asking) -> Result<Vec<Unit>, ApiError> {
        let page: Answer<Page<Unit>> = self.call(Method::GET, units(item)).receive(asking).await?;
        Ok(page.body.items)
    }

    /// Sent twice with the same key, it happens once.
    pub(crate) async fn add_unit(
        &self,
        item: ItemId,
        unit: &UnitRequest,
        key: &str,
        asking: &Asking,
    ) -> Result<Answer<Unit>, ApiError> {
        self.call(Method::POST, units(item)).key(key).json(unit).receive(asking).await
    }

    /// Merges `patch` (RFC 7396) into the unit if it still has this version.
    pub(crate) async fn change_unit(
        &self,
        (item, unit): (ItemId, UnitId),
        version: i64,
        patch: &Value,
        asking: &Asking,
    ) -> Result<Answer<Unit>, ApiError> {
        let call = self.call(Method::PATCH, format!("{}/{unit}", units(item))).version(version);
        call.merge_patch(patch).receive(asking).await
    }

    pub(crate) async fn remove_unit(
        &self,
        (item, unit): (ItemId, UnitId),
        version: i64,
        asking: &Asking,
    ) -> Result<Answer<()>, ApiError> {
        self.call(Method::DELETE, format!("{}/{unit}", units(item))).version(version).acknowledge(asking).await
    }
}

fn units(item: ItemId) -> String {
    format!("{ITEMS}/{item}/units")
}
