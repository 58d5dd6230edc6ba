//! Photos of items, from the upload to the sweep.

use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::{Answer, Client, send};
use test_kit::{on_every_database, wait_until};

use crate::inventory::{Inventory, on_both, refused, text};

/// Long enough on a machine that runs other tests beside this one.
const START: Duration = Duration::from_secs(30);

pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(width, height)).write_to(&mut file, format).unwrap();
    file.into_inner()
}

async fn item(inventory: &Inventory) -> String {
    let category = inventory.category("Tools").await;
    let ada = inventory.member("ada").client;
    let made = ada.post("/api/v1/items", &json!({ "name": "Drill", "category": category })).await.expect(201);
    format!("/api/v1/items/{}", text(&made.json()["id"]))
}

async fn upload(client: &Client, item: &str, media_type: &str, file: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, &format!("{item}/photos")).header("content-type", media_type);
    send(request.body(file)).await
}

async fn photos(inventory: &Inventory, item: &str) -> Vec<Value> {
    let shown = inventory.anonymous().get(item).await.expect(200).json();
    shown["photos"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_photo_is_shown_with_its_item_and_for_good() {
    on_both(async |inventory| {
        let item = item(inventory).await;
        let ada = inventory.member("ada").client;
        let added = upload(&ada, &item, "image/png", picture(900, 450, ImageFormat::Png)).await.expect(201);
        let (photo, id) = (added.json(), item.rsplit('/').next().unwrap());
        assert_eq!(added.header("cache-group-invalidation"), Some(&*format!("\"items\", \"item:{id}\"")));
        assert_eq!(added.header("location"), photo["url"].as_str());
        assert_eq!((&photo["width"], &photo["height"], &photo["alt"]), (&json!(900), &json!(450), &json!("")));
        assert_eq!(photos(inventory, &item).await, std::slice::from_ref(&photo));
        let listed = inventory.anonymous().get("/api/v1/items").await.expect(200).json();
        assert_eq!(listed["items"][0]["photos"], json!([photo]));
        assert_eq!(listed["items"][0]["version"], 2);

        for (url, width) in [("url", 900), ("thumbnail_url", 400)] {
            let url = text(&photo[url]);
            let shown = inventory.anonymous().get(&url).await.expect(200);
            assert_eq!(shown.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(shown.header("cache-groups"), Some(&*format!("\"photo:{}\"", text(&photo["id"]))));
            assert_eq!(shown.header("content-type"), Some("image/jpeg"));
            assert!(shown.header("last-modified").is_some());
            let seen = image::load_from_memory(&shown.body).unwrap();
            assert_eq!((seen.width(), seen.height()), (width, width / 2));
            let again = inventory.anonymous().request(Method::GET, &url).header("if-none-match", shown.etag());
            let again = send(again).await.expect(304);
            assert_eq!((again.etag(), again.body.len()), (shown.etag(), 0));
        }
    })
    .await;
}

#[tokio::test]
async fn photos_come_in_forms_too_and_are_put_in_order() {
    on_both(async |inventory| {
        let item = item(inventory).await;
        let ada = inventory.member("ada").client;
        let form = |parts: &[(&str, &[u8])]| {
            let mut body = Vec::new();
            for (head, bytes) in parts {
                body.extend(format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
                body.extend(*bytes);
                body.extend(b"\r\n");
            }
            body.extend(b"--x--\r\n");
            body
        };
        let file = picture(20, 10, ImageFormat::Jpeg);
        let as_file = "name=\"photo\"; filename=\"drill.jpg\"\r\nContent-Type: image/jpeg";
        let multipart = "multipart/form-data; boundary=x";
        let both = form(&[("name=\"alt\"", "The drill in its case".as_bytes()), (as_file, &file)]);
        let first = upload(&ada, &item, multipart, both).await.expect(201).json();
        assert_eq!(first["alt"], "The drill in its case");
        let second = upload(&ada, &item, "image/jpeg", file.clone()).await.expect(201).json();

        let none = upload(&ada, &item, multipart, form(&[("name=\"alt\"", b"\x00")])).await.expect(422);
        assert_eq!(refused(&none), ["/alt", "/photo"]);
        let two = upload(&ada, &item, multipart, form(&[(as_file, &file), (as_file, &file)])).await.expect(422);
        assert_eq!(refused(&two), ["/photo"]);
        upload(&ada, &item, multipart, form(&[("name=\"colour\"", b"red")])).await.expect(400);
        upload(&ada, &item, multipart, "no form at all").await.expect(400);

        let ids = [&second, &first].map(|photo| photo["id"].clone());
        let order = json!({ "photos": [{ "id": ids[0], "alt": "From the side" }, { "id": ids[1] }] });
        let url = format!("{item}/photos");
        ada.put(&url, "\"2\"", &order).await.expect(412);
        let arranged = ada.put(&url, "\"3\"", &order).await.expect(200);
        assert_eq!(arranged.etag(), "\"4\"");
        let shown = photos(inventory, &item).await;
        assert_eq!(shown.iter().map(|photo| photo["id"].clone()).collect::<Vec<_>>(), ids);
        assert_eq!((text(&shown[0]["alt"]), text(&shown[1]["alt"])), ("From the side".to_owned(), String::new()));
        assert_eq!(ada.put(&url, "\"4\"", &order).await.expect(200).etag(), "\"4\"", "nothing is new");

        for wrong in [json!([]), json!([{ "id": ids[0] }]), json!([{ "id": ids[0] }, { "id": ids[0] }])] {
            assert_eq!(refused(&ada.put(&url, "*", &json!({ "photos": wrong })).await.expect(422)), ["/photos"]);
        }
        let stranger = json!([{ "id": ids[0] }, { "id": ids[1] }, { "id": "0190163d-8694-739b-aea5-966c26f8ad90" }]);
        let answer = ada.put(&url, "*", &json!({ "photos": stranger })).await.expect(422);
        assert_eq!(refused(&answer), ["/photos/2/id", "/photos"]);
    })
    .await;
}

#[tokio::test]
async fn a_photo_that_is_taken_away_is_gone() {
    on_both(async |inventory| {
        let item = item(inventory).await;
        let (ada, bob) = (inventory.member("ada").client, inventory.member("bob").client);
        let photo = upload(&ada, &item, "image/webp", picture(8, 8, ImageFormat::WebP)).await.expect(201).json();
        let url = format!("{item}/photos/{}", text(&photo["id"]));
        bob.delete(&url, "*").await.expect(403);
        inventory.anonymous().delete(&url, "*").await.expect(401);
        send(ada.request(Method::DELETE, &url)).await.expect(428);
        ada.delete(&url, "\"1\"").await.expect(412);
        let gone = ada.delete(&url, "\"2\"").await.expect(204);
        assert!(
            gone.header("cache-group-invalidation").unwrap().ends_with(&format!("\"photo:{}\"", text(&photo["id"])))
        );
        ada.delete(&url, "*").await.expect(404);
        assert_eq!(photos(inventory, &item).await, Vec::<Value>::new());
        for url in ["url", "thumbnail_url"] {
            inventory.anonymous().get(&text(&photo[url])).await.expect(404);
        }
        inventory.anonymous().get("/api/v1/photos/none").await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_photo_is_refused_and_changes_nothing() {
    on_both(async |inventory| {
        let item = item(inventory).await;
        let (ada, bob) = (inventory.member("ada").client, inventory.member("bob").client);
        let jpeg = picture(64, 64, ImageFormat::Jpeg);
        upload(&bob, &item, "image/jpeg", jpeg.clone()).await.expect(403);
        upload(&inventory.anonymous(), &item, "image/jpeg", jpeg.clone()).await.expect(401);
        upload(&ada, &item, "image/png", jpeg.clone()).await.expect(415);
        upload(&ada, &item, "image/gif", jpeg.clone()).await.expect(415);
        upload(&ada, &item, "image/jpeg", "<svg/>").await.expect(415);
        upload(&ada, &item, "image/jpeg", jpeg[..jpeg.len() / 2].to_vec()).await.expect(422);
        upload(&ada, &item, "image/jpeg", "").await.expect(422);
        upload(&ada, &item, "image/png", bomb()).await.expect(422);
        upload(&ada, &item, "image/jpeg", vec![0xff; 10 * 1024 * 1024 + 1]).await.expect(413);
        upload(&ada, &item, "image/jpeg", vec![0xff; 12 * 1024 * 1024]).await.expect(413);
        let nothing = "/api/v1/items/0190163d-8694-739b-aea5-966c26f8ad90";
        upload(&ada, nothing, "image/jpeg", jpeg).await.expect(404);
        assert_eq!(inventory.anonymous().get(&item).await.expect(200).etag(), "\"1\"");
        assert_eq!(inventory.stored_photos(), 0);
    })
    .await;
}

/// The head of a PNG of 50,000 by 50,000 pixels: 10 GB of memory for who believes it.
fn bomb() -> Vec<u8> {
    let mut file = picture(1, 1, ImageFormat::Png);
    file[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    file[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let sum = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&sum.to_be_bytes());
    file
}

/// The checksum of a PNG's chunks (ISO 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[tokio::test]
async fn an_item_has_twelve_photos_at_most_and_a_key_adds_one_once() {
    on_both(async |inventory| {
        let item = item(inventory).await;
        let ada = inventory.member("ada").client;
        let jpeg = picture(8, 8, ImageFormat::Jpeg);
        let keyed = async || {
            let request = ada.request(Method::POST, &format!("{item}/photos")).header("content-type", "image/jpeg");
            send(request.header("idempotency-key", "k1").body(jpeg.clone())).await
        };
        let first = keyed().await.expect(201).json();
        assert_eq!(keyed().await.expect(201).json(), first);
        for _ in 1..12 {
            upload(&ada, &item, "image/jpeg", jpeg.clone()).await.expect(201);
        }
        upload(&ada, &item, "image/jpeg", jpeg.clone()).await.expect(409);
        assert_eq!((photos(inventory, &item).await.len(), inventory.stored_photos()), (12, 12));
    })
    .await;
}

#[tokio::test]
async fn files_that_no_item_has_are_swept_when_the_service_starts() {
    on_every_database(async |database| {
        let inventory = Inventory::start(database.url()).await;
        let item = item(&inventory).await;
        let ada = inventory.member("ada").client;
        upload(&ada, &item, "image/jpeg", picture(8, 8, ImageFormat::Jpeg)).await.expect(201);
        inventory.orphan_photo();
        assert_eq!(inventory.stored_photos(), 2);
        let inventory = inventory.restarted().await;
        wait_until("one file is left", START, async || inventory.stored_photos() == 1).await;
        assert_eq!(photos(&inventory, &item).await.len(), 1);
        inventory.stop().await;
    })
    .await;
}
