//! LocalSetup.md, read as a program: its indented commands are run as they are written there, so that one that is edited is run as
//! edited.
//!
//! What differs from a reader's machine is said by a few lines in front: `cargo run --release --` is the `lendery` that the tests have
//! built, `FIRST_PORT` and `BIN` are set as LocalSetup.md says they may be, and addresses and folders of the page are replaced by free
//! and temporary ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{finished, in_clean_environment, programs, text};

/// Where the page has the gateways of the production topology.
const FIRST_PORT: u16 = 8100;

/// `cargo` as the page uses it.
const CARGO: &str = r#"cargo() {
    case "$1 $2 $3" in
    "run --release --") shift 3; if [ "$1" = up ]; then exec "$LENDERY" "$@"; fi; "$LENDERY" "$@" ;;
    "build --release --workspace") : ;;
    *) echo "this page has no such cargo command: $*" >&2; return 2 ;;
    esac
}
"#;

/// A place to try the page out.
pub(crate) struct Reader {
    /// Where the commands are run; `./data` is in it.
    pub(crate) folder: PathBuf,
    /// Where the production topology listens.
    pub(crate) first_port: u16,
    /// Where `lendery up` listens, once it does.
    pub(crate) web: Option<String>,
}

/// The commands below a heading of the page, block by block.
pub(crate) fn commands(heading: &str) -> Vec<String> {
    let page = std::fs::read_to_string(root().join("LocalSetup.md")).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in section.lines() {
        match line.strip_prefix("    ") {
            Some(command) if inside => blocks.last_mut().unwrap().extend([command, "\n"]),
            Some(command) => blocks.push(format!("{command}\n")),
            None => {}
        }
        inside = line.starts_with("    ");
    }
    assert!(!blocks.is_empty(), "{heading} has no commands");
    blocks
}

impl Reader {
    /// Sits down in a folder, from which the page's paths into this repository lead where they should.
    pub(crate) fn in_folder(folder: &Path, first_port: u16) -> Self {
        for room in ["deploy", "redis-cluster"] {
            std::os::unix::fs::symlink(root().join(room), folder.join(room)).unwrap();
        }
        Self { folder: folder.to_owned(), first_port, web: None }
    }

    /// Types a block in, and ends with what it prints; every one of its commands has to succeed.
    pub(crate) async fn types(&self, block: &str) -> String {
        let output = finished(self.shell(block)).await;
        let said = text(&output.stdout);
        assert!(output.status.success(), "{block}\n{said}{}", text(&output.stderr));
        said
    }

    /// Whether a block fails.
    pub(crate) async fn fails_with(&self, block: &str) -> bool {
        !finished(self.shell(block)).await.status.success()
    }

    /// A shell that runs a block and stops at the first command that fails.
    pub(crate) fn shell(&self, block: &str) -> Command {
        let mut command = in_clean_environment("sh");
        command.args(["-eu", "-c", &format!("{CARGO}{}", self.here(block))]).current_dir(&self.folder);
        command.env("LENDERY", programs().join("lendery"));
        command.env("BIN", programs()).env("FIRST_PORT", self.first_port.to_string());
        command.env("LENDERY_LISTEN", "127.0.0.1:0").env("LENDERY_OPS_LISTEN", "127.0.0.1:0");
        // The schedule is out of the way: the page starts the runs that it talks about.
        command.env("LENDERY_ETL_SCHEDULE", "0 0 1 1 *");
        command
    }

    /// A folder of the page, `/tmp/lendery…`, as it is here.
    pub(crate) fn topology(&self) -> PathBuf {
        self.folder.join("lendery")
    }

    fn here(&self, block: &str) -> String {
        let folder = self.folder.display().to_string();
        let mut block = block.replace("/tmp/lendery", &format!("{folder}/lendery"));
        if let Some(web) = &self.web {
            block = block.replace("http://127.0.0.1:8080", web);
        }
        for offset in 0..100 {
            let [there, here] = [FIRST_PORT, self.first_port].map(|first| format!("127.0.0.1:{}", first + offset));
            // Addresses of both may be the same text, so that one is marked as done.
            block = block.replace(&there, &here.replace("127.0.0.1", "127.0.0.1\u{1}"));
        }
        block.replace('\u{1}', "")
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}
