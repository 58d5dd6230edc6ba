//! The pages as people use them: a browser, and behind it a whole platform. Every step is held to what all pages promise, on
//! a telephone and on a desk, and a picture of it is kept in `tmp/journeys` of the build directory.

mod people;
mod visitor;

use std::path::Path;

use people::{BORROWER, OPERATOR, OWNER};
use visitor::Visitor;

/// What is lent, and what nothing else of the demo is called.
const KAYAK: &str = "Walnut sea kayak";

/// A photo as a member has it.
const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../lendery/src/demo/pictures/family-tent.webp");

#[tokio::test]
async fn a_thing_is_offered_found_lent_and_brought_back_on_pages_with_scripts() {
    lend_and_borrow(Visitor::arrives("scripts").await).await;
}

#[tokio::test]
async fn a_thing_is_offered_found_lent_and_brought_back_on_pages_without_scripts() {
    lend_and_borrow(Visitor::arrives_without_scripts("plain").await).await;
}

async fn lend_and_borrow(visitor: Visitor) {
    visitor.platform_gets_an_operator().await;
    visitor.start_page_is_kept().await;
    visitor.joins(OWNER).await;
    offer(&visitor).await;
    visitor.leaves().await;
    assert!(visitor.browser.text().await.contains(KAYAK), "what was kept for everybody is dropped by what is new");
    visitor.joins(BORROWER).await;
    let order = borrow(&visitor).await;
    visitor.leaves().await;
    visitor.signs_in(OPERATOR).await;
    take_money(&visitor).await;
    look_after(&visitor).await;
    visitor.leaves().await;
    visitor.signs_in(OWNER).await;
    lend(&visitor, &order).await;
    visitor.leaves().await;
    visitor.signs_in(BORROWER).await;
    visitor.rests_at(&order, "Over").await;
    visitor.step("closed").await;
    visitor.goes_home().await;
}

/// Something new with its photo, for which its owner wants to be asked.
async fn offer(visitor: &Visitor) {
    let browser = &visitor.browser;
    visitor.opens("/en/offer").await;
    visitor.step("offer").await;
    browser.fill("#name", KAYAK).await;
    browser.click("#category option[value=camping]").await;
    browser.fill("#daily_price", "4.50").await;
    browser.fill("#deposit", "50").await;
    browser.click("input[name=approval][value=owner]").await;
    browser.click(".offer > .button").await;
    browser.arrives("?saved=1").await;
    let photo = Path::new(PHOTO).canonicalize().unwrap();
    browser.keys("#photo", photo.to_str().unwrap()).await;
    browser.click("form[action$='/photos'] .button").await;
    browser.arrives("?saved=1#photos").await;
    visitor.step("photos").await;
    browser.click("main a[href*='/en/items/']").await;
    visitor.comes_to("/en/items/").await;
    let shown = browser.run("return document.querySelector('.gallery img').naturalWidth;").await;
    assert!(shown.as_u64().is_some_and(|width| width > 0), "the photo is shown: {shown}");
    visitor.step("item").await;
}

/// From the search to an order; its address.
async fn borrow(visitor: &Visitor) -> String {
    let days = visitor.days_of(KAYAK).await;
    let browser = &visitor.browser;
    visitor.opens("/en").await;
    browser.fill("input[name=q]", "walnut").await;
    browser.click(".search .button").await;
    browser.arrives("?q=walnut&category=").await;
    visitor.step("found").await;
    browser.click(".card h3 a").await;
    visitor.comes_to("/en/items/").await;
    for (field, day) in [("#from", &days[1]), ("#to", &days[2])] {
        browser.keys(field, &visitor::typed(day)).await;
    }
    browser.click(".choose .button").await;
    browser.arrives("#borrow").await;
    visitor.step("days").await;
    browser.click("form[action*='/cart/'] .button").await;
    browser.arrives("/en/cart").await;
    visitor.step("cart").await;
    browser.click("input[value=desk]").await;
    browser.click("form[action$='/checkout'] .button").await;
    browser.arrives("?placed=1").await;
    let order = visitor.here().await;
    visitor.comes_to_read(&order, "It has still to be paid.").await;
    visitor.step("ordered").await;
    order
}

/// The borrower pays at the desk, and the operator says so.
async fn take_money(visitor: &Visitor) {
    let browser = &visitor.browser;
    visitor.comes_to_read("/en/desk", BORROWER.name).await;
    assert!(browser.text().await.contains("€59.00"), "two days and the deposit");
    visitor.step("desk").await;
    browser.click("form[action$='/paid'] .button").await;
    browser.arrives("/en/desk?saved=1").await;
    assert!(!browser.text().await.contains(BORROWER.name));
}

/// The owner agrees, hands the thing over and takes it back.
async fn lend(visitor: &Visitor, order: &str) {
    let browser = &visitor.browser;
    visitor.opens("/en/orders").await;
    visitor.step("orders").await;
    browser.click("main .sessions a").await;
    browser.arrives(order).await;
    visitor.rests_at(order, "Waits for its owner to agree").await;
    for (act, state) in [("approve", "Ready to be fetched"), ("hand-over", "In use"), ("return", "Over")] {
        visitor.step(act).await;
        if act != "approve" {
            browser.fill(&format!("form[action$='/{act}'] textarea"), "A scratch on its bow").await;
        }
        browser.click(&format!("form[action$='/{act}'] .button")).await;
        browser.arrives("?done=1").await;
        visitor.rests_at(order, state).await;
    }
}

/// The operator finds the people, what they did, and that nothing is stuck.
async fn look_after(visitor: &Visitor) {
    let browser = &visitor.browser;
    for (path, name) in
        [("operations", "operations"), ("audit", "audit"), ("stuck", "stuck"), ("categories", "categories")]
    {
        visitor.opens(&format!("/en/{path}")).await;
        visitor.step(name).await;
    }
    visitor.opens("/en/people").await;
    browser.fill("input[name=q]", BORROWER.email).await;
    browser.click(".search .button").await;
    browser.arrives("&role=&status=").await;
    visitor.step("people").await;
    browser.click("main td a").await;
    visitor.comes_to("/en/people/").await;
    visitor.step("person").await;
    assert!(browser.text().await.contains(BORROWER.email));
}
