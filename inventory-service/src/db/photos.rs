//! The photos of items. Their pixels are elsewhere.

use std::collections::HashSet;

use inventory_api::PhotoId;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    QuerySelect,
};
use serde::Deserialize;
use uuid::Uuid;

use super::entity::item_photo;
use super::rows::{impossible, number};
use crate::domain::item::Item;
use crate::domain::photo::Photo;

/// A photo as [`as_json`] has it.
#[derive(Deserialize)]
struct Row {
    id: Uuid,
    alt: String,
    width: u32,
    height: u32,
}

/// Writes the photos of an item, and their order, in place of those before.
pub(crate) async fn replace(tx: &DatabaseTransaction, item: &Item) -> Result<(), DbErr> {
    item_photo::Entity::delete_many().filter(item_photo::Column::ItemId.eq(item.id.uuid())).exec(tx).await?;
    if item.photos.is_empty() {
        return Ok(());
    }
    let rows = (0..).zip(&item.photos).map(|(position, photo)| {
        Ok(item_photo::ActiveModel {
            id: Set(photo.id.uuid()),
            item_id: Set(item.id.uuid()),
            position: Set(position),
            alt: Set(photo.alt.clone()),
            width: Set(number("item_photos.width", photo.width)?),
            height: Set(number("item_photos.height", photo.height)?),
        })
    });
    let rows: Vec<_> = rows.collect::<Result<_, DbErr>>()?;
    item_photo::Entity::insert_many(rows).exec_without_returning(tx).await.map(drop)
}

/// Those of the ids that belong to an item.
pub(crate) async fn known(db: &impl ConnectionTrait, ids: &[PhotoId]) -> Result<HashSet<PhotoId>, DbErr> {
    let found = item_photo::Entity::find().select_only().column(item_photo::Column::Id);
    let found = found.filter(item_photo::Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    let known: Vec<Uuid> = found.into_tuple().all(db).await?;
    Ok(known.into_iter().map(PhotoId::new).collect())
}

/// The photos of a row of `items`, in their order, as a list in JSON.
pub(super) fn as_json(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => {
            "(SELECT CAST(json_agg(json_build_object('id', id, 'alt', alt, 'width', width, 'height', height) \
             ORDER BY position) AS text) FROM item_photos WHERE item_id = items.id)"
        }
        _ => {
            "(SELECT json_group_array(json_object('id', lower(hex(id)), 'alt', alt, 'width', width, 'height', height) \
             ORDER BY position) FROM item_photos WHERE item_id = items.id)"
        }
    }
}

/// Reads what [`as_json`] has; null is none.
pub(super) fn of_json(json: Option<String>) -> Result<Vec<Photo>, DbErr> {
    let rows: Option<Vec<Row>> =
        json.map(|json| serde_json::from_str(&json)).transpose().map_err(|error| impossible("item_photos", error))?;
    let photo = |Row { id, alt, width, height }| Photo { id: PhotoId::new(id), alt, width, height };
    Ok(rows.unwrap_or_default().into_iter().map(photo).collect())
}
