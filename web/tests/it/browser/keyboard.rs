use std::time::Duration;

use serde_json::{Value, json};
use test_kit::chromium::{Chromium, ENTER, TAB};
use test_kit::wait_until;

use super::{every_page, sign_in};
use crate::borrowing::{ORDER, cart, order};
use crate::scenery::furnished;
use crate::site::{ITEM, OTHER, OWNER, item};

/// How long the browser may take to go past the navigation.
const PATIENCE: Duration = Duration::from_secs(20);

/// More stops than any page has.
const STOPS: usize = 120;

const DOWN: &str = "\u{E015}";

/// Finds what keys lead to, and whether it shows that it has the focus. A card shows it for its link.
const LOOK: &str = "
    const outlined = (one) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    const shown = (one) => [one, one.closest('.card')].some((it) => it && outlined(it));
    const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]');
    const stops = [...all].filter((one) => one.tabIndex >= 0 && one.checkVisibility());";

/// The page's stops that do not show that they have the focus.
async fn unseen(browser: &Chromium) -> Value {
    // What a script focuses counts as reached by a key when what was focused before was.
    browser.press(TAB).await;
    let each = "return stops.filter((one) => { one.focus(); return !shown(one); }).map((one) => one.outerHTML);";
    browser.run(&format!("{LOOK} {each}")).await
}

/// Targets of less than 24 by 24 pixels, but for links in running text (WCAG 2.2, success criterion 2.5.8).
async fn small(browser: &Chromium) -> Value {
    let each = "return stops.filter((one) => {
        const { width, height } = (one.closest('label') ?? one).getBoundingClientRect();
        return getComputedStyle(one).display !== 'inline' && !one.matches('.skip') && (width < 24 || height < 24);
    }).map((one) => one.outerHTML);";
    browser.run(&format!("{LOOK} {each}")).await
}

/// Presses Tab until a selector's element has the focus. Every stop on the way shows that it has it.
async fn tab_to(browser: &Chromium, selector: &str) {
    let here = format!(
        "{LOOK} const one = document.activeElement;
         return {{ what: one.outerHTML.slice(0, 200), shown: one === document.body || shown(one), \
         there: one.matches({}) }};",
        json!(selector)
    );
    for _ in 0..STOPS {
        browser.press(TAB).await;
        let stop = browser.run(&here).await;
        assert_eq!(stop["shown"], true, "nobody sees that the focus is at {}", stop["what"]);
        if stop["there"] == true {
            return;
        }
    }
    panic!("no key leads to {selector}");
}

#[tokio::test]
async fn things_are_borrowed_and_offered_without_a_mouse() {
    let site = furnished().await;
    site.orders.answer(&format!("PUT /api/v1/cart/lines/{ITEM}"), 200, cart());
    site.orders.answer("POST /api/v1/orders", 202, order(OWNER, OTHER, "pending", "agreed"));
    site.inventory.answer("POST /api/v1/items", 201, item());
    let browser = Chromium::start().await;
    browser.open(&format!("{}/en", site.base())).await;
    tab_to(&browser, ".skip").await;
    browser.press(ENTER).await;
    wait_until("the focus past the navigation", PATIENCE, async || {
        browser.run("return document.activeElement.id;").await == "main"
    })
    .await;
    tab_to(&browser, "input[name=q]").await;
    browser.press(&format!("drill{ENTER}")).await;
    browser.arrives("/en/items?q=drill&category=").await;
    tab_to(&browser, ".card h3 a").await;
    browser.press(ENTER).await;
    browser.arrives(&format!("/en/items/{ITEM}")).await;
    for (field, day) in [("#from", "12012026"), ("#to", "12032026")] {
        tab_to(&browser, field).await;
        browser.press(day).await;
    }
    tab_to(&browser, ".choose .button").await;
    browser.press(" ").await;
    browser.arrives("?from=2026-12-01&to=2026-12-03&units=1#borrow").await;
    tab_to(&browser, &format!("form[action$='/cart/{ITEM}'] .button")).await;
    browser.press(" ").await;
    browser.arrives(&format!("/en/cart/{ITEM}")).await;
    tab_to(&browser, "#email").await;
    browser.press("ada@example.org").await;
    tab_to(&browser, "#password").await;
    browser.press(&format!("secret words{ENTER}")).await;
    browser.arrives("/en/cart").await;
    tab_to(&browser, "input[name=payment]").await;
    browser.press(DOWN).await;
    tab_to(&browser, "form[action$='/checkout'] .button").await;
    browser.press(" ").await;
    browser.arrives(&format!("/en/orders/{ORDER}?placed=1")).await;
    assert_eq!(site.orders.asked("POST /api/v1/orders")[0].body["payment"]["provider"], "test");

    browser.open(&format!("{}/en/offer", site.base())).await;
    tab_to(&browser, "#name").await;
    browser.press("Cordless drill").await;
    tab_to(&browser, "#category").await;
    browser.press(DOWN).await;
    tab_to(&browser, ".offer > .button").await;
    browser.press(ENTER).await;
    browser.arrives(&format!("/en/mine/{ITEM}?saved=1")).await;
    assert_eq!(site.inventory.asked("POST /api/v1/items")[0].body["category"], "power-tools");
    browser.quit().await;
}

#[tokio::test]
async fn whatever_keys_lead_to_is_seen_and_large_enough_on_every_page() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    sign_in(&browser, &site).await;
    for path in every_page() {
        for width in [390, 1280] {
            browser.look(width, "light").await;
            browser.open(&format!("{}{path}", site.base())).await;
            assert_eq!(unseen(&browser).await, json!([]), "{path} hides the focus");
            assert_eq!(small(&browser).await, json!([]), "{path} at {width} pixels");
        }
    }
    browser.quit().await;
}

#[tokio::test]
async fn a_hidden_focus_and_a_small_target_are_found() {
    let site = furnished().await;
    let browser = Chromium::start().await;
    browser.open(&format!("{}/en/register", site.base())).await;
    browser.run("document.querySelector('#email').style.outline = 'none';").await;
    let found = unseen(&browser).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    browser.run("document.querySelector('main .button').style.cssText = 'min-height: 0; height: 20px;';").await;
    let found = small(&browser).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    browser.quit().await;
}

#[tokio::test]
async fn nothing_moves_for_those_who_have_asked_for_less_motion() {
    const MOVING: &str = "return [...document.querySelectorAll('*')].filter((one) => {
        const { transitionDuration, animationName } = getComputedStyle(one);
        return animationName !== 'none' || transitionDuration.split(', ').some((time) => time !== '0s');
    }).length;";
    let site = furnished().await;
    let browser = Chromium::start().await;
    browser.open(&format!("{}/en", site.base())).await;
    assert_ne!(browser.run(MOVING).await, 0, "the control: buttons fade for everybody else");
    sign_in(&browser, &site).await;
    browser.less_motion().await;
    for path in every_page() {
        browser.open(&format!("{}{path}", site.base())).await;
        assert_eq!(browser.run(MOVING).await, 0, "{path}");
    }
    browser.quit().await;
}
