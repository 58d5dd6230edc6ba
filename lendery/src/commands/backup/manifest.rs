use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The name of the list in a backup. It is written last: a folder without it is no whole backup.
const NAME: &str = "backup.json";

/// The shape of this list and of the folder; a later Lendery that changes either counts on.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    /// The Lendery that made it.
    lendery: String,
    /// By path in the backup, with forward slashes.
    pub(super) files: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) bytes: u64,
    /// SHA-256 in base64url (RFC 4648 §5), without padding.
    sha256: String,
}

impl Manifest {
    /// Reads every file of a folder.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        for path in files_below(folder)? {
            let name = path.strip_prefix(folder)?.to_str().context("a file's name is not Unicode")?.to_owned();
            if name != NAME {
                files.insert(name, Entry::of(&path)?);
            }
        }
        Ok(Self { format: FORMAT, lendery: env!("CARGO_PKG_VERSION").to_owned(), files })
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(NAME);
        std::fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())?;
        File::open(&path)?.sync_all().with_context(|| path.display().to_string())
    }

    /// The list of a backup whose files are all there and as they were.
    pub(super) fn verified(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let text = std::fs::read(&path).with_context(|| {
            format!("{} is no whole backup: its {NAME} cannot be read; choose another one", folder.display())
        })?;
        let listed: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is damaged or of a newer Lendery; choose another backup", path.display()))?;
        if listed.format != FORMAT {
            bail!("{} is of a newer Lendery ({}); restore it with that version", folder.display(), listed.lendery);
        }
        let found = Self::of(folder)?;
        for (name, entry) in &listed.files {
            match found.files.get(name) {
                Some(there) if there == entry => {}
                Some(_) => bail!("{name} in {} is not what was backed up; choose another backup", folder.display()),
                None => bail!("{name} is missing in {}; choose another backup", folder.display()),
            }
        }
        if let Some(stranger) = found.files.keys().find(|name| !listed.files.contains_key(*name)) {
            bail!("{stranger} in {} is not of the backup; remove it", folder.display());
        }
        Ok(listed)
    }

    /// The size of all files, bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.files.values().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let unreadable = || format!("{} cannot be read", path.display());
        let mut file = File::open(path).with_context(unreadable)?;
        let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut buffer).with_context(unreadable)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            bytes += read as u64;
        }
        Ok(Self { bytes, sha256: URL_SAFE_NO_PAD.encode(hash.finalize()) })
    }
}

/// Every file below a folder, in no order.
pub(super) fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => bail!("{} is neither a file nor a folder; remove it", entry.path().display()),
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("photos")).unwrap();
        std::fs::write(folder.path().join("photos/one"), "picture").unwrap();
        Manifest::of(folder.path()).unwrap().write(folder.path()).unwrap();
        folder
    }

    #[test]
    fn what_was_written_is_verified() {
        let folder = backup();
        let manifest = Manifest::verified(folder.path()).unwrap();
        assert_eq!((manifest.files.len(), manifest.bytes()), (1, 7));
    }

    #[test]
    fn what_was_changed_lost_or_added_is_named() {
        let changed = backup();
        std::fs::write(changed.path().join("photos/one"), "picturf").unwrap();
        let lost = backup();
        std::fs::remove_file(lost.path().join("photos/one")).unwrap();
        let added = backup();
        std::fs::write(added.path().join("photos/two"), "").unwrap();
        for (folder, word) in [(changed, "not what was"), (lost, "missing"), (added, "photos/two")] {
            let refusal = format!("{:#}", Manifest::verified(folder.path()).unwrap_err());
            assert!(refusal.contains(word), "{refusal}");
        }
    }

    #[test]
    fn a_backup_that_was_cut_short_is_none() {
        let folder = backup();
        std::fs::remove_file(folder.path().join(NAME)).unwrap();
        let refusal = format!("{:#}", Manifest::verified(folder.path()).unwrap_err());
        assert!(refusal.contains("no whole backup"), "{refusal}");
    }
}
