use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_kit::http::Client;
use test_kit::process::{Process, command};
use test_kit::wait_until;

/// A busy machine takes its time to start a browser.
const START: Duration = Duration::from_secs(60);

/// How long a page may take to be what a journey waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What chromedriver says once it listens.
const LISTENING: &str = "ChromeDriver was started successfully on port ";

/// The key of a reference to an element (`WebDriver` of the W3C, §12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Counts what a page must not do, from before its first byte on.
const WATCH: &str = "
    window.seen = { violations: [], shift: 0 };
    document.addEventListener('securitypolicyviolation',
        (event) => window.seen.violations.push(event.violatedDirective + ' ' + event.blockedURI));
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) { window.seen.shift += entry.value; }
    }).observe({ type: 'layout-shift', buffered: true });";

/// Debian's chromium without a window, driven by its chromedriver (`WebDriver` of the W3C). It ends with the test.
pub(crate) struct Chromium {
    driver: Process,
    client: Client,
    session: String,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        for (program, package) in [("chromium", "chromium"), ("chromedriver", "chromium-driver")] {
            let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
            assert!(
                there,
                "{program} is missing: install Debian's package {package}, or run `cargo xtask test --install`"
            );
        }
        let mut driver = Process::start(command("chromedriver").arg("--port=0"));
        let line = driver.stdout_line(LISTENING, START).await;
        let port = line.trim_start_matches(LISTENING).trim_end_matches('.');
        let client = Client::new(format!("http://127.0.0.1:{port}"));
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--lang=en-US",
            // So that the browser ends when its driver does.
            "--remote-debugging-pipe",
        ];
        let options = json!({ "browserName": "chrome", "goog:chromeOptions": { "args": args } });
        let begun = client.post("/session", &json!({ "capabilities": { "alwaysMatch": options } })).await.expect(200);
        let session = begun.json()["value"]["sessionId"].as_str().unwrap().to_owned();
        let browser = Self { driver, client, session };
        browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
        browser
    }

    /// A command of the Chrome `DevTools` Protocol.
    pub(crate) async fn tell(&self, command: &str, parameters: Value) {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    /// Shows pages in a window of this width, by daylight or in the dark.
    pub(crate) async fn look(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tell("Emulation.setEmulatedMedia", scheme).await;
    }

    /// From now on pages run no scripts of theirs.
    pub(crate) async fn without_scripts(&self) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    pub(crate) async fn open(&self, url: &str) {
        self.ask("url", json!({ "url": url })).await;
    }

    pub(crate) async fn url(&self) -> String {
        let answer = self.client.get(&self.path("url")).await.expect(200);
        answer.json()["value"].as_str().unwrap().to_owned()
    }

    /// What the body of a function returns that runs in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// What the body of a function hands to its last argument.
    pub(crate) async fn run_async(&self, script: &str) -> Value {
        self.ask("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Types into the field that a selector finds, over what is in it.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/clear"), json!({})).await;
        self.ask(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Types into the element that a selector finds, be it a field of files.
    pub(crate) async fn keys(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/click"), json!({})).await;
    }

    /// Waits until the page's address ends so.
    pub(crate) async fn arrives(&self, end: &str) {
        wait_until(&format!("a page at {end}"), PATIENCE, async || self.url().await.ends_with(end)).await;
    }

    /// The text of the page, as it is read.
    pub(crate) async fn text(&self) -> String {
        let answer = self.client.get(&self.path("source")).await.expect(200);
        answer.json()["value"].as_str().unwrap().to_owned()
    }

    /// The window as a PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        let answer = self.client.get(&self.path("screenshot")).await.expect(200);
        STANDARD.decode(answer.json()["value"].as_str().unwrap()).unwrap()
    }

    /// Ends the browser, and then its driver.
    pub(crate) async fn quit(mut self) {
        self.client.delete(&format!("/session/{}", self.session), "").await.expect(200);
        self.driver.stop(PATIENCE);
    }

    /// The element that a selector finds, as soon as it is there.
    async fn find(&self, selector: &str) -> String {
        let mut found = None;
        wait_until(&format!("an element {selector}"), PATIENCE, async || {
            let query = json!({ "using": "css selector", "value": selector });
            let answer = self.client.post(&self.path("element"), &query).await;
            found = answer.json()["value"][ELEMENT].as_str().map(ToOwned::to_owned);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        self.client.post(&self.path(path), &body).await.expect(200).json()["value"].clone()
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}/{rest}", self.session)
    }
}
