use std::path::PathBuf;

/// Photos can be neither kept nor fetched just now.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the folder for photos, {folder}, cannot be used; check that it is a folder that may be written to", folder = .folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the store for photos does not do its part; check its disk, or the address and credentials of its bucket")]
    Objects(#[from] object_store::Error),
}
