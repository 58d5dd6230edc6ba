use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use problem::{Kind, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::clock::Clock;
use service_kit::http::{CacheRule, JsonBody, NoParameters, PathId, Represented, RouterSettings, finish};
use std::time::Duration;
use tower::ServiceExt;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vocabulary::Item;

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    size: u8,
}

#[utoipa::path(get, path = "/things/{id}", responses((status = 200, body = Thing)))]
async fn get_thing(_none: NoParameters, PathId(_id): PathId<Item>) -> Represented<Thing> {
    Represented::new(Thing { size: 7 }, CacheRule::Private).version(3)
}

#[utoipa::path(post, path = "/things", request_body = Thing, responses((status = 200, body = Thing)))]
async fn post_thing(JsonBody { value, .. }: JsonBody<Thing>) -> Result<axum::Json<Thing>, Problem> {
    match value.size {
        0 => panic!("a size of nothing"),
        1 => std::future::pending().await,
        _ => Ok(axum::Json(value)),
    }
}

async fn answer(request: Request<Body>) -> (http::response::Parts, Vec<u8>) {
    let settings = RouterSettings { service: "test", deadline: Duration::from_secs(1), clock: Clock::system() };
    let routes = OpenApiRouter::new().routes(routes!(get_thing)).routes(routes!(post_thing));
    let (router, _document) = finish(routes, (), settings);
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    (parts, body.collect().await.unwrap().to_bytes().to_vec())
}

fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.header("x-request-id", "probe-1").body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_error_is_a_problem_with_the_requests_id() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let long = format!("{{\"size\": 7{}}}", " ".repeat(70_000));
    for (method, path, body, kind) in [
        (Method::GET, "/nowhere".to_owned(), "", Kind::NotFound),
        (Method::GET, "/things/7".to_owned(), "", Kind::NotFound),
        (Method::GET, format!("/things/{id}?x=1"), "", Kind::UnknownParameter),
        (Method::DELETE, format!("/things/{id}"), "", Kind::MethodNotAllowed),
        (Method::POST, "/things".to_owned(), "{", Kind::MalformedJson),
        (Method::POST, "/things".to_owned(), "{\"size\":7,\"x\":1}", Kind::UnknownField),
        (Method::POST, "/things".to_owned(), "{\"size\":700}", Kind::InvalidFields),
        (Method::POST, "/things".to_owned(), &long, Kind::BodyTooLarge),
        (Method::POST, "/things".to_owned(), "{\"size\":0}", Kind::Internal),
        (Method::POST, "/things".to_owned(), "{\"size\":1}", Kind::Unavailable),
    ] {
        let (parts, bytes) = answer(request(method.clone(), &path, body)).await;
        assert_eq!(parts.status, kind.status(), "{method} {path}");
        let problem: ProblemBody = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem.code, kind.code(), "{method} {path}");
        assert_eq!(problem.request_id.as_deref(), Some("probe-1"));
        assert_eq!(parts.headers["content-type"], problem::CONTENT_TYPE);
        let allowed = parts.headers.get("allow").map(|methods| methods.to_str().unwrap());
        assert_eq!(allowed, (kind == Kind::MethodNotAllowed).then_some("GET,HEAD"));
        assert_eq!(parts.headers.contains_key("retry-after"), kind == Kind::Unavailable);
        assert!(!String::from_utf8_lossy(&bytes).contains("a size of nothing"), "the inside stays inside");
    }
}

#[tokio::test]
async fn a_reader_who_has_the_version_gets_304() {
    let path = "/things/01890a5d-ac96-774b-bcce-b302099a8057";
    for (tag, status) in [("\"3\"", StatusCode::NOT_MODIFIED), ("\"2\"", StatusCode::OK)] {
        let mut request = request(Method::GET, path, "");
        request.headers_mut().insert("if-none-match", tag.parse().unwrap());
        let (parts, body) = answer(request).await;
        assert_eq!(parts.status, status);
        assert_eq!(body.is_empty(), status == StatusCode::NOT_MODIFIED);
        assert_eq!(parts.headers["etag"], "\"3\"");
    }
}

#[tokio::test]
async fn the_document_lists_the_routes() {
    let (parts, body) = answer(request(Method::GET, "/openapi.json", "")).await;
    assert_eq!(parts.status, StatusCode::OK);
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/things/{id}"]["get"].is_object());
}

#[tokio::test]
async fn an_odd_request_id_is_replaced() {
    let mut request = request(Method::GET, "/nowhere", "");
    request.headers_mut().insert("x-request-id", "two words".parse().unwrap());
    let (parts, _) = answer(request).await;
    assert_eq!(parts.headers["x-request-id"].len(), 36);
}
