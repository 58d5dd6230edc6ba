use service_kit::config::{ConfigError, Setting, Variables, load};
use service_kit::process::ProcessConfig;
use vocabulary::Secret;

use crate::data_dir::{DataDir, Secrets};

/// What each service runs with under `lendery up`: its own settings from defaults and variables, and the places that
/// belong to the data directory.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) users: user_service::Config,
    pub(crate) inventory: inventory_service::Config,
    pub(crate) gateway: gateway::Config,
    pub(crate) etl: etl::Config,
    /// Every setting with its origin, for `lendery config print`.
    pub(crate) origins: Vec<(&'static str, Setting)>,
}

/// The keys that `lendery up` decides itself, whatever the variables of a service say.
const OURS: [&str; 9] = [
    "database_url",
    "users_database_url",
    "inventory_database_url",
    "service_credential",
    "warehouse",
    "pseudonym_key",
    "listen",
    "ops_listen",
    "users_url",
];

impl Settings {
    pub(crate) fn load(data_dir: &DataDir, secrets: &Secrets) -> Result<Self, ConfigError> {
        let variables = Variables::of_process();
        let mut origins = Vec::new();
        let mut users: user_service::Config = one("users", &variables, &mut origins)?;
        users.database_url = Secret::new(data_dir.database_url("users"));
        let mut inventory: inventory_service::Config = one("inventory", &variables, &mut origins)?;
        inventory.database_url = Secret::new(data_dir.database_url("inventory"));
        let gateway = one("gateway", &variables, &mut origins)?;
        let mut etl: etl::Config = one("etl", &variables, &mut origins)?;
        etl.users_database_url = users.database_url.clone();
        etl.inventory_database_url = inventory.database_url.clone();
        etl.database_url = Secret::new(data_dir.database_url("etl"));
        etl.warehouse = data_dir.warehouse();
        etl.pseudonym_key = secrets.warehouse_key.clone();
        Ok(Self { users, inventory, gateway, etl, origins })
    }
}

fn one<C: ProcessConfig>(
    service: &'static str,
    variables: &Variables,
    origins: &mut Vec<(&'static str, Setting)>,
) -> Result<C, ConfigError> {
    let loaded = load::<C>(None, C::PREFIX, variables)?;
    let own = loaded.origins.into_iter().filter(|setting| !OURS.contains(&setting.key.as_str()));
    origins.extend(own.map(|setting| (service, setting)));
    Ok(loaded.settings)
}
