mod csv_body;
pub(super) mod export;
pub(super) mod import;

pub(super) use csv_body::FILE_BYTES;
