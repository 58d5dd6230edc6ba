//! Files that hold a secret.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// What the file holds.
///
/// # Errors
/// When it cannot be read, or when everybody on this machine may read it: what they know is no secret.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    if is_exposed(&file.metadata()?) {
        let exposed = "its mode lets everybody on this machine read it; `chmod 600` helps";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, exposed));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Whether its mode lets everybody read it.
pub(crate) fn is_exposed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const READ_BY_OTHERS: u32 = 0o004;
    metadata.permissions().mode() & READ_BY_OTHERS != 0
}
