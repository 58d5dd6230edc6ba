use crate::violation::Violation;
use crate::workspace::Room;

/// Crates that only some rooms may name, and why.
const RESERVED: [(&str, &[&str], &str); 6] = [
    ("async-nats", &["events"], "the bus is never the truth, which only crates/events makes sure of"),
    ("circuitbreaker-rs", &["peer"], "it is safe only behind the controller of crates/peer"),
    ("deltalake", &["etl"], "it takes ten minutes to build"),
    ("deltalake-core", &["etl"], "it takes ten minutes to build"),
    ("jsonwebtoken", &["user-service", "service-kit"], "others ask the user service to validate a token"),
    ("object_store", &["photos"], "whoever keeps photos does it through crates/photos"),
];

/// The same for what a room runs; its tests may name them.
const RESERVED_BUT_FOR_TESTS: [(&str, &[&str], &str); 1] =
    [("image", &["bench", "photos"], "an upload is opened behind the limits of crates/photos; the bench draws one")];

/// What a contract crate must not contain: its callers need neither a server nor a database.
const NOT_IN_A_CONTRACT: [&str; 5] = ["axum", "sea-orm", "sea-orm-migration", "sqlx", "utoipa-axum"];

/// The rooms that start services and therefore name them.
const MAY_NAME_SERVICES: [&str; 2] = ["e2e", "lendery"];

/// Every dependency that goes through a wall.
pub(super) fn check(rooms: &[Room]) -> Vec<Violation> {
    let pairs =
        rooms.iter().flat_map(|room| room.dependencies.iter().map(move |dependency| (room, dependency.as_str())));
    pairs
        .filter_map(|(room, dependency)| {
            Some(Violation { place: room.folder.clone(), message: breach(room, dependency)? })
        })
        .collect()
}

fn breach(room: &Room, dependency: &str) -> Option<String> {
    if is_service(dependency) && !MAY_NAME_SERVICES.contains(&room.name.as_str()) {
        let contract = dependency.replace("-service", "-api");
        return Some(format!("names {dependency}; a service is known to others by its contract only ({contract})"));
    }
    if room.folder.ends_with("/api") && NOT_IN_A_CONTRACT.contains(&dependency) {
        return Some(format!("names {dependency}; a contract contains neither a server nor a database"));
    }
    let for_tests = room.only_for_tests.iter().any(|name| name == dependency);
    let reserved = RESERVED.into_iter().chain(RESERVED_BUT_FOR_TESTS.into_iter().filter(|_| !for_tests));
    let (_, allowed, reason) = reserved.into_iter().find(|(name, ..)| *name == dependency)?;
    (!allowed.contains(&room.name.as_str()))
        .then(|| format!("names {dependency}, which belongs to {} alone: {reason}", allowed.join(" and ")))
}

/// What `lendery` runs: the services, the gateway, the pages and the ETL job.
fn is_service(name: &str) -> bool {
    name.ends_with("-service") || name == "gateway" || name == "web" || name == "etl"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(name: &str, folder: &str, dependency: &str) -> usize {
        let dependencies = vec!["serde".to_owned(), dependency.to_owned()];
        check(&[Room { name: name.into(), folder: folder.into(), dependencies, only_for_tests: Vec::new() }]).len()
    }

    #[test]
    fn a_service_may_name_a_contract_but_no_other_service() {
        assert_eq!(breaches("inventory-service", "inventory-service", "user-api"), 0);
        assert_eq!(breaches("inventory-service", "inventory-service", "user-service"), 1);
        assert_eq!(breaches("gateway", "gateway", "inventory-service"), 1);
        assert_eq!(breaches("test-kit", "crates/test-kit", "gateway"), 1);
        assert_eq!(breaches("bench", "bench", "etl"), 1);
        assert_eq!(breaches("gateway", "gateway", "web"), 1);
    }

    #[test]
    fn the_binary_and_the_end_to_end_tests_may_name_services() {
        for room in ["lendery", "e2e"] {
            for service in ["user-service", "inventory-service", "gateway", "etl"] {
                assert_eq!(breaches(room, room, service), 0);
            }
        }
    }

    #[test]
    fn a_contract_contains_neither_a_server_nor_a_database() {
        for dependency in NOT_IN_A_CONTRACT {
            assert_eq!(breaches("user-api", "user-service/api", dependency), 1);
            assert_eq!(breaches("user-service", "user-service", dependency), 0);
        }
    }

    #[test]
    fn reserved_crates_stay_where_they_belong() {
        assert_eq!(breaches("etl", "etl", "deltalake-core"), 0);
        assert_eq!(breaches("lendery", "lendery", "deltalake-core"), 1);
        assert_eq!(breaches("photos", "crates/photos", "image"), 0);
        assert_eq!(breaches("inventory-service", "inventory-service", "image"), 1);
        assert_eq!(breaches("peer", "crates/peer", "circuitbreaker-rs"), 0);
        assert_eq!(breaches("gateway", "gateway", "circuitbreaker-rs"), 1);
        assert_eq!(breaches("user-service", "user-service", "jsonwebtoken"), 0);
        assert_eq!(breaches("service-kit", "crates/service-kit", "jsonwebtoken"), 0);
        assert_eq!(breaches("gateway", "gateway", "jsonwebtoken"), 1);
    }

    #[test]
    fn tests_may_draw_pictures_and_open_no_wall() {
        for (dependency, breaches) in [("image", 0), ("deltalake", 1), ("user-service", 1)] {
            let names = vec![dependency.to_owned()];
            let room = Room {
                name: "inventory-service".into(),
                folder: "inventory-service".into(),
                dependencies: names.clone(),
                only_for_tests: names,
            };
            assert_eq!(check(&[room]).len(), breaches, "{dependency}");
        }
    }

    #[test]
    fn a_breach_names_the_room_and_the_remedy() {
        let room = Room {
            name: "gateway".into(),
            folder: "gateway".into(),
            dependencies: vec!["user-service".into()],
            only_for_tests: Vec::new(),
        };
        let text = check(&[room])[0].to_string();
        assert!(text.starts_with("gateway: names user-service"), "{text}");
        assert!(text.contains("user-api"), "{text}");
    }
}
