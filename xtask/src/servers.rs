//! The programs that tests run, and their installation where that is allowed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::child;

/// What tests need besides PostgreSQL.
const PROGRAMS: [Program; 6] = [
    Program { name: "chromedriver", arguments: &[], package: "chromium-driver" },
    Program { name: "chromium", arguments: &[], package: "chromium" },
    Program { name: "nats-server", arguments: &[], package: "nats-server" },
    Program { name: "promtool", arguments: &[], package: "prometheus" },
    Program { name: "python3", arguments: &["-m", "ensurepip"], package: "python3-venv" },
    Program { name: "redis-server", arguments: &[], package: "redis-server" },
];

/// What only the proofs that take minutes need, for an object store that is made for Node.js.
const NPM: Program = Program { name: "npm", arguments: &[], package: "npm" };

/// A program that is there when it answers `--version` after its arguments.
#[derive(Debug, Clone, Copy)]
struct Program {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The Debian package that it is in.
    package: &'static str,
}

/// Keeps Debian from making a database cluster of its own while PostgreSQL's package is installed.
const NO_MAIN_CLUSTER: (&str, &str) =
    ("/etc/postgresql-common/createcluster.d/lendery.conf", "create_main_cluster = false\n");

/// Keeps Debian from starting what it installs (invoke-rc.d's policy layer: 101 forbids the action).
const NO_START: (&str, &str) = ("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");

/// Whether the programs besides PostgreSQL's are there.
pub(crate) fn are_installed() -> bool {
    PROGRAMS.iter().all(|program| child::available(program.name, program.arguments))
}

/// Installs PostgreSQL and all of them, on Debian as root; elsewhere says what to install.
pub(crate) fn install(root: &Path) -> Result<()> {
    let packages = PROGRAMS.map(|program| program.package);
    if !is_root_on_debian() {
        bail!("install PostgreSQL's server and these, then run this again: {}", packages.join(", "));
    }
    let no_cluster = Placed::put(NO_MAIN_CLUSTER)?;
    let no_start = Placed::put(NO_START)?;
    apt_get_install(root, &[&["postgresql"], &packages[..]].concat())?;
    drop((no_cluster, no_start));
    Ok(())
}

/// Installs npm where it is missing, as [`install`] does.
pub(crate) fn install_npm(root: &Path) -> Result<()> {
    if child::available(NPM.name, NPM.arguments) {
        return Ok(());
    }
    if !is_root_on_debian() {
        bail!("install {}, then run this again", NPM.package);
    }
    apt_get_install(root, &[NPM.package])
}

/// A file that is there for as long as this value, unless somebody else's was there before.
#[derive(Debug)]
struct Placed(Option<&'static Path>);

impl Placed {
    fn put((path, text): (&'static str, &str)) -> Result<Self> {
        let path = Path::new(path);
        if path.exists() {
            return Ok(Self(None));
        }
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(path, text).with_context(|| path.display().to_string())?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        Ok(Self(Some(path)))
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            // What cannot be removed was made by this user a moment ago; there is nothing else to do about it.
            let _ = fs::remove_file(path);
        }
    }
}

fn is_root_on_debian() -> bool {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    is_root && child::available("apt-get", &[])
}

fn apt_get_install(root: &Path, packages: &[&str]) -> Result<()> {
    apt_get(root, &["update"])?;
    apt_get(root, &[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = child::command(root, "apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    child::run(command)
}
