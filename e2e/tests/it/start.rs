//! Starting: what is printed, what is refused, and that a refusal is one sentence with the remedy.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::platform::{Platform, command, lendery};
use crate::programs::{finished, text};

#[tokio::test]
async fn a_demo_is_filled_in_once_and_its_logins_work() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let printed = platform.printed();
    let login = printed.lines().find(|line| line.contains("ada@example.org")).expect("a login");
    let (email, password) = login.trim().split_once(' ').unwrap();
    let login = json!({ "email": email, "password": password.trim() });
    platform.web.post("/api/v1/auth/login", &login).await.expect(200);
    let items = platform.web.get("/api/v1/items?limit=100").await.expect(200).json();
    assert_eq!(items["items"].as_array().unwrap().len(), 40);
    assert!(platform.stop().await);

    let again = Platform::up_with(directory.path(), &["--demo"]).await;
    assert!(again.printed().contains("not filled in"), "{}", again.printed());
    assert_eq!(again.web.get("/api/v1/items?limit=100").await.json(), items);
}

#[tokio::test]
async fn the_demo_has_a_tree_of_categories_and_months_of_loans_behind_and_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let categories = platform.web.get("/api/v1/categories").await.expect(200).json()["items"].clone();
    let category = |slug: &str| categories.as_array().unwrap().iter().find(|one| one["slug"] == slug).unwrap();
    assert_eq!(category("ladders")["parent"], "tools");
    let [tools, ladders] = ["tools", "ladders"].map(|slug| category(slug)["items"].as_u64().unwrap());
    assert!(ladders > 0 && tools > ladders, "{categories}");

    assert!(platform.command(&["etl", "run"]).await.status.success());
    let loans = async |which: &str| platform.count(&format!("select count(*) from fact_reservation {which}")).await;
    let bookings = include_str!("../../../lendery/src/demo/bookings.csv").lines().count() - 1;
    let orders = include_str!("../../../lendery/src/demo/orders.csv").lines();
    // One order wants what somebody else has; everything else is set aside at first.
    let ordered = orders.skip(1).filter(|line| !line.ends_with("rejected")).count();
    let all = usize::try_from(loans("").await);
    assert_eq!(all, Ok(bookings + ordered), "nothing stood in the way of anything");
    assert!(loans("where returned_at < now() - interval '140 days'").await > 0);
    assert!(loans("where state = 'checked_out' and due_at > now()").await > 0);
    assert!(loans("where state = 'confirmed' and starts_at > now() + interval '60 days'").await > 0);
    let back = loans("where state = 'returned' and returned_at < now() and not returned_late").await;
    assert_eq!(back, loans("where due_at < now()").await);
    assert!(platform.stop().await);
}

#[tokio::test]
async fn the_demo_has_an_order_in_each_state_that_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let printed = platform.printed();
    let logins = printed.lines().filter(|line| line.contains("@example.org"));
    let mut states = BTreeSet::new();
    for (email, password) in logins.filter_map(|line| line.trim().split_once(' ')) {
        let login = json!({ "email": email, "password": password.trim() });
        let token = platform.web.post("/api/v1/auth/login", &login).await.expect(200).json();
        let member = platform.web.with_token(token["access_token"].as_str().unwrap());
        let orders = member.get("/api/v1/orders").await.expect(200).json();
        let orders = orders["items"].as_array().unwrap();
        states.extend(orders.iter().map(|order| order["state"].as_str().unwrap().to_owned()));
    }
    let lasting = [
        "active",
        "awaiting_approval",
        "cancelled",
        "closed",
        "confirmed",
        "declined",
        "expired",
        "payment_failed",
        "rejected",
        "reserved",
    ];
    assert_eq!(states, BTreeSet::from(lasting.map(str::to_owned)));
    assert!(platform.stop().await);
}

#[tokio::test]
async fn the_first_administrator_comes_by_a_link_that_is_good_once() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    let printed = platform.printed();
    let link = printed.split_whitespace().find(|word| word.contains("/setup?token=")).expect("a link");
    let path = link.split_once("/setup").unwrap().1;
    platform.web.get(&format!("/setup{path}")).await.expect(200);
    let token = path.split_once('=').unwrap().1;
    let form = format!("token={token}&email=admin%40example.org&password=nine+grey+herons&display_name=Admin");
    let post = || {
        let request = platform.web.request(reqwest::Method::POST, "/setup");
        request.header("content-type", "application/x-www-form-urlencoded").body(form.clone())
    };
    assert_eq!(test_kit::http::send(post()).await.status, 200);
    assert_ne!(test_kit::http::send(post()).await.status, 200, "the link works once");
    let login = json!({ "email": "admin@example.org", "password": "nine grey herons" });
    let token = platform.web.post("/api/v1/auth/login", &login).await.expect(200).json();
    let admin = platform.web.with_token(token["access_token"].as_str().unwrap());
    let me = admin.get("/api/v1/users/me").await.expect(200).json();
    assert!(me["roles"].as_array().unwrap().contains(&json!("admin")), "{me}");
    assert!(platform.stop().await);
    let again = Platform::up(directory.path()).await;
    assert!(!again.printed().contains("/setup?token="), "there is an administrator");
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said_in_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(directory.path(), &["--listen", &address], &[&address, "another process"]).await;
    refused(directory.path(), &["--listen", "nowhere"], &["nowhere", "host:port"]).await;

    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    refused(&file.join("data"), &[], &["cannot be written to", "--data-dir"]).await;

    let damaged = directory.path().join("damaged");
    Platform::up(&damaged).await.stop().await;
    let database = damaged.join("databases/inventory.db");
    std::fs::write(&database, b"this was a database once ".repeat(400)).unwrap();
    refused(&damaged, &[], &["inventory.db", "damaged", "backup"]).await;

    let open = directory.path().join("open");
    Platform::up(&open).await.stop().await;
    let secret = open.join("secrets/service-credential");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&open, &[], &["service-credential", "chmod 600"]).await;
}

/// Starts `lendery up`, which has to end with exit code 1 and one line that holds all `words`.
async fn refused(data_dir: &Path, arguments: &[&str], words: &[&str]) {
    let mut command = lendery(data_dir);
    command.args(["up", "--ops-listen", "127.0.0.1:0"]);
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(arguments);
    let output = finished(command).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: "), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let first = Platform::up(directory.path()).await;
    refused(directory.path(), &[], &["in use by another lendery", "--data-dir"]).await;
    first.web.get("/api/v1/items").await.expect(200);
}

#[tokio::test]
async fn secrets_are_private_and_never_printed() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up(directory.path()).await;
    let shown = text(&platform.command(&["config", "print"]).await.stdout);
    assert!(shown.contains("***"), "{shown}");
    let secrets = directory.path().join("secrets");
    for entry in std::fs::read_dir(secrets).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        let secret = std::fs::read_to_string(&path).unwrap();
        assert!(!shown.contains(secret.trim()) && !platform.printed().contains(secret.trim()), "{}", path.display());
    }
}

#[tokio::test]
async fn the_operators_commands_work_without_a_running_platform() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = crate::catalogue::catalogue(directory.path());
    let data_dir = directory.path().join("data");
    let mut admin = lendery(&data_dir);
    admin.args(["admin", "create", "--email", "admin@example.org", "--display-name", "Admin"]);
    let output = with_input(admin, "nine grey herons\n").await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = catalogue.file.to_str().unwrap();
    let import = command(&data_dir, &["import", "items", file, "--owner", "admin@example.org"]).await;
    assert!(import.status.success(), "{}", text(&import.stderr));
    assert!(command(&data_dir, &["etl", "run"]).await.status.success());
    let count = command(&data_dir, &["etl", "query", "select count(*) as items from raw_items"]).await;
    assert!(text(&count.stdout).contains(&catalogue.names.len().to_string()), "{}", text(&count.stdout));
    let doctor = command(&data_dir, &["doctor"]).await;
    assert!(doctor.status.success(), "{}{}", text(&doctor.stdout), text(&doctor.stderr));
}

async fn with_input(mut command: std::process::Command, input: &'static str) -> std::process::Output {
    use std::io::Write;
    use std::process::Stdio;
    tokio::task::spawn_blocking(move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap()
}
