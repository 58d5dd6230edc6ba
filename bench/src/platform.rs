use std::env;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use test_kit::http::Client;
use test_kit::process::{self, Process};

const DEADLINE: Duration = Duration::from_mins(1);

/// A running `lendery up --demo`, built as this program, on free ports.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) process: Process,
    pub(crate) base: String,
    /// From the start of the program to its ready line.
    pub(crate) ready_after: Duration,
}

impl Platform {
    /// Starts the program on `data`.
    pub(crate) async fn start(data: &Path) -> Result<Self> {
        let program = built()?.join("lendery");
        ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
        let mut command = process::command(program);
        command
            .args(["up", "--demo", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data-dir"])
            .arg(data);
        let started = Instant::now();
        let mut process = Process::start(&mut command);
        let base = process.ready(DEADLINE).await;
        Ok(Self { process, base, ready_after: started.elapsed() })
    }

    /// An anonymous client of its web address.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// A client that is logged in as the first demo member.
    pub(crate) async fn member(&self) -> Result<Client> {
        let (email, password) = login(&self.process.stdout()).context("no demo login was printed")?;
        let session = self.client().post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await;
        let token = session.expect(200).json()["access_token"].as_str().context("a login has a token")?.to_owned();
        Ok(self.client().with_token(token))
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let status = self.process.terminate(DEADLINE).await;
        ensure!(status.success(), "lendery ended with {status}\n{}", self.process.stderr());
        Ok(())
    }
}

/// An empty directory beside the build, so that it is on a disk rather than in memory.
pub(crate) fn directory() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("bench.").tempdir_in(built()?)?)
}

/// Where Cargo puts what it builds as this program.
pub(crate) fn built() -> Result<PathBuf> {
    Ok(env::current_exe()?.parent().context("a program lies in a directory")?.to_owned())
}

/// The first line with an e-mail address and, after it, a password.
fn login(output: &str) -> Option<(String, String)> {
    output.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| !word.contains('@'));
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_wherever_its_line_begins() {
        let output = "web  http://127.0.0.1:1\n  ada@example.org  correct-horse\n  bob@example.org  battery\nready …";
        assert_eq!(login(output), Some(("ada@example.org".into(), "correct-horse".into())));
        assert_eq!(login("ready http://127.0.0.1:1"), None);
        assert_eq!(login("write to ada@example.org"), None);
    }
}
