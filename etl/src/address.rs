use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use vocabulary::Secret;

use crate::EtlError;

/// Where a database is.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    /// Reads what the setting `setting` says, in the forms every service accepts.
    pub(crate) fn parse(setting: &'static str, url: &Secret) -> Result<Self, EtlError> {
        let url = url.expose();
        if let Some(address) = url.strip_prefix("sqlite:") {
            let path = address.trim_start_matches("//").split('?').next().unwrap_or_default();
            return if path.is_empty() { Err(EtlError::Address { setting }) } else { Ok(Self::Sqlite(path.into())) };
        }
        let known = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options = known.then(|| PgConnectOptions::from_str(url).ok()).flatten();
        options.map(|options| Self::Postgres(Box::new(options))).ok_or(EtlError::Address { setting })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_the_services_accept_are_accepted() {
        for (url, path) in [("sqlite:a/b.db", "a/b.db"), ("sqlite:///a/b.db?mode=rwc", "/a/b.db")] {
            let address = Address::parse("database_url", &Secret::new(url)).unwrap();
            assert!(matches!(address, Address::Sqlite(found) if found.as_os_str() == path), "{url}");
        }
        assert!(matches!(
            Address::parse("database_url", &Secret::new("postgres://a:b@host/c")),
            Ok(Address::Postgres(_))
        ));
    }

    #[test]
    fn anything_else_names_the_setting() {
        for url in ["", "mysql://host", "sqlite:", "etl.db"] {
            let error = Address::parse("database_url", &Secret::new(url)).unwrap_err();
            assert!(error.to_string().contains("database_url"), "{url}: {error}");
        }
    }
}
