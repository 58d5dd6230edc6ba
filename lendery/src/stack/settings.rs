use anyhow::anyhow;
use service_kit::config::{Setting, Variables, load};
use service_kit::process::ProcessConfig;
use vocabulary::Secret;

use crate::data_dir::{DataDir, Secrets};

/// What each service runs with under `lendery up`: its own settings from defaults and variables, and the places that
/// belong to the data directory.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) users: user_service::Config,
    pub(crate) inventory: inventory_service::Config,
    pub(crate) payments: payment_service::Config,
    pub(crate) orders: order_service::Config,
    web: web::Config,
    pub(crate) gateway: gateway::Config,
    etl: etl::Config,
    /// Every setting with its origin, for `lendery config print`.
    pub(crate) origins: Vec<(&'static str, Setting)>,
}

/// The keys that `lendery up` decides itself, whatever the variables of a service say.
const OURS: [&str; 28] = [
    "database_url",
    "inventory_database_url",
    "inventory_url",
    "listen",
    "log_filter",
    "log_format",
    "nats_replicas",
    "nats_url",
    "operations_url",
    "ops_listen",
    "orders_database_url",
    "orders_url",
    "payments_database_url",
    "payments_url",
    "photos",
    "previous_service_credential",
    "previous_session_key",
    "pseudonym_key",
    "service_credential",
    "service_credentials_path",
    "session_cache_bytes",
    "session_key",
    "test_payments",
    "upstreams",
    "users_database_url",
    "users_url",
    "warehouse",
    "warehouse_url",
];

impl Settings {
    pub(crate) fn load(data_dir: &DataDir) -> anyhow::Result<Self> {
        let variables = Variables::of_process();
        let mut origins = Vec::new();
        let mut users: user_service::Config = one("users", &variables, &mut origins)?;
        users.database_url = Secret::new(data_dir.database_url("users"));
        let mut inventory: inventory_service::Config = one("inventory", &variables, &mut origins)?;
        inventory.database_url = Secret::new(data_dir.database_url("inventory"));
        inventory.photos = data_dir.photos();
        let mut payments: payment_service::Config = one("payments", &variables, &mut origins)?;
        payments.database_url = Secret::new(data_dir.database_url("payments"));
        payments.test |= data_dir.is_demo();
        let mut orders: order_service::Config = one("orders", &variables, &mut origins)?;
        orders.database_url = Secret::new(data_dir.database_url("orders"));
        let web = one("web", &variables, &mut origins)?;
        let gateway = one("gateway", &variables, &mut origins)?;
        let mut etl: etl::Config = one("etl", &variables, &mut origins)?;
        etl.users_database_url = users.database_url.clone();
        etl.inventory_database_url = inventory.database_url.clone();
        etl.orders_database_url = orders.database_url.clone();
        etl.payments_database_url = payments.database_url.clone();
        etl.database_url = Secret::new(data_dir.database_url("etl"));
        etl.warehouse = data_dir.warehouse();
        Ok(Self { users, inventory, payments, orders, web, gateway, etl, origins })
    }

    /// The pages' settings with the key that seals their session cookies.
    pub(crate) fn web_with(&self, secrets: &Secrets) -> web::Config {
        web::Config { session_key: secrets.session_key.clone(), test_payments: self.payments.test, ..self.web.clone() }
    }

    /// The ETL's settings with the key that turns ids into pseudonyms.
    pub(crate) fn etl_with(&self, secrets: &Secrets) -> etl::Config {
        etl::Config { pseudonym_key: secrets.warehouse_key.clone(), ..self.etl.clone() }
    }
}

fn one<C: ProcessConfig>(
    service: &'static str,
    variables: &Variables,
    origins: &mut Vec<(&'static str, Setting)>,
) -> anyhow::Result<C> {
    let loaded = load::<C>(None, C::PREFIX, variables).map_err(|error| anyhow!("{service}: {error}"))?;
    let own = loaded.origins.into_iter().filter(|setting| !is_ours(service, &setting.key));
    origins.extend(own.map(|setting| (service, setting)));
    Ok(loaded.settings)
}

fn is_ours(service: &str, key: &str) -> bool {
    // One instance remembers its sessions itself; gateways may share what they store with others.
    OURS.contains(&key) || (service, key) == ("users", "redis_urls")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_gateway_knows_where_the_pages_are() {
        let routes = gateway::Config::default().routes;
        let of_pages = |prefix: &&String| !prefix.contains('{');
        let known = routes.iter().filter(|route| route.upstream == "web").map(|route| &route.prefix);
        let known: Vec<_> = known.filter(of_pages).collect();
        // What problems mean the gateway says itself, too.
        let pages = web::PATHS.iter().filter(|path| **path != "/problems");
        assert_eq!(known, pages.collect::<Vec<_>>());
    }
}
