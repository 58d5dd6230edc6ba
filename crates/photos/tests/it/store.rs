//! What is put is kept, found, listed and removed.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use photos::{Format, Photo, PhotoStore, Rendition, StoreError};
use tempfile::TempDir;
use uuid::Uuid;

use crate::samples::{file, prepare, quarters};

const ID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
const OTHER: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8058);
const NOTHING: [Uuid; 0] = [];

fn photo() -> Photo {
    prepare(&file(&quarters(800, 600), Format::Jpeg), Format::Jpeg).unwrap()
}

/// Both kinds that need no server.
fn stores(folder: &TempDir) -> [PhotoStore; 2] {
    [PhotoStore::in_memory(), PhotoStore::in_folder(&folder.path().join("photos")).unwrap()]
}

async fn found(store: &PhotoStore, id: Uuid, rendition: Rendition) -> Option<Bytes> {
    match store.get(id, rendition).await.unwrap() {
        Some(image) => Some(image.bytes().await.unwrap()),
        None => None,
    }
}

async fn listed(store: &PhotoStore, until: DateTime<Utc>) -> Vec<Uuid> {
    let mut ids: Vec<_> = store.ids_until(until).try_collect().await.unwrap();
    ids.sort();
    ids
}

fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names =
        |path: std::path::PathBuf| if path.is_dir() { files_below(&path) } else { vec![path.display().to_string()] };
    entries.flat_map(names).collect()
}

#[tokio::test]
async fn a_photo_is_found_as_it_was_put() {
    let folder = tempfile::tempdir().unwrap();
    for store in stores(&folder) {
        let photo = photo();
        store.put(ID, &photo).await.unwrap();
        assert_eq!(found(&store, ID, Rendition::Full).await.unwrap(), photo.full);
        assert_eq!(found(&store, ID, Rendition::Thumbnail).await.unwrap(), photo.thumbnail);
        let image = store.get(ID, Rendition::Full).await.unwrap().unwrap();
        assert_eq!(image.length(), photo.full.len() as u64);
        let pieces: Vec<Bytes> = image.stream().try_collect().await.unwrap();
        assert_eq!(pieces.concat(), photo.full);
        assert!(store.get(OTHER, Rendition::Full).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_tag_stands_for_the_photo_and_not_for_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = stores(&folder);
    let mut tags = Vec::new();
    for store in [&one, &other] {
        store.put(ID, &photo()).await.unwrap();
        tags.push(store.get(ID, Rendition::Full).await.unwrap().unwrap().etag());
        tags.push(store.get(ID, Rendition::Thumbnail).await.unwrap().unwrap().etag());
    }
    assert_eq!(tags[..2], tags[2..]);
    assert_ne!(tags[0], tags[1]);
    assert_eq!(tags[0], "\"01890a5d-ac96-774b-bcce-b302099a8057\"");
}

#[tokio::test]
async fn a_deleted_photo_is_gone_and_may_be_deleted_again() {
    let folder = tempfile::tempdir().unwrap();
    for store in stores(&folder) {
        store.put(ID, &photo()).await.unwrap();
        store.put(OTHER, &photo()).await.unwrap();
        for _ in 0..2 {
            store.delete(ID).await.unwrap();
            assert!(found(&store, ID, Rendition::Full).await.is_none());
            assert!(found(&store, ID, Rendition::Thumbnail).await.is_none());
        }
        assert!(found(&store, OTHER, Rendition::Full).await.is_some());
    }
}

#[tokio::test]
async fn a_sweep_sees_what_was_put_until_then() {
    let folder = tempfile::tempdir().unwrap();
    for store in stores(&folder) {
        assert_eq!(listed(&store, DateTime::<Utc>::MAX_UTC).await, NOTHING);
        store.put(ID, &photo()).await.unwrap();
        store.put(OTHER, &photo()).await.unwrap();
        assert_eq!(listed(&store, DateTime::<Utc>::MAX_UTC).await, [ID, OTHER]);
        let put_at = store.get(ID, Rendition::Thumbnail).await.unwrap().unwrap().last_modified();
        assert_eq!(listed(&store, put_at - TimeDelta::seconds(1)).await, NOTHING);
    }
}

#[tokio::test]
async fn a_put_that_fails_half_way_shows_no_photo_and_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let store = PhotoStore::in_folder(folder.path()).unwrap();
    fs::write(folder.path().join("photos"), "where the folder of photos would be").unwrap();
    assert!(matches!(store.put(ID, &photo()).await, Err(StoreError::Objects(_))));
    fs::remove_file(folder.path().join("photos")).unwrap();
    assert!(found(&store, ID, Rendition::Full).await.is_none());
    assert_eq!(listed(&store, DateTime::<Utc>::MAX_UTC).await, [ID]);
    store.delete(ID).await.unwrap();
    assert_eq!(listed(&store, DateTime::<Utc>::MAX_UTC).await, NOTHING);
}

#[tokio::test]
async fn a_folder_holds_two_files_a_photo_and_other_peoples_files_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let store = PhotoStore::in_folder(folder.path()).unwrap();
    store.put(ID, &photo()).await.unwrap();
    assert_eq!(files_below(folder.path()).len(), 2);
    fs::write(folder.path().join("thumbnails/notes.txt"), "from the operator").unwrap();
    assert_eq!(listed(&store, DateTime::<Utc>::MAX_UTC).await, [ID]);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    fs::write(&file, "").unwrap();
    let refused = PhotoStore::in_folder(&file).unwrap_err();
    assert!(refused.to_string().contains(&file.display().to_string()), "{refused}");
}
