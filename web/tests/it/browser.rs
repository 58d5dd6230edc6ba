mod keyboard;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use test_kit::chromium::{Chromium, LOOKS, violations};
use test_kit::wait_until;

use crate::borrowing::{ORDER, order};
use crate::escaping::{EVIL, evil_pages, is_written_by_evil};
use crate::scenery::{furnished, is_asked};
use crate::site::{ITEM, OTHER, OWNER, Site, category, item, user};

const DEADLINE: Duration = Duration::from_secs(60);

/// Where pictures are kept, beside what was built.
fn artefacts() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages")
}

async fn sign_in(browser: &Chromium, site: &Site) {
    browser.open(&format!("{}/en/sign-in", site.base())).await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", "secret words").await;
    browser.click("main .button").await;
    browser.arrives("/en/mine").await;
}

/// Looks at each page in both ways, and holds it to what all pages promise.
async fn look_at(browser: &Chromium, site: &Site, pages: &[String]) {
    for path in pages {
        let name = path.trim_start_matches('/').replace(['/', '?', '&', '='], "-");
        for (width, scheme) in LOOKS {
            browser.look(width, scheme).await;
            browser.open(&format!("{}{path}", site.base())).await;
            browser.holds(&format!("{path} at {width} pixels")).await;
        }
        browser.keep(&artefacts(), &name).await;
    }
}

/// What everybody may see.
fn public_pages() -> Vec<String> {
    let days = format!("/en/items/{ITEM}?from=2026-12-04&to=2026-12-03&units=1");
    let pages = ["/en", "/de/items?q=drill", "/en/sign-in?back=/en/mine", "/en/register", "/en/problems"];
    let others = ["/de/problems/gone", "/en/nowhere"].map(ToOwned::to_owned);
    let named = [format!("/en/items/{ITEM}"), days, format!("/de/members/{OWNER}")];
    pages.map(ToOwned::to_owned).into_iter().chain(named).chain(others).collect()
}

fn pages_of_members() -> Vec<String> {
    let pages = ["/en/mine", "/en/offer", "/en/mine/bookings?month=2026-12", "/en/cart", "/de/orders", "/en/account"];
    let mine = ["", "/units", "/labels"].map(|part| format!("/en/mine/{ITEM}{part}"));
    pages.map(ToOwned::to_owned).into_iter().chain(mine).chain([format!("/en/orders/{ORDER}")]).collect()
}

fn pages_of_operators() -> Vec<String> {
    let pages =
        ["/en/operations", "/de/reports/revenue", "/en/people", "/en/audit", "/en/stuck", "/en/desk", "/en/categories"];
    pages.map(ToOwned::to_owned).into_iter().chain([format!("/en/people/{OWNER}")]).collect()
}

/// Every kind of page.
pub(crate) fn every_page() -> impl Iterator<Item = String> {
    public_pages().into_iter().chain(pages_of_members()).chain(pages_of_operators())
}

#[tokio::test]
async fn pages_for_anybody_are_accessible_and_stay_where_they_are() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    look_at(&browser, &site, &public_pages()).await;
    browser.quit().await;
}

#[tokio::test]
async fn pages_of_members_are_accessible_and_stay_where_they_are() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    sign_in(&browser, &site).await;
    look_at(&browser, &site, &pages_of_members()).await;
    browser.quit().await;
}

#[tokio::test]
async fn pages_of_operators_are_accessible_and_stay_where_they_are() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    sign_in(&browser, &site).await;
    look_at(&browser, &site, &pages_of_operators()).await;
    browser.quit().await;
}

/// Whether the page was painted once its script was there.
const PAINTED_AFTER_SCRIPT: &str = "
    const script = performance.getEntriesByType('resource').find((one) => one.initiatorType === 'script');
    const paint = performance.getEntriesByName('first-paint')[0];
    return paint === undefined ? null : paint.startTime >= script.responseEnd;";

#[tokio::test]
async fn times_are_told_by_the_readers_own_clock_where_there_are_scripts() {
    let site = furnished().await;
    let mut browser = Chromium::start().await;
    sign_in(&browser, &site).await;
    browser.tell("Emulation.setTimezoneOverride", json!({ "timezoneId": "Asia/Tokyo" })).await;
    let order = format!("{}/en/orders/{ORDER}", site.base());
    let told = async |browser: &Chromium| {
        browser.open(&order).await;
        browser.run("return document.querySelector('dd time').textContent;").await
    };
    assert_eq!(told(&browser).await, "20 November 2026 at 19:00");
    // The first frame may come after the page has loaded.
    let mut painted = Value::Null;
    wait_until("the page to be painted", DEADLINE, async || {
        painted = browser.run(PAINTED_AFTER_SCRIPT).await;
        !painted.is_null()
    })
    .await;
    assert_eq!(painted, true, "nobody sees the other clock first, nor lines move");
    browser.without_scripts().await;
    assert_eq!(told(&browser).await, "20 November 2026, 10:00 UTC");
    browser.quit().await;
}

#[tokio::test]
async fn a_fault_in_a_page_is_found() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    browser.open(&format!("{}/en/sign-in", site.base())).await;
    browser.run("document.querySelector('label[for=email]').remove();").await;
    let found = violations(&browser).await.to_string();
    assert!(found.contains("label") && found.contains("email"), "{found}");
    browser
        .run("document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = 1' }));")
        .await;
    let seen = browser.run("return [window.ran ?? null, window.seen.violations];").await;
    assert_eq!(seen, json!([null, ["script-src-elem inline"]]));
    let log = browser.log().await;
    assert!(log.iter().any(|message| message.contains("Content Security Policy")), "{log:?}");
    browser.quit().await;
}

#[tokio::test]
async fn what_others_wrote_does_nothing_in_a_browser() {
    let site = furnished().await;
    is_written_by_evil(&site);
    let browser = Chromium::start().await;
    let (public, own) = evil_pages();
    let evil: String = url::form_urlencoded::byte_serialize(EVIL.as_bytes()).collect();
    let reflected = ["q", "tag", "near", "max_price", "from", "to"].map(|name| format!("/en/items?{name}={evil}"));
    harmless(&browser, &site, public.iter().chain(&reflected)).await;
    sign_in(&browser, &site).await;
    let reflected = ["people?q", "audit?user_id"].map(|name| format!("/en/{name}={evil}"));
    harmless(&browser, &site, own.iter().chain(&reflected)).await;
    browser.quit().await;
}

/// Every page is opened, and has no script but the one file of ours, nothing that a script could hang on, and no violation.
async fn harmless(browser: &Chromium, site: &Site, paths: impl Iterator<Item = &String>) {
    const FOREIGN: &str = "
        const all = [...document.querySelectorAll('*')];
        const handled = all.filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith('on')));
        const scripts = [...document.scripts].filter((one) => one.text || !one.src.includes('/assets/web/lendery.'));
        return [...handled, ...scripts, ...document.querySelectorAll('img[src=x]')].map((one) => one.outerHTML)
            .concat(window.seen.violations.filter((one) => !one.startsWith('img-src')));";
    for path in paths {
        browser.open(&format!("{}{path}", site.base())).await;
        assert_eq!(browser.run(FOREIGN).await, json!([]), "{path}");
        assert!(browser.text().await.contains("alert(1)"), "{path} does not show it");
    }
}

#[tokio::test]
async fn every_journey_works_with_scripts() {
    let browser = Chromium::start().await;
    journeys(&browser, "scripts").await;
    browser.quit().await;
}

#[tokio::test]
async fn every_journey_works_without_scripts() {
    let mut browser = Chromium::start().await;
    browser.without_scripts().await;
    journeys(&browser, "plain").await;
    browser.quit().await;
}

async fn journeys(browser: &Chromium, name: &str) {
    let site = furnished().await;
    borrow(browser, &site, name).await;
    lend(browser, &site, name).await;
    offer(browser, &site, name).await;
    operate(browser, &site, name).await;
    browser.click("form[action$=sign-out] button").await;
    browser.arrives("/en").await;
}

async fn keep(browser: &Chromium, journey: &str, step: &str) {
    browser.keep(&artefacts(), &format!("{journey}-{step}")).await;
}

/// From the search to an order, signing in on the way.
async fn borrow(browser: &Chromium, site: &Site, name: &str) {
    site.orders.answer(&format!("PUT /api/v1/cart/lines/{ITEM}"), 200, crate::borrowing::cart());
    site.orders.answer("POST /api/v1/orders", 202, order(OWNER, OTHER, "pending", "agreed"));
    browser.look(1280, "light").await;
    browser.open(&format!("{}/en", site.base())).await;
    browser.fill("input[name=q]", "drill").await;
    browser.click(".search .button").await;
    browser.arrives("/en/items?q=drill&category=").await;
    keep(browser, name, "search").await;
    browser.click(".card h3 a").await;
    browser.arrives(&format!("/en/items/{ITEM}")).await;
    browser.keys("#from", "12012026").await;
    browser.keys("#to", "12032026").await;
    browser.click(".choose .button").await;
    browser.arrives("?from=2026-12-01&to=2026-12-03&units=1#borrow").await;
    keep(browser, name, "days").await;
    browser.click(&format!("form[action$='/cart/{ITEM}'] .button")).await;
    browser.fill("#email", "ada@example.org").await;
    browser.fill("#password", "secret words").await;
    browser.click("main .button").await;
    browser.arrives("/en/cart").await;
    keep(browser, name, "cart").await;
    browser.click("input[value=test]").await;
    browser.click("form[action$='/checkout'] .button").await;
    browser.arrives(&format!("/en/orders/{ORDER}?placed=1")).await;
    keep(browser, name, "order").await;
    assert_eq!(site.orders.asked("POST /api/v1/orders").len(), 1);
}

/// A request is approved, and its things go out and come back.
async fn lend(browser: &Chromium, site: &Site, name: &str) {
    for (act, state, progress) in [
        ("approve", "awaiting_approval", "asked"),
        ("hand-over", "confirmed", "agreed"),
        ("return", "active", "handed_over"),
    ] {
        is_asked(site, state, progress);
        let call = format!("POST /api/v1/orders/{ORDER}/{act}");
        site.orders.answer(&call, 200, order(OTHER, OWNER, state, progress));
        browser.open(&format!("{}/en/orders", site.base())).await;
        browser.click("main .sessions a").await;
        browser.arrives(&format!("/en/orders/{ORDER}")).await;
        if act != "approve" {
            browser.fill("#note", "Scratched").await;
        }
        keep(browser, name, act).await;
        browser.click(&format!("form[action$='/{act}'] .button")).await;
        browser.arrives(&format!("/en/orders/{ORDER}?done=1")).await;
        let asked = &site.orders.asked(&call)[0];
        assert_eq!(asked.body["note"].as_str(), (act != "approve").then_some("Scratched"), "{act}");
    }
}

/// Something new with its photos and units, and the account of who offers it.
async fn offer(browser: &Chromium, site: &Site, name: &str) {
    let photos = format!("POST /api/v1/items/{ITEM}/photos");
    let photo = json!({ "id": OWNER, "url": "/p", "thumbnail_url": "/t", "alt": "", "width": 4, "height": 3 });
    let unit = json!({
        "id": OTHER, "label": "Drill 4", "condition": "good", "out_of_service": false, "version": 3,
        "created_at": "2026-11-02T03:04:05Z", "updated_at": "2026-11-02T03:04:05Z",
    });
    site.inventory.answer("POST /api/v1/items", 201, item());
    site.inventory.answer(&photos, 201, photo);
    site.inventory.answer(&format!("PATCH /api/v1/items/{ITEM}/units/{OTHER}"), 200, unit);
    site.users.answer("PATCH /api/v1/users/me", 200, user(&["member", "admin"]));
    browser.open(&format!("{}/en/mine", site.base())).await;
    browser.click("main a[href$='/offer']").await;
    browser.fill("#name", "Cordless drill").await;
    browser.click("#category option[value=power-tools]").await;
    keep(browser, name, "offer").await;
    browser.click(".offer > .button").await;
    browser.arrives(&format!("/en/mine/{ITEM}?saved=1")).await;
    let files = ["a.png", "b.jpg"].map(|file| artefacts().join(format!("{name}-{file}")));
    for file in &files {
        fs::write(file, b"a picture, as far as a form knows").unwrap();
    }
    browser.keys("#photo", &files.map(|file| file.display().to_string()).join("\n")).await;
    keep(browser, name, "photos").await;
    browser.click("form[action$='/photos'] .button").await;
    browser.arrives(&format!("/en/mine/{ITEM}?saved=1#photos")).await;
    assert_eq!(site.inventory.asked(&photos).len(), 2);
    browser.click("a[href$='/units']").await;
    browser.fill(&format!("#label-{OTHER}"), "Drill 4").await;
    keep(browser, name, "units").await;
    browser.click("button[value=save]").await;
    browser.arrives("/units?saved=1").await;
    browser.open(&format!("{}/en/account", site.base())).await;
    browser.fill("#display_name", "Ada Lovelace").await;
    keep(browser, name, "account").await;
    browser.click("form[action$='/account/name'] .button").await;
    browser.arrives("/en/account?saved=1").await;
}

/// Somebody is disabled, a stuck order asked for again, and a category made.
async fn operate(browser: &Chromium, site: &Site, name: &str) {
    let (person, retry) =
        (format!("PATCH /api/v1/users/{OWNER}"), format!("POST /api/v1/orders/{ORDER}/steps/2/retry"));
    site.users.answer(&person, 200, user(&["member"]));
    site.orders.answer(&retry, 200, order(OTHER, OWNER, "reserved", "agreed"));
    site.inventory.answer("POST /api/v1/categories", 201, category());
    browser.open(&format!("{}/en/operations", site.base())).await;
    keep(browser, name, "operations").await;
    browser.click("main a[href$='/people']").await;
    browser.click("main td a").await;
    browser.click("input[value=disabled]").await;
    keep(browser, name, "person").await;
    browser.click("main .card-form .button").await;
    browser.arrives(&format!("/en/people/{OWNER}?saved=1")).await;
    assert_eq!(site.users.asked(&person)[0].body["status"], "disabled");
    browser.click("main a[href$='/stuck']").await;
    keep(browser, name, "stuck").await;
    browser.click("button[value=retry]").await;
    browser.arrives("/en/stuck?saved=1").await;
    assert_eq!(site.orders.asked(&retry).len(), 1);
    browser.click("main a[href$='/desk']").await;
    keep(browser, name, "desk").await;
    browser.click("form[action$='/paid'] .button").await;
    browser.arrives("/en/desk?saved=1").await;
    browser.open(&format!("{}/en/categories", site.base())).await;
    browser.fill("#name", "Power tools").await;
    keep(browser, name, "categories").await;
    browser.click("main .card-form .button").await;
    browser.arrives("/en/categories?saved=1").await;
}
