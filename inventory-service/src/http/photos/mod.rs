pub(super) mod add;
pub(super) mod arrange;
mod body;
mod path;
mod picture;
pub(super) mod remove;
mod representation;
pub(super) mod show;
pub(super) mod thumbnail;

pub(super) use body::UPLOAD_BYTES;
pub(super) use representation::wire;
