//! Debian's chromium as people use it, and what every page promises it.

use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::Client;
use crate::process::{Process, command};
use crate::wait_until;

mod promises;

pub use promises::{LOOKS, violations};

/// A busy machine takes its time to start a browser.
const START: Duration = Duration::from_secs(60);

/// How long a page may take to be what a journey waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keys without a letter (`WebDriver` of the W3C, §17.4.2).
pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";

/// chromedriver takes a port that is free on IPv6, and gives up when somebody has the same one on IPv4.
const STARTS: usize = 20;

/// What chromedriver says once it listens.
const LISTENING: &str = "ChromeDriver was started successfully on port ";

/// The key of a reference to an element (`WebDriver` of the W3C, §12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Debian's chromium without a window, driven by its chromedriver (`WebDriver` of the W3C). It ends with the test.
#[derive(Debug)]
pub struct Chromium {
    driver: Process,
    client: Client,
    session: String,
    runs_scripts: bool,
}

impl Chromium {
    /// Starts both on free ports.
    pub async fn start() -> Self {
        for (program, package) in [("chromium", "chromium"), ("chromedriver", "chromium-driver")] {
            let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
            assert!(
                there,
                "{program} is missing: install Debian's package {package}, or run `cargo xtask test --install`"
            );
        }
        let (driver, port) = driver().await;
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
        let options = json!({
            "browserName": "chrome", "goog:chromeOptions": { "args": args }, "goog:loggingPrefs": { "browser": "ALL" },
        });
        let begun = client.post("/session", &json!({ "capabilities": { "alwaysMatch": options } })).await.expect(200);
        let session = begun.json()["value"]["sessionId"].as_str().expect("a text").to_owned();
        let browser = Self { driver, client, session, runs_scripts: true };
        browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": promises::WATCH })).await;
        browser
    }

    /// A command of the Chrome `DevTools` Protocol.
    pub async fn tell(&self, command: &str, parameters: Value) {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    /// Shows pages in a window of this width, by daylight or in the dark.
    pub async fn look(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tell("Emulation.setEmulatedMedia", scheme).await;
    }

    /// From now on pages run no scripts of theirs.
    pub async fn without_scripts(&mut self) {
        self.runs_scripts = false;
        self.allow_scripts(false).await;
    }

    /// From now on the visitor has asked for less motion.
    pub async fn less_motion(&self) {
        let motion = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        self.tell("Emulation.setEmulatedMedia", motion).await;
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.ask("url", json!({ "url": url })).await;
    }

    /// Where it is.
    pub async fn url(&self) -> String {
        let answer = self.client.get(&self.path("url")).await.expect(200);
        answer.json()["value"].as_str().expect("a text").to_owned()
    }

    /// What the body of a function returns that runs in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// What the body of a function hands to its last argument.
    pub async fn run_async(&self, script: &str) -> Value {
        self.ask("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// Types into the field that a selector finds, over what is in it.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/clear"), json!({})).await;
        self.ask(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Types into the element that a selector finds, be it a field of files.
    pub async fn keys(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Clicks on the element that a selector finds.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.ask(&format!("element/{element}/click"), json!({})).await;
    }

    /// Presses keys one after the other, wherever the focus is; [`TAB`] and its like stand for those without a letter.
    pub async fn press(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|stroke| json!({ "type": stroke, "value": key.to_string() })));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>() });
        self.ask("actions", json!({ "actions": [keyboard] })).await;
    }

    /// What the pages have logged since this was asked last, messages of the browser about them included.
    pub async fn log(&self) -> Vec<String> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until the page's address ends so.
    pub async fn arrives(&self, end: &str) {
        wait_until(&format!("a page at {end}"), PATIENCE, async || self.url().await.ends_with(end)).await;
    }

    /// The text of the page, as it is read.
    pub async fn text(&self) -> String {
        let answer = self.client.get(&self.path("source")).await.expect(200);
        answer.json()["value"].as_str().expect("a text").to_owned()
    }

    /// The window as a PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let answer = self.client.get(&self.path("screenshot")).await.expect(200);
        STANDARD.decode(answer.json()["value"].as_str().expect("a text")).expect("base64")
    }

    /// Ends the browser, and then its driver.
    pub async fn quit(mut self) {
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
        found.expect("it was found")
    }

    async fn allow_scripts(&self, allowed: bool) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed })).await;
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        self.client.post(&self.path(path), &body).await.expect(200).json()["value"].clone()
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}/{rest}", self.session)
    }
}

/// A running chromedriver, and its port.
async fn driver() -> (Process, String) {
    for _ in 0..STARTS {
        let mut driver = Process::start(command("chromedriver").arg("--port=0"));
        wait_until("chromedriver to listen, or to end", START, async || {
            port(&driver).is_some() || driver.exit_status().is_some()
        })
        .await;
        if let Some(port) = port(&driver) {
            return (driver, port);
        }
    }
    panic!("chromedriver found no free port in {STARTS} starts");
}

fn port(driver: &Process) -> Option<String> {
    let stdout = driver.stdout();
    let line = stdout.lines().find_map(|line| line.strip_prefix(LISTENING))?;
    Some(line.trim_end_matches('.').to_owned())
}
