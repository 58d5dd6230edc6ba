use std::sync::Arc;
use std::time::Duration;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Extension, Router};
use service_kit::http::{RouterSettings, finish};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Web, account, assets, browse, cart, categories, home, item, member, mine, negotiate, orders, problem_pages,
    problems, register, secured, sign_in, sign_out,
};
use crate::session::signed_in;
use crate::words::Language;

/// Where the pages are, for the gateway: these paths and all below them belong to this service. None of them is the API's.
pub const PATHS: [&str; 7] = ["/", "/en", "/de", "/items", "/members", "/problems", "/assets/web"];

/// All pages, with everything around them.
pub(crate) fn router(web: Arc<Web>, deadline: Duration) -> Router {
    let settings = RouterSettings { service: "web", deadline, clock: web.clock.clone() };
    let mut routes = Router::new()
        .route("/", get(negotiate::redirect))
        .route("/items/{id}", get(negotiate::redirect))
        .route("/members/{id}", get(negotiate::redirect))
        .route("/problems", get(negotiate::redirect))
        .route("/problems/{slug}", get(negotiate::redirect))
        .route("/assets/web/{file}", get(assets::file));
    for language in Language::ALL {
        routes = routes.nest(&format!("/{}", language.tag()), pages(&web).layer(Extension(language)));
    }
    let (router, _document) = finish(OpenApiRouter::from(routes), Arc::clone(&web), settings);
    router.layer(from_fn_with_state(web, problem_pages::problem_pages)).layer(from_fn(secured::secured))
}

/// The pages in one language.
fn pages(web: &Arc<Web>) -> Router<Arc<Web>> {
    Router::new()
        .route("/", get(home::home))
        .route("/items", get(browse::browse))
        .route("/items/{id}", get(item::item))
        .route("/members/{id}", get(member::member))
        .route("/problems", get(problems::index))
        .route("/problems/{slug}", get(problems::page))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_out::submit))
        .route("/register", get(register::show).post(register::submit))
        .route("/mine", get(mine::list::list))
        .route("/offer", get(mine::offer::show).post(mine::offer::submit))
        .route("/mine/{id}", get(mine::edit::show).post(mine::edit::submit))
        .route("/mine/{id}/status", post(mine::status::submit))
        .route("/mine/{id}/retire", post(mine::retire::submit))
        .route("/cart", get(cart::show::show))
        .route("/cart/{id}", post(cart::put::submit))
        .route("/cart/{id}/remove", post(cart::remove::submit))
        .route("/checkout", post(cart::checkout::submit))
        .route("/orders", get(orders::list::list))
        .route("/orders/{id}", get(orders::show::show))
        .route("/orders/{id}/events", get(orders::events::events))
        .route("/orders/{id}/{act}", post(orders::act::submit))
        .route("/account", get(account::show::show))
        .route("/account/name", post(account::name::submit))
        .route("/account/password", post(account::password::submit))
        .route("/account/sessions/{id}/end", post(account::end_session::submit))
        .route("/categories", get(categories::list::list).post(categories::create::submit))
        .route("/categories/{slug}", post(categories::change::submit))
        .layer(from_fn_with_state(Arc::clone(web), signed_in))
}
