use serde_json::{Value, json};

use crate::fake::problem;
use crate::site::{FormFile, Html, ITEM, OTHER, OWNER, Site, header, item};

const GROUPS: [(&str, &str); 1] = [("cache-group-invalidation", "\"item:1\"")];

fn photo(id: &str, alt: &str) -> Value {
    let url = format!("/api/v1/photos/{id}");
    json!({ "id": id, "url": url, "thumbnail_url": format!("{url}/thumbnail"), "alt": alt, "width": 1600, "height": 1200 })
}

fn file<'a>(name: &'a str, media_type: &'a str, bytes: &'a [u8]) -> FormFile<'a> {
    FormFile { name, media_type, bytes }
}

fn add() -> String {
    format!("POST /api/v1/items/{ITEM}/photos")
}

fn path() -> String {
    format!("/en/mine/{ITEM}/photos")
}

/// The drill with two photos, of which one is described.
fn pictured(site: &Site) {
    let mut item = item();
    item["photos"] = json!([photo(OWNER, "The drill in its case"), photo(OTHER, "")]);
    site.inventory.answer(&format!("GET /api/v1/items/{ITEM}"), 200, item.clone());
    site.inventory.answer("GET /api/v1/items", 200, json!({ "items": [item], "next": null }));
}

#[tokio::test]
async fn a_gallery_says_what_is_to_be_seen_and_how_much_room_it_takes() {
    let site = Site::start().await;
    pictured(&site);
    let page = site.get(&format!("/en/items/{ITEM}")).await.expect(200).html();
    let pictures: Vec<_> = page.split("<img ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert!(pictures[0].contains("alt=\"The drill in its case\" width=\"1600\" height=\"1200\""), "{pictures:?}");
    assert!(!pictures[0].contains("lazy") && pictures[1].contains("loading=\"lazy\""), "{pictures:?}");
    assert!(pictures[1].contains("alt=\"Cordless drill (2)\"") && pictures[1].contains("/thumbnail"), "{pictures:?}");
    let list = site.get("/en/items").await.expect(200).html();
    assert!(list.contains(&format!("src=\"/api/v1/photos/{OWNER}/thumbnail\" alt=\"\" width=\"320\"")), "{list}");
}

#[tokio::test]
async fn several_photos_are_added_at_once_and_each_once() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.answer_with(&add(), 201, photo(OWNER, ""), &GROUPS);
    let files = [
        file("a.jpg", "image/jpeg", b"abc"),
        file("", "application/octet-stream", b""),
        file("b.webp", "image/webp", b"defg"),
    ];
    let answer = browser.upload(&path(), "form-1", &files).await.expect(303);
    assert_eq!(header(&answer, "location"), format!("/en/mine/{ITEM}?saved=1#photos"));
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"item:1\"");
    let asked = site.inventory.asked(&add());
    let seen: Vec<_> = asked
        .iter()
        .map(|asked| (asked.header("content-type"), asked.header("idempotency-key"), asked.bytes))
        .collect();
    assert_eq!(seen, [("image/jpeg", "form-1-1", 3), ("image/webp", "form-1-2", 4)]);
}

#[tokio::test]
async fn a_photo_that_is_too_big_or_none_is_named_at_the_form_and_the_others_stay() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    site.inventory.answer_with(&add(), 201, photo(OWNER, ""), &GROUPS);
    let big = vec![7; 10 * 1024 * 1024 + 1];
    let files = [
        file("<huge>.jpg", "image/jpeg", &big),
        file("letter.pdf", "application/pdf", b"%PDF"),
        file("empty.png", "image/png", b""),
        file("good.png", "image/png", b"png"),
    ];
    let answer = browser.upload(&path(), "form-1", &files).await.expect(422);
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"item:1\"", "the one that was added counts");
    let page = answer.html();
    for words in [
        "&#60;huge&#62;.jpg: It is larger than 10 MB.",
        "letter.pdf: This is no picture",
        "empty.png: This is no",
        "1 added.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("aria-describedby=\"photo-hint photo-error\"") && page.contains("value=\"Cordless drill\""));
    assert_eq!(site.inventory.asked(&add()).len(), 1);
    let german = browser.upload(&format!("/de/mine/{ITEM}/photos"), "form-2", &[]).await.expect(422).html();
    assert!(german.contains("Wähle mindestens ein Foto."), "{german}");
}

#[tokio::test]
async fn what_the_inventory_says_of_a_photo_stands_at_the_form() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let files = [file("a.jpg", "image/jpeg", b"no picture at all")];
    let mut refused = problem(422, "invalid_fields");
    refused["errors"] = json!([{ "pointer": "/photo", "code": "unreadable", "detail": "The file is no picture." }]);
    for (status, body, english, german) in [
        (422, refused, "a.jpg: The file is no picture.", "a.jpg: Das ist kein Bild"),
        (409, problem(409, "conflict"), "at most 12 photos", "höchstens 12 Fotos"),
        (429, problem(429, "too_many_requests"), "Too many photos are being worked on", "zu viele Fotos bearbeitet"),
        (503, problem(503, "unavailable"), "could not be kept just now", "gerade nicht angenommen"),
    ] {
        site.inventory.answer(&add(), status, body);
        for (language, words) in [("en", english), ("de", german)] {
            let path = format!("/{language}/mine/{ITEM}/photos");
            let page = browser.upload(&path, "form-1", &files).await.expect(422).html();
            assert!(page.contains(words), "{words}: {page}");
        }
    }
    site.inventory.refuse(&add(), 403, "forbidden");
    browser.upload(&path(), "form-1", &files).await.expect(403);
}

#[tokio::test]
async fn who_is_not_signed_in_sends_no_photos() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    let files = [file("a.jpg", "image/jpeg", b"abc")];
    site.inventory.refuse(&add(), 401, "invalid_token");
    let answer = browser.upload(&path(), "form-1", &files).await.expect(303);
    assert_eq!(header(&answer, "location"), format!("/en/sign-in?back=%2Fen%2Fmine%2F{ITEM}"));
    let forged = crate::site::Browser { token: "guessed".to_owned(), ..browser };
    forged.upload(&path(), "form-1", &files).await.expect(403);
    let anonymous = crate::site::Browser { cookie: String::new(), ..forged };
    let answer = anonymous.upload(&path(), "form-1", &files).await.expect(303);
    assert!(header(&answer, "location").starts_with("/en/sign-in?back="));
    assert_eq!(site.inventory.asked(&add()).len(), 1);
    assert_eq!(header(&site.get(&path()).await.expect(303), "location"), format!("/en/mine/{ITEM}#photos"));
}

#[tokio::test]
async fn what_is_no_form_with_files_is_refused() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    browser.post(&path(), &[("key", "x")]).await.expect(415);
    let headers = [
        ("cookie", browser.cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("content-type", "multipart/form-data; boundary=edge"),
    ];
    site.post_with(&path(), &[], &headers).await.expect(403);
}

#[tokio::test]
async fn photos_are_described_moved_and_removed() {
    let site = Site::start().await;
    pictured(&site);
    let browser = site.sign_in().await;
    let (arrange, remove) =
        (format!("PUT /api/v1/items/{ITEM}/photos"), format!("DELETE /api/v1/items/{ITEM}/photos/{OTHER}"));
    site.inventory.answer_with(&arrange, 200, item(), &GROUPS);
    site.inventory.answer_with(&remove, 204, Value::Null, &[("cache-group-invalidation", "\"photo:2\"")]);
    let here = format!("/en/mine/{ITEM}/photos/arrange");
    let (order, alt) = (format!("{OWNER},{OTHER}"), format!("alt-{OTHER}"));
    let fields = [("version", "5"), ("order", order.as_str()), (alt.as_str(), "From above")];
    let up = format!("up:{OTHER}");
    browser.post(&here, &[&fields[..], &[("act", up.as_str())]].concat()).await.expect(303);
    let asked = &site.inventory.asked(&arrange)[0];
    assert_eq!(asked.header("if-match"), "\"5\"");
    assert_eq!(asked.body["photos"], json!([{ "id": OTHER, "alt": "From above" }, { "id": OWNER, "alt": "" }]));

    let gone = format!("remove:{OTHER}");
    let answer = browser.post(&here, &[&fields[..], &[("act", gone.as_str())]].concat()).await.expect(303);
    assert_eq!(header(&answer, "cache-group-invalidation"), "\"photo:2\"");
    assert_eq!(site.inventory.asked(&remove)[0].header("if-match"), "\"5\"", "the version after arranging");

    site.inventory.refuse(&arrange, 412, "stale_version");
    let stale = browser.post(&here, &[&fields[..], &[("act", "save")]].concat()).await.expect(303);
    assert_eq!(header(&stale, "location"), format!("/en/mine/{ITEM}?stale=1#photos"));
    let mut long = problem(422, "invalid_fields");
    long["errors"] = json!([{ "pointer": "/photos/1/alt", "code": "too_long", "detail": "At most 300 characters." }]);
    site.inventory.answer(&arrange, 422, long);
    let page = browser.post(&here, &[&fields[..], &[("act", "save")]].concat()).await.expect(422).html();
    assert!(page.contains("At most 300 characters."), "{page}");
}
