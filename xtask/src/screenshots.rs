//! The pictures of the README: a demo on a free port, seen by Debian's chromium.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::child;
use crate::workspace::Workspace;

/// Where the pictures are kept.
const FOLDER: &str = "docs/images";

/// What a picture may weigh, so that whoever clones the repository does not carry them.
const MOST_BYTES: u64 = 300_000;

const BROWSER: [&str; 4] = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];

/// What the demo prints, with its address, once it serves.
const READY: &str = "ready ";

/// Where the way to a thing begins in a page.
const TO_A_THING: &str = "/en/items/";

/// A running demo, and its data; both are gone when it is dropped.
struct Demo {
    child: Child,
    data: PathBuf,
    base: String,
}

/// Takes the pictures from `program`, or from what is built now.
pub(crate) fn take(workspace: &Workspace, program: Option<PathBuf>) -> Result<()> {
    ensure!(child::available("chromium", &[]), "chromium is missing: `apt-get install chromium`");
    let program = program.map_or_else(|| build(workspace), Ok)?;
    let demo = Demo::start(workspace, &program)?;
    let found = dom(workspace, &format!("{}/en/items?q=cargo+bike", demo.base))?;
    let thing = thing(&found).context("the demo has no cargo bike")?;
    for (name, path) in [("home", "/en"), ("item", thing)] {
        let picture = workspace.root.join(FOLDER).join(format!("{name}.png"));
        fs::create_dir_all(workspace.root.join(FOLDER))?;
        photograph(workspace, &format!("{}{path}", demo.base), &picture)?;
        let bytes = fs::metadata(&picture)?.len();
        ensure!(bytes < MOST_BYTES, "{} has {bytes} bytes, more than {MOST_BYTES}", picture.display());
        println!("{} ({bytes} bytes)", picture.display());
    }
    Ok(())
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    child::run(child::command(&workspace.root, "cargo", &["build", "--workspace", "--bins"]))?;
    Ok(workspace.target.join("debug/lendery"))
}

impl Demo {
    fn start(workspace: &Workspace, program: &Path) -> Result<Self> {
        let data = workspace.target.join("screenshots");
        remove(&data)?;
        let program = program.to_str().context("the program's path is text")?;
        let mut command =
            child::command(&workspace.root, program, &["up", "--demo", "--listen", "127.0.0.1:0", "--ops-listen"]);
        command.args(["127.0.0.1:0", "--data-dir"]).arg(&data).stdout(Stdio::piped());
        let mut demo = Self { child: command.spawn().context("the demo does not start")?, data, base: String::new() };
        for line in BufReader::new(demo.child.stdout.take().context("a pipe")?).lines() {
            if let Some(base) = line?.strip_prefix(READY) {
                base.trim().clone_into(&mut demo.base);
                return Ok(demo);
            }
        }
        anyhow::bail!("the demo ended before it was ready")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It is being thrown away, and so is what it kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = remove(&self.data);
    }
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

/// The window at this address as a PNG of 1,280 by 1,200 pixels.
fn photograph(workspace: &Workspace, url: &str, picture: &Path) -> Result<()> {
    let mut browser = browser(workspace);
    browser.arg("--window-size=1280,1200").arg(format!("--screenshot={}", picture.display())).arg(url);
    child::run(browser)
}

/// The page at this address as the browser has it in the end.
fn dom(workspace: &Workspace, url: &str) -> Result<String> {
    let output = browser(workspace).args(["--dump-dom", url]).output().context("chromium")?;
    ensure!(output.status.success(), "chromium: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn browser(workspace: &Workspace) -> Command {
    let mut browser = child::command(&workspace.root, "chromium", &BROWSER);
    browser.stderr(Stdio::null());
    browser
}

/// The path of the first thing that a page leads to.
fn thing(page: &str) -> Option<&str> {
    let rest = &page[page.find(TO_A_THING)?..];
    rest.split(['"', '?', '#']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_of_a_page_is_found() {
        let page = "<a href=\"/en/items\">All</a><a href=\"/en/items/0189-a\">Bike</a><a href=\"/en/items/0189-b\">";
        assert_eq!(thing(page), Some("/en/items/0189-a"));
        assert_eq!(thing("<a href=\"/en/items\">All</a>"), None);
    }
}
