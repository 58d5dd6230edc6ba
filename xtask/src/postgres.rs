use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::servers;

/// Starts a server and, when its standard input ends, stops it; the test kit runs the same script.
const SCRIPT: &str = "crates/test-kit/postgres.sh";

/// The variable by which the test kit finds the server that all tests share.
pub(crate) const SHARED_POSTGRES: &str = "LENDERY_TEST_POSTGRES";

/// How the script ends when there is no server to start.
const NOT_INSTALLED: i32 = 3;

/// The PostgreSQL server that all tests of a run share; it ends when this value is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    keeper: Child,
}

impl Server {
    /// Starts the installed server; first installs it and the other servers where one of them is missing and that is allowed.
    pub(crate) fn start_or_install(root: &Path) -> Result<Self> {
        if servers::are_installed()
            && let Some(server) = Self::start(root)?
        {
            return Ok(server);
        }
        servers::install(root)?;
        Self::start(root)?.context("PostgreSQL was installed and is still not there")
    }

    fn start(root: &Path) -> Result<Option<Self>> {
        let mut command = Command::new("sh");
        command.arg(root.join(SCRIPT)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C reaches this process's group; the keeper cleans up afterwards.
        let mut keeper = command.process_group(0).spawn().context("sh")?;
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().context("a pipe")?).read_line(&mut url)?;
        if !url.is_empty() {
            return Ok(Some(Self { url: url.trim_end().to_owned(), keeper }));
        }
        let mut reason = String::new();
        keeper.stderr.take().context("a pipe")?.read_to_string(&mut reason)?;
        println!("{}", reason.trim_end());
        match keeper.wait()?.code() {
            Some(NOT_INSTALLED) => Ok(None),
            _ => bail!("PostgreSQL does not start"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The script ends once the server has; a failure to wait leaves nothing else to do.
        let _ = self.keeper.wait();
    }
}
