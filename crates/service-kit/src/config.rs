//! Configuration in layers: the defaults in code, a TOML file, environment variables, and files that variables name.
//!
//! A variable is the prefix of its service and the field in capitals: `LENDERY_USERS_DATABASE_URL`. With `_FILE` after it, it
//! names a file whose content is the value, so that a secret need not stand in the environment.

mod place;
mod read;
mod sheet;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::config::{Config, Environment, Map, Source, Value, ValueKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use place::{Mistake, Place};
use read::{Found, locate, read, stands_in};
use sheet::Sheet;

use crate::secret_file;

/// Settings, and where each of them came from.
#[derive(Debug)]
pub struct Loaded<T> {
    pub settings: T,
    pub origins: Vec<Setting>,
}

/// One setting as `lendery config print` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub key: String,
    /// `***` for a secret.
    pub value: String,
    /// `default`, a file's path and line, or the name of a variable.
    pub origin: String,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Values of the wrong type, unknown keys, what is no TOML, and what the settings themselves find wrong; the text names
    /// each with its line or variable.
    #[error("the settings of {prefix} cannot be used: {reason}")]
    Invalid { prefix: String, reason: String },
    #[error("the file {} with settings cannot be read: {reason}", path.display())]
    File { path: PathBuf, reason: std::io::Error },
    #[error("{variable} names the file {}, which cannot be used: {reason}", path.display())]
    SecretFile { variable: String, path: PathBuf, reason: std::io::Error },
}

/// The process's environment variables, as they were when it was read.
#[derive(Debug, Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Reads those of the process; what is not Unicode is left out.
    #[expect(clippy::disallowed_methods, reason = "this is the home of environment variables")]
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os();
        Self(pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect())
    }

    /// The ones of `prefix`, their names without it and in lower case, with the files of `_FILE` variables read.
    fn of_prefix(&self, prefix: &str) -> Result<Map<String, (String, String)>, ConfigError> {
        let mut found = Map::new();
        for (variable, value) in &self.0 {
            let Some(rest) = variable.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else {
                continue;
            };
            let (key, value) = match rest.strip_suffix("_FILE") {
                Some(key) => (key, read_secret(variable, Path::new(value))?),
                None => (rest, value.clone()),
            };
            found.insert(key.to_lowercase(), (variable.clone(), value));
        }
        Ok(found)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Loads the settings of one service: `T::default()`, then `file`, then the variables that begin with `prefix`.
///
/// # Errors
/// When the file is missing or no TOML, when a value has the wrong type, when a key is unknown (give `T`
/// `deny_unknown_fields`), or when a file named by a `_FILE` variable cannot be read.
pub fn load<T>(file: Option<&Path>, prefix: &str, variables: &Variables) -> Result<Loaded<T>, ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    load_checked(file, prefix, variables, |_| Vec::new())
}

/// As [`load`], with what `check` finds wrong with settings that can be read. All mistakes are told at once.
///
/// # Errors
/// As [`load`], and when `check` finds anything.
pub fn load_checked<T>(
    file: Option<&Path>,
    prefix: &str,
    variables: &Variables,
    check: impl FnOnce(&T) -> Vec<Mistake>,
) -> Result<Loaded<T>, ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    let ours = variables.of_prefix(prefix)?;
    let sheet = file.map(Sheet::read).transpose()?;
    let unusable = |reason: String| ConfigError::Invalid { prefix: prefix.to_owned(), reason };
    let of_source = |error: ::config::ConfigError| unusable(error.to_string());
    let defaults = Config::try_from(&T::default()).map_err(of_source)?;
    let mut layers = Config::builder().add_source(defaults.clone());
    if let Some(sheet) = &sheet {
        layers = layers.add_source(sheet.clone());
    }
    let defaults = defaults.collect().map_err(of_source)?;
    // What is text stays text: a key of digits would lose its leading noughts as a number.
    let is_text = |key: &str| defaults.get(key).is_some_and(|value| matches!(value.kind, ValueKind::String(_)));
    let values = ours.iter().map(|(key, (_, value))| (key, (format!("{prefix}_{key}"), value.clone())));
    let (texts, others): (Vec<_>, Vec<_>) = values.partition(|(key, _)| is_text(key));
    for (parsing, values) in [(false, texts), (true, others)] {
        let values = values.into_iter().map(|(_, pair)| pair).collect();
        let environment = Environment::with_prefix(prefix).prefix_separator("_");
        layers = layers.add_source(environment.try_parsing(parsing).source(Some(values)));
    }
    let collected = layers.build().and_then(|config| config.collect()).map_err(of_source)?;
    let mut tree = Value::new(None, collected.clone());
    let defaults = Value::new(None, defaults);

    let (settings, mut found) = read(&mut tree, &defaults);
    let checked = settings.as_ref().map(check).into_iter().flatten();
    found.extend(checked.filter(|mistake| !stands_in(&tree, &mistake.place)).map(|mistake| locate(&tree, mistake)));
    let told = told(found, sheet.map(|sheet| sheet.wrong).unwrap_or_default(), &ours);
    match settings.filter(|_| told.is_empty()) {
        Some(settings) => {
            let origins = collected.into_iter().map(|(key, value)| setting(key, &value, &ours)).collect();
            Ok(Loaded { settings, origins })
        }
        None => Err(unusable(match &*told {
            [only] => only.clone(),
            many => format!("\n  {}", many.join("\n  ")),
        })),
    }
}

/// Every mistake as a sentence that begins with its line or its variable, in the order of the file.
fn told(found: Vec<Found>, no_toml: Vec<(String, String)>, ours: &Map<String, (String, String)>) -> Vec<String> {
    let place = |Found { mistake, origin }: Found| {
        let variable = mistake.place.first().and_then(|key| ours.get(key)).map(|(variable, _)| variable.clone());
        (variable.or(origin), mistake.to_string())
    };
    // What stands on a line that is no TOML is read as something else than it is.
    let is_read = |found: &Found| found.origin.as_ref().is_none_or(|at| no_toml.iter().all(|(line, _)| line != at));
    let read: Vec<_> = found.into_iter().filter(is_read).map(place).collect();
    let mut all: Vec<_> = no_toml.into_iter().map(|(line, text)| (Some(line), text)).chain(read).collect();
    all.sort_by_key(|(origin, _)| origin.as_deref().and_then(line).unwrap_or(usize::MAX));
    all.into_iter().map(|(origin, text)| origin.map(|origin| format!("{origin}: {text}")).unwrap_or(text)).collect()
}

fn line(origin: &str) -> Option<usize> {
    origin.rsplit_once(':')?.1.parse().ok()
}

fn setting(key: String, value: &Value, ours: &Map<String, (String, String)>) -> Setting {
    let origin = match (ours.get(&key), value.origin()) {
        (Some((variable, _)), _) => variable.clone(),
        (None, Some(file)) => file.to_owned(),
        (None, None) => "default".to_owned(),
    };
    Setting { value: shown(&key, &value.kind), key, origin }
}

/// The value for people: secrets hidden, also a password inside a URL.
fn shown(key: &str, value: &ValueKind) -> String {
    let text = match value {
        ValueKind::Nil => return String::new(),
        other => other.to_string(),
    };
    if ["secret", "credential", "password", "key"].iter().any(|word| key.contains(word)) {
        return "***".to_owned();
    }
    hide_password(&text)
}

/// `postgres://name:password@host` with `***` for the password.
fn hide_password(text: &str) -> String {
    let parts = text.split_once("://").and_then(|(scheme, rest)| {
        let (user, place) = rest.rsplit_once('@')?;
        let (name, _password) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***@{place}"))
    });
    parts.unwrap_or_else(|| text.to_owned())
}

fn read_secret(variable: &str, path: &Path) -> Result<String, ConfigError> {
    match secret_file::read(path) {
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(reason) => Err(ConfigError::SecretFile { variable: variable.to_owned(), path: path.to_owned(), reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        database_url: String,
        workers: u16,
        signing_secret: String,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self { database_url: "sqlite:users.db".to_owned(), workers: 2, signing_secret: String::new() }
        }
    }

    #[test]
    fn a_variable_beats_the_file_and_the_file_beats_the_default() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("users.toml");
        std::fs::write(&file, "workers = 4\ndatabase_url = \"sqlite:from-file.db\"\n").unwrap();
        let variables = Variables::from([("SAMPLE_WORKERS", "8"), ("OTHER_WORKERS", "9")]);
        let loaded: Loaded<Sample> = load(Some(&file), "SAMPLE", &variables).unwrap();
        assert_eq!(loaded.settings.workers, 8);
        assert_eq!(loaded.settings.database_url, "sqlite:from-file.db");
        let origin = |key: &str| loaded.origins.iter().find(|s| s.key == key).unwrap().origin.clone();
        assert_eq!(origin("workers"), "SAMPLE_WORKERS");
        assert!(origin("database_url").ends_with("users.toml:2"));
        assert_eq!(origin("signing_secret"), "default");
    }

    #[test]
    fn secrets_come_from_files_and_are_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        test_kit::write_secret(&file, "hush\n");
        let path = file.to_str().unwrap();
        let variables = Variables::from([
            ("SAMPLE_SIGNING_SECRET_FILE", path),
            ("SAMPLE_DATABASE_URL", "postgres://lendery:hush@db/users"),
        ]);
        let loaded: Loaded<Sample> = load(None, "SAMPLE", &variables).unwrap();
        assert_eq!(loaded.settings.signing_secret, "hush");
        assert!(loaded.origins.iter().all(|setting| !setting.value.contains("hush")), "{:?}", loaded.origins);
    }

    #[test]
    fn a_text_of_digits_is_no_number() {
        let key = "00001234567890123456";
        let variables = Variables::from([("SAMPLE_SIGNING_SECRET", key), ("SAMPLE_WORKERS", "008")]);
        let loaded: Loaded<Sample> = load(None, "SAMPLE", &variables).unwrap();
        assert_eq!((loaded.settings.signing_secret.as_str(), loaded.settings.workers), (key, 8));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let variables = Variables::from([("SAMPLE_WORKRES", "8")]);
        let error = load::<Sample>(None, "SAMPLE", &variables).unwrap_err();
        assert!(error.to_string().contains("SAMPLE_WORKRES"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_names_its_variable_once() {
        let variables = Variables::from([("SAMPLE_WORKERS", "many")]);
        let error = load::<Sample>(None, "SAMPLE", &variables).unwrap_err();
        assert!(error.to_string().contains("SAMPLE_WORKERS"), "{error}");
        assert!(std::error::Error::source(&error).is_none(), "a report of all causes would repeat the sentence");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error =
            load::<Sample>(Some(Path::new("/nowhere/users.toml")), "SAMPLE", &Variables::default()).unwrap_err();
        assert!(error.to_string().contains("/nowhere/users.toml"), "{error}");
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line_or_variable() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("users.toml");
        std::fs::write(&file, "\nworkers = \"many\"\ndatabase_ulr = \"x\"\nsigning_secret = open\n").unwrap();
        let variables = Variables::from([("SAMPLE_DATABASE_URL", "mysql://db")]);
        let check = |sample: &Sample| {
            let is_known = sample.database_url.starts_with("sqlite:");
            let wrong = Place::of("database_url").mistake("it has to begin with sqlite:");
            // What was read instead of the unreadable value is not the operator's.
            let noise = Place::of("workers").mistake("at least 3");
            (!is_known).then_some(wrong).into_iter().chain([noise]).collect()
        };
        let error = load_checked(Some(&file), "SAMPLE", &variables, check).unwrap_err().to_string();
        let lines: Vec<&str> = error.lines().skip(1).map(str::trim).collect();
        let name = file.display().to_string();
        assert_eq!(lines.len(), 4, "{error}");
        assert!(lines[0].starts_with(&format!("{name}:2: workers: it is string \"many\"")), "{error}");
        assert!(lines[1].starts_with(&format!("{name}:3: database_ulr: unknown field")), "{error}");
        assert!(lines[2].starts_with(&format!("{name}:4: ")), "{error}");
        assert_eq!(lines[3], "SAMPLE_DATABASE_URL: database_url: it has to begin with sqlite:");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_everybody_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        test_kit::write_secret(&file, "hush\n");
        let variables = Variables::from([("SAMPLE_SIGNING_SECRET_FILE", file.to_str().unwrap())]);
        for (mode, refused) in [(0o600, false), (0o640, false), (0o644, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let loaded = load::<Sample>(None, "SAMPLE", &variables);
            assert_eq!(loaded.is_err(), refused, "{mode:o}");
            if let Err(error) = loaded {
                assert!(error.to_string().contains("chmod"), "{error}");
            }
        }
    }

    #[test]
    fn a_missing_secret_file_is_named() {
        let variables = Variables::from([("SAMPLE_SIGNING_SECRET_FILE", "/nowhere/secret")]);
        let error = load::<Sample>(None, "SAMPLE", &variables).unwrap_err();
        assert!(error.to_string().contains("SAMPLE_SIGNING_SECRET_FILE"), "{error}");
        assert!(error.to_string().contains("/nowhere/secret"), "{error}");
    }
}
