//! One request is found in the logs of every process that it went through, by the trace its caller named.

use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;
use test_kit::wait_until;

use crate::platform::START;
use crate::rolling::town::{Instance, Ports, reserve};

const SECRET: &str = "a-credential-for-this-test-only";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_trace_is_followed_through_the_gateway_and_the_services_behind_it() {
    let directory = tempfile::tempdir().unwrap();
    let (_held, mut ports) = reserve();
    let database = |name: &str| ("DATABASE_URL", format!("sqlite:{}", directory.path().join(name).display()));
    let mut start = |name, prefix, more: &[(&str, String)]| logging(name, prefix, &mut ports, more);
    let secret = ("SERVICE_CREDENTIAL", SECRET.to_owned());
    let users = start("user-service", "LENDERY_USERS", &[database("users.db"), secret.clone()]);
    let known = ("USERS_URL", users.client.base().to_owned());
    let inventory = start("inventory-service", "LENDERY_INVENTORY", &[database("inventory.db"), secret, known]);
    let upstreams = format!("users={},inventory={}", users.client.base(), inventory.client.base());
    let gateway = start("gateway", "LENDERY_GATEWAY", &[("UPSTREAMS", upstreams)]);
    for process in [&users, &inventory, &gateway] {
        process.ready().await;
    }
    let ask = async |trace: &str| {
        let request = gateway.client.request(Method::POST, "/api/v1/items").bearer_auth("no.such.token");
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        send(request.header("traceparent", parent).json(&json!({ "name": "Kite" }))).await.expect(401);
    };
    // Another one before it, which is not to be taken for it.
    ask("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await;
    ask(TRACE).await;
    for (process, route) in
        [(&gateway, "/api/v1/items"), (&inventory, "/api/v1/items"), (&users, "/internal/v1/validate-token")]
    {
        let name = process.name;
        let routes = || routes_of(&process.said());
        wait_until(&format!("{name} to log it"), START, async || !routes().is_empty()).await;
        assert_eq!(routes(), [route], "{name}: {}", process.said());
    }
}

/// A process that writes a line of JSON for each request.
fn logging(name: &'static str, prefix: &str, ports: &mut Ports, more: &[(&str, String)]) -> Instance {
    let mut settings =
        vec![("LOG_FORMAT", "json".to_owned()), ("LOG_FILTER", "info,gateway=debug,service_kit=debug".to_owned())];
    settings.extend(more.iter().cloned());
    Instance::start(name, prefix, ports, &settings)
}

/// The routes of the answers that belong to the trace.
fn routes_of(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let answers = lines.filter(|line| line["message"] == "answered");
    // The gateway says it with the answer, a service with the span of the request.
    let of_trace = answers.map(|line| if line["trace_id"].is_string() { line } else { line["span"].clone() });
    of_trace.filter(|said| said["trace_id"] == TRACE).map(|said| said["route"].as_str().unwrap().to_owned()).collect()
}
