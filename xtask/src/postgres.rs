use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::child;

/// Starts a server and, when its standard input ends, stops it; the test kit runs the same script.
const SCRIPT: &str = "crates/test-kit/postgres.sh";

/// The variable by which the test kit finds the server that all tests share.
pub(crate) const SHARED_POSTGRES: &str = "LENDERY_TEST_POSTGRES";

/// How the script ends when there is no server to start.
const NOT_INSTALLED: i32 = 3;

/// Keeps Debian from starting a server of its own while its package is installed.
const NO_MAIN_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/lendery.conf";

/// The PostgreSQL server that all tests of a run share; it ends when this value is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    keeper: Child,
}

impl Server {
    /// Starts the installed server. On Debian, as root, first installs it and Redis, which tests start themselves, when one
    /// of them is missing.
    pub(crate) fn start_or_install(root: &Path) -> Result<Self> {
        if child::available("redis-server", &[])
            && let Some(server) = Self::start(root)?
        {
            return Ok(server);
        }
        if !is_root_on_debian() {
            bail!("install PostgreSQL's server and redis-server, then run this again");
        }
        install(root)?;
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

fn is_root_on_debian() -> bool {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    is_root && child::available("apt-get", &[])
}

fn install(root: &Path) -> Result<()> {
    let file = Path::new(NO_MAIN_CLUSTER);
    fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
    fs::write(file, "create_main_cluster = false\n")?;
    let installed = apt_get(root, &["update"])
        .and_then(|()| apt_get(root, &["install", "--yes", "--no-install-recommends", "postgresql", "redis-server"]));
    fs::remove_file(file)?;
    installed
}

fn apt_get(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = child::command(root, "apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    child::run(command)
}
