use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces a file that holds a secret as a whole, as those who hand out secrets do; nobody but its owner may read it.
pub fn write_secret(path: &Path, text: &str) {
    let fresh = path.with_extension("new");
    fs::write(&fresh, text).expect("a folder for the secret");
    fs::set_permissions(&fresh, Permissions::from_mode(0o600)).expect("a file of this user's");
    fs::rename(fresh, path).expect("a place for the secret");
}
