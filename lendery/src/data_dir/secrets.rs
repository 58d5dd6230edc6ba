use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::credential::CredentialSource;
use service_kit::randomness::Randomness;
use vocabulary::Secret;

use super::DataDir;

const SERVICE_CREDENTIAL: &str = "service-credential";

/// Shorter ones could be guessed.
const LEAST_CHARACTERS: usize = 32;

/// The secrets of a data directory, made at the first start and kept in files that only this user can read.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    /// By which the services know each other. Its file may hold another one on a second line while it is changed.
    pub(crate) service_credential: Secret,
    /// Turns ids into the pseudonyms of the warehouse.
    pub(crate) warehouse_key: Secret,
    /// Seals the session cookies of the pages.
    pub(crate) session_key: Secret,
    folder: PathBuf,
}

impl Secrets {
    /// Reads them, and makes those that are missing.
    pub(crate) fn open(data_dir: &DataDir) -> anyhow::Result<Self> {
        let folder = data_dir.path().join("secrets");
        let open = |name: &str, most_lines| open_or_make(&folder.join(name), most_lines);
        Ok(Self {
            service_credential: open(SERVICE_CREDENTIAL, 2)?,
            warehouse_key: open("warehouse-key", 1)?,
            session_key: open("session-key", 1)?,
            folder,
        })
    }

    /// Where the services read the credential again when it changes.
    pub(crate) fn credential_source(&self) -> CredentialSource {
        CredentialSource {
            prefix: "LENDERY",
            path: self.folder.join(SERVICE_CREDENTIAL),
            current: Secret::default(),
            previous: Secret::default(),
        }
    }
}

/// A secret appears under its name only once all of it is on the disk, so that a crash leaves none or a whole one.
fn open_or_make(path: &Path, most_lines: usize) -> anyhow::Result<Secret> {
    if !path.exists() {
        let draft = path.with_extension("new");
        make(&draft).and_then(|()| std::fs::rename(&draft, path)).and_then(|()| sync_folder(path)).with_context(
            || format!("cannot write the secret {}; make the folder writable for this user", path.display()),
        )?;
    }
    read(path, most_lines)
}

/// 256 random bits, as text.
fn make(path: &Path) -> std::io::Result<()> {
    let text = URL_SAFE_NO_PAD.encode(Randomness::system().bytes::<32>());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The secret on the first line.
fn read(path: &Path, most_lines: usize) -> anyhow::Result<Secret> {
    let place = path.display();
    let mode = std::fs::metadata(path).with_context(|| format!("cannot look at {place}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("others can read the secret {place}; take their access away with: chmod 600 {place}");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the secret {place}"))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_weak = |line: &&str| line.len() < LEAST_CHARACTERS || !line.bytes().all(|byte| byte.is_ascii_graphic());
    if !(1..=most_lines).contains(&lines.len()) || lines.iter().any(is_weak) {
        bail!(
            "the secret {place} is not {LEAST_CHARACTERS} or more visible ASCII characters; restore it from a backup, or \
             delete it to have a new one made"
        );
    }
    Ok(Secret::new(lines[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[test]
    fn secrets_stay_the_same_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(directory.path()).unwrap();
        let first = Secrets::open(&data_dir).unwrap();
        let second = Secrets::open(&data_dir).unwrap();
        assert_eq!(first.service_credential, second.service_credential);
        assert_ne!(first.service_credential, first.warehouse_key);
        let path = directory.path().join("secrets/service-credential");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let refusal = Secrets::open(&data_dir).unwrap_err().to_string();
        assert!(refusal.contains("chmod 600"), "{refusal}");
    }

    #[test]
    fn while_the_credential_is_changed_the_first_of_two_is_shown() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(directory.path()).unwrap();
        Secrets::open(&data_dir).unwrap();
        let (one, two) = ("1".repeat(32), "2".repeat(32));
        let write = |name: &str| std::fs::write(directory.path().join("secrets").join(name), format!("{one}\n{two}\n"));
        write(SERVICE_CREDENTIAL).unwrap();
        assert_eq!(Secrets::open(&data_dir).unwrap().service_credential, Secret::new(one.clone()));
        write("session-key").unwrap();
        assert!(Secrets::open(&data_dir).is_err(), "of the others there is one");
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(directory.path()).unwrap();
        Secrets::open(&data_dir).unwrap();
        for weak in ["", "x", "two words that are long enough otherwise"] {
            std::fs::write(directory.path().join("secrets/service-credential"), weak).unwrap();
            let refusal = Secrets::open(&data_dir).unwrap_err().to_string();
            assert!(refusal.contains("service-credential") && refusal.contains("backup"), "{refusal}");
        }
    }
}
