use std::path::{Path, PathBuf};

use tempfile::TempDir;
use test_kit::chromium::{Chromium, LOOKS};
use test_kit::http::send;
use test_kit::wait_until;

use super::people::{OPERATOR, Person};
use crate::platform::{Platform, START};

/// Whoever sits in front of the browser.
pub(super) struct Visitor {
    pub(super) browser: Chromium,
    platform: Platform,
    journey: &'static str,
    _directory: TempDir,
}

impl Visitor {
    pub(super) async fn arrives(journey: &'static str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The demo has the test bank, and things among which ours is to be found.
        let platform = Platform::up_with(directory.path(), &["--demo"]).await;
        Self { browser: Chromium::start().await, platform, journey, _directory: directory }
    }

    pub(super) async fn arrives_without_scripts(journey: &'static str) -> Self {
        let mut visitor = Self::arrives(journey).await;
        visitor.browser.without_scripts().await;
        visitor
    }

    /// The first administrator comes by the link that was printed.
    pub(super) async fn platform_gets_an_operator(&self) {
        let printed = self.platform.printed();
        let token = printed.split_once("/setup?token=").expect("a link").1.split_whitespace().next().unwrap();
        let Person { name, email, password } = OPERATOR;
        let form = format!("token={token}&email={email}&password={password}&display_name={name}").replace(' ', "+");
        let request = self.platform.web.request(reqwest::Method::POST, "/setup");
        send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await.expect(200);
    }

    /// The gateway answers for the start page.
    pub(super) async fn start_page_is_kept(&self) {
        wait_until("the start page to be kept", START, async || {
            let answer = self.platform.web.get("/en").await.expect(200);
            answer.header("cache-status").is_some_and(|status| status.contains("; hit"))
        })
        .await;
        self.opens("/en").await;
        self.step("home").await;
    }

    pub(super) async fn joins(&self, person: Person) {
        self.opens("/en/register").await;
        self.browser.fill("#display_name", person.name).await;
        self.signs(person).await;
        self.browser.arrives("/en/mine?joined=1").await;
    }

    pub(super) async fn signs_in(&self, person: Person) {
        self.opens("/en/sign-in").await;
        self.signs(person).await;
        self.browser.arrives("/en/mine").await;
    }

    async fn signs(&self, person: Person) {
        self.browser.fill("#email", person.email).await;
        self.browser.fill("#password", person.password).await;
        self.browser.click("main .button").await;
    }

    pub(super) async fn leaves(&self) {
        self.browser.click("form[action$=sign-out] button").await;
        self.browser.arrives("/en").await;
    }

    pub(super) async fn opens(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.platform.web.base())).await;
    }

    /// Waits until a page is there whose address has this in it.
    pub(super) async fn comes_to(&self, part: &str) {
        wait_until(&format!("a page of {part}"), START, async || self.browser.url().await.contains(part)).await;
    }

    /// The path of the page without its parameters.
    pub(super) async fn here(&self) -> String {
        let url = self.browser.url().await;
        let path = url.trim_start_matches(self.platform.web.base());
        path.split(['?', '#']).next().unwrap().to_owned()
    }

    /// Opens a page again and again, until it says so.
    pub(super) async fn comes_to_read(&self, path: &str, words: &str) {
        self.comes_to_see(path, words, |_| true).await;
    }

    /// Opens an order's page again and again, until it says so and nothing of it is under way: what happens later would be
    /// shown by the page itself, and move it.
    pub(super) async fn rests_at(&self, order: &str, state: &str) {
        self.comes_to_see(order, state, |page| !page.contains("Something is under way")).await;
    }

    async fn comes_to_see(&self, path: &str, words: &str, is_right: impl Fn(&str) -> bool) {
        wait_until(&format!("{path} to say {words:?}"), START, async || {
            self.opens(path).await;
            let page = self.browser.text().await;
            page.contains(&format!(">{words}<")) && is_right(&page)
        })
        .await;
    }

    /// Holds the page to what all pages promise, as each of the looks loads it, and keeps pictures of it.
    pub(super) async fn step(&self, name: &str) {
        let url = self.browser.url().await;
        for (width, scheme) in LOOKS {
            self.browser.look(width, scheme).await;
            self.browser.open("about:blank").await;
            self.browser.open(&url).await;
            self.browser.holds(&format!("{name} of {} at {width} pixels", self.journey)).await;
        }
        self.browser.keep(&pictures(), &format!("{}-{name}", self.journey)).await;
    }

    /// Today and the days after it, where the thing of this name is.
    pub(super) async fn days_of(&self, name: &str) -> Vec<String> {
        let found = self.platform.web.get(&format!("/api/v1/items?q={}", name.replace(' ', "+"))).await;
        let found = found.expect(200).json();
        let id = found["items"][0]["id"].as_str().expect("it is found");
        let path = format!("/api/v1/items/{id}/availability");
        let days = self.platform.web.get(&path).await.expect(200).json();
        let days = days["days"].as_array().unwrap().iter();
        days.map(|day| day["date"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn goes_home(self) {
        self.browser.quit().await;
        assert!(self.platform.stop().await);
    }
}

/// A date as it is typed into an American browser: month, day, year.
pub(super) fn typed(date: &str) -> String {
    let parts: Vec<&str> = date.split('-').collect();
    [parts[1], parts[2], parts[0]].concat()
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("journeys")
}
