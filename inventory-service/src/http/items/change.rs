use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use inventory_api::Item as Wire;
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, NoParameters, PathId, Written};
use vocabulary::{Item as AnItem, ItemId};

use super::representation::{stale, wire};
use crate::app::{self, App};
use crate::domain::category::Categories;
use crate::domain::content::ItemContent;
use crate::domain::item::Item;
use crate::http::AppState;

/// Who wants to change which version of which item. The version is judged later: whose item it is comes first.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) caller: Caller,
    pub(super) id: ItemId,
    pub(super) if_match: Result<IfMatch, Problem>,
}

impl FromRequestParts<AppState> for Change {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let PathId(id) = PathId::<AnItem>::from_request_parts(parts, state).await?;
        NoParameters::from_request_parts(parts, state).await?;
        Ok(Self { caller, id, if_match: IfMatch::from_request_parts(parts, state).await })
    }
}

impl Change {
    /// Makes the change, and answers the item as it is then.
    pub(super) async fn make(
        self,
        app: &App,
        revise: impl FnOnce(&Item, &Categories) -> Result<ItemContent, Problem>,
    ) -> Result<Written, Problem> {
        let changed = app::items::change(app, &self.caller, self.id, self.if_match, revise).await?;
        let item = changed.item;
        Ok(Written::changed(&wire(&item)).version(item.version).invalidates(&stale(item.id, changed.recounts)))
    }
}

/// What PUT and PATCH answer.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "it is read by the OpenAPI document alone")]
pub(crate) enum Changed {
    /// The item as it is now
    #[response(status = 200, headers(("ETag" = String), ("Cache-Group-Invalidation" = String)))]
    Item(Wire),
}
