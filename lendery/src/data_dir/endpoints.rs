use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::DataDir;

/// Where the running services of a data directory listen, for commands that work beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) pid: u32,
    pub(crate) users: SocketAddr,
    pub(crate) inventory: SocketAddr,
    pub(crate) payments: SocketAddr,
    pub(crate) orders: SocketAddr,
    pub(crate) pages: SocketAddr,
    /// None while a command runs the services for itself only.
    pub(crate) web: Option<SocketAddr>,
    pub(crate) ops: Option<SocketAddr>,
}

const FILE: &str = "run/endpoints.json";

impl Endpoints {
    /// What the last process to start here has written; whether it still runs, the lock tells.
    pub(crate) fn read(data_dir: &DataDir) -> Option<Self> {
        let text = std::fs::read(data_dir.path().join(FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Publishes them in one step, so that nobody reads half a file.
    pub(crate) fn write(&self, data_dir: &DataDir) -> anyhow::Result<()> {
        let path = data_dir.path().join(FILE);
        let draft = path.with_extension("json.new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .with_context(|| format!("cannot write {}", draft.display()))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(&draft, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Takes them back; what is not there need not be removed.
    pub(crate) fn remove(data_dir: &DataDir) {
        if let Err(error) = std::fs::remove_file(data_dir.path().join(FILE)) {
            tracing::debug!(error = %error, "endpoints not removed");
        }
    }
}
