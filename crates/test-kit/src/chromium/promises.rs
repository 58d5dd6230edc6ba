use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Chromium;

/// Counts what a page must not do, from before its first byte on.
pub(super) const WATCH: &str = "
    window.seen = { violations: [], shift: 0 };
    document.addEventListener('securitypolicyviolation',
        (event) => window.seen.violations.push(event.violatedDirective + ' ' + event.blockedURI));
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) { window.seen.shift += entry.value; }
    }).observe({ type: 'layout-shift', buffered: true });";

/// What axe-core is asked: WCAG 2.2 AA, and all that it is built on.
const AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");
const TAGS: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// The most bytes of a page's HTML as they are sent, compressed or not.
const PAGE_BYTES: u64 = 30_000;

/// How the browser names what it has kept a page from.
const POLICY: &str = "Content Security Policy";

/// A telephone by day, and a desk by night.
pub const LOOKS: [(u32, &str); 2] = [(390, "light"), (1280, "dark")];

impl Chromium {
    /// Shows the page in each of [`LOOKS`] and keeps a picture of it as `folder/name-width.png`.
    pub async fn keep(&self, folder: &Path, name: &str) {
        fs::create_dir_all(folder).expect("a folder for pictures");
        for (width, scheme) in LOOKS {
            self.look(width, scheme).await;
            fs::write(folder.join(format!("{name}-{width}.png")), self.screenshot().await).expect("a picture is kept");
        }
    }

    /// Holds the page to what all pages promise, whether it may run scripts or not: it breaks its policy nowhere, does not move
    /// while it loads, is not wider than its window nor heavier than allowed, and axe-core finds nothing.
    pub async fn holds(&self, what: &str) {
        let log: Vec<_> = self.log().await.into_iter().filter(|message| message.contains(POLICY)).collect();
        assert!(log.is_empty(), "{what} breaks its own policy: {log:?}");
        let seen = self
            .run(
                "const navigation = performance.getEntriesByType('navigation')[0];
                 return { ...window.seen, over: document.documentElement.scrollWidth - innerWidth,
                          bytes: navigation.encodedBodySize };",
            )
            .await;
        // Where pages run no scripts nothing has counted.
        let counted = |name: &str| seen[name].as_f64().unwrap_or_default();
        assert_eq!(seen["violations"].as_array().map_or(0, Vec::len), 0, "{what} breaks its own policy: {seen}");
        assert!(counted("shift").abs() < f64::EPSILON, "{what} moves while it loads: {seen}");
        assert!(counted("over") <= 0.0, "{what} is wider than its window: {seen}");
        assert!(
            seen["bytes"].as_u64().is_some_and(|bytes| bytes > 0 && bytes <= PAGE_BYTES),
            "{what} is heavy: {seen}"
        );
        assert_eq!(violations(self).await, json!([]), "{what} is not accessible");
    }
}

/// What axe-core finds wrong with the page: the rule, and where.
pub async fn violations(browser: &Chromium) -> Value {
    browser.run(AXE).await;
    let script = format!(
        "const done = arguments[arguments.length - 1];
         axe.run(document, {{ runOnly: {{ type: 'tag', values: {TAGS} }}, resultTypes: ['violations'] }})
            .then((found) => done(found.violations.map((one) => [one.id, ...one.nodes.map((node) => node.html)])),
                  (error) => done(String(error)));"
    );
    // axe-core waits for what it has begun, which takes scripts; the page is what it became without them.
    browser.allow_scripts(true).await;
    let found = browser.run_async(&script).await;
    browser.allow_scripts(browser.runs_scripts).await;
    found
}
