//! Photos of items: taken in, put in order, taken away.

use std::time::Duration;

use ::photos::{Format, PhotoStore, Place, PrepareError, Refusal, StoreError};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::stream::{TryChunksError, TryStreamExt};
use inventory_api::{ArrangePhotosRequest, PhotoId};
use problem::{FieldProblem, Kind, Problem};
use sea_orm::DbErr;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, Keyed, Written};
use vocabulary::ItemId;

use super::items::{may_change, owned, save};
use super::{App, AppError, history};
use crate::db;
use crate::domain::item::Item;
use crate::domain::photo::{MOST_PHOTOS, Photo, arranged};

/// How old pixels are when they have surely been put on record, or never will be.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// Photos that are looked for in one statement.
const SWEPT_AT_ONCE: usize = 500;

/// When a photo that could not be worked on or kept may be sent again.
const RETRY: Duration = Duration::from_secs(10);

/// A file that somebody sent as a photo, with its place among those that are worked on.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) file: Bytes,
    pub(crate) format: Format,
    pub(crate) alt: String,
    pub(crate) place: Place,
}

/// Adds a photo to an item, behind the others, once for each key. `answer` is what the caller is told, now and at each
/// repetition.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    id: ItemId,
    upload: Upload,
    keyed: &Keyed,
    answer: impl FnOnce(&Photo) -> Written,
) -> Result<Written, AppError> {
    // Whoever may not, or has too many, costs no work; the transaction looks again.
    let item = super::items::get(app, id).await?;
    may_change(caller, &item)?;
    has_room(&item)?;
    let prepared = upload.place.prepare(upload.file, upload.format).await.map_err(refused)?;
    let photo = Photo { id: app.clock.new_id(), alt: upload.alt, width: prepared.width, height: prepared.height };
    app.photos.put(photo.id.uuid(), &prepared).await.map_err(|error| unkept(&error))?;
    let added = keep(app, caller, id, &photo, keyed, answer).await;
    match &added {
        // A commit whose answer was lost may have happened: the sweep looks whether the photo is on record.
        Ok(Kept::Now(_)) | Err(AppError::Database(_)) => {}
        Ok(Kept::Before(_)) | Err(_) => discard(&app.photos, photo.id).await,
    }
    match added? {
        Kept::Now(written) | Kept::Before(written) => Ok(written),
    }
}

enum Kept {
    Now(Written),
    /// The same request was answered before.
    Before(Written),
}

async fn keep(
    app: &App,
    caller: &Caller,
    id: ItemId,
    photo: &Photo,
    keyed: &Keyed,
    answer: impl FnOnce(&Photo) -> Written,
) -> Result<Kept, AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(Kept::Before(replayed));
    }
    has_room(&item)?;
    let photos = item.photos.iter().chain([photo]).cloned().collect();
    change(app, &tx, caller, (&item, &item.clone().with_photos(photos, now))).await?;
    let written = answer(photo);
    keyed.keep(&tx, &written, now).await?;
    app.commit(tx).await?;
    Ok(Kept::Now(written))
}

/// Puts the photos of an item in another order, and says other things of them. What is the same as before is no new version.
pub(crate) async fn arrange(
    app: &App,
    caller: &Caller,
    id: ItemId,
    if_match: Result<IfMatch, Problem>,
    request: Result<ArrangePhotosRequest, Problem>,
) -> Result<Item, AppError> {
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    let if_match = if_match?;
    let photos = arranged(&item.photos, &request?)?;
    if_match.check(item.version)?;
    if photos == item.photos {
        return Ok(item);
    }
    let arranged = item.clone().with_photos(photos, app.clock.now());
    change(app, &tx, caller, (&item, &arranged)).await?;
    app.commit(tx).await?;
    Ok(arranged)
}

/// Takes a photo away.
pub(crate) async fn remove(
    app: &App,
    caller: &Caller,
    (id, photo): (ItemId, PhotoId),
    if_match: Result<IfMatch, Problem>,
) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    let left: Vec<_> = item.photos.iter().filter(|other| other.id != photo).cloned().collect();
    if left.len() == item.photos.len() {
        return Err(AppError::NoSuchItem);
    }
    if_match?.check(item.version)?;
    change(app, &tx, caller, (&item, &item.clone().with_photos(left, app.clock.now()))).await?;
    app.commit(tx).await?;
    discard(&app.photos, photo).await;
    Ok(())
}

async fn change(
    app: &App,
    tx: &db::Transaction,
    caller: &Caller,
    (before, after): (&Item, &Item),
) -> Result<(), AppError> {
    save(tx, after).await?;
    db::photos::replace(tx, after).await?;
    history::changed(app, tx, caller, (before, after)).await
}

fn has_room(item: &Item) -> Result<(), AppError> {
    if item.photos.len() < MOST_PHOTOS { Ok(()) } else { Err(AppError::NoMorePhotos) }
}

/// Lets the pixels of a photo go that is on no record. Should it fail, the sweep finds them.
async fn discard(store: &PhotoStore, id: PhotoId) {
    if let Err(error) = store.delete(id.uuid()).await {
        tracing::warn!(photo = %id, error = %error, "the files of a photo were not removed");
    }
}

fn refused(error: PrepareError) -> AppError {
    let problem = match error {
        PrepareError::Refused(refusal @ Refusal::TooLarge { .. }) => {
            Problem::because(Kind::BodyTooLarge, refusal.to_string())
        }
        PrepareError::Refused(refusal @ (Refusal::Mislabelled { .. } | Refusal::UnknownFormat)) => {
            Problem::because(Kind::UnsupportedMediaType, refusal.to_string())
        }
        PrepareError::Refused(refusal) => {
            let (pointer, detail) = ("/photo".to_owned(), refusal.to_string());
            Problem::invalid(vec![FieldProblem { pointer, code: "unusable_image".into(), detail }])
        }
        failed @ (PrepareError::NoThread(_) | PrepareError::Failed) => {
            tracing::error!(error = %failed, "a photo was not worked on");
            Problem::unavailable("The photo could not be worked on; send it again in a moment.", RETRY)
        }
    };
    AppError::Refused(problem)
}

fn unkept(error: &StoreError) -> AppError {
    tracing::error!(error = %error, "a photo was not kept");
    AppError::Refused(Problem::unavailable("The photo could not be kept; send it again later.", RETRY))
}

/// Removes the pixels that no item has any more: of uploads that were cut off, and of photos whose removal was. Those younger than
/// [`SETTLED`] are left alone, for they may be on their way. Answers how many there were.
pub(crate) async fn sweep(app: &App) -> Result<u64, SweepError> {
    let until = app.clock.now() - SETTLED;
    let mut stored = app.photos.ids_until(until).try_chunks(SWEPT_AT_ONCE);
    let mut removed = 0;
    while let Some(ids) = stored.try_next().await.map_err(|TryChunksError(_, error)| error)? {
        let ids: Vec<_> = ids.into_iter().map(PhotoId::new).collect();
        let known = db::photos::known(app.db.read(), &ids).await?;
        for id in ids.iter().filter(|id| !known.contains(*id)) {
            app.photos.delete(id.uuid()).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Why a sweep ended early. The next one begins anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] DbErr),
}
