use std::sync::Arc;
use std::time::Duration;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Extension, Router};
use service_kit::http::{RouterSettings, finish};
use service_kit::serve::{self, Deadline, limits};
use utoipa_axum::router::OpenApiRouter;

use super::upload::UPLOAD_BYTES;
use super::{
    Web, account, assets, browse, cart, categories, home, item, member, mine, negotiate, operating, orders,
    problem_pages, problems, register, secured, sign_in, sign_out,
};
use crate::session::signed_in;
use crate::words::Language;

/// Where the pages are, for the gateway: these paths and all below them belong to this service. None of them is the API's.
pub const PATHS: [&str; 7] = ["/", "/en", "/de", "/items", "/members", "/problems", "/assets/web"];

/// How long all photos of a form may take to come, as the gateway has it.
const UPLOAD: Duration = Duration::from_mins(3);

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
    let mut uploads = Router::new();
    for language in Language::ALL {
        routes = routes.nest(&format!("/{}", language.tag()), pages(&web).layer(Extension(language)));
        let photos = get(mine::photos::upload::show).post(mine::photos::upload::submit).layer(Extension(language));
        uploads = uploads.route(&format!("/{}/mine/{{id}}/photos", language.tag()), photos);
    }
    let (router, _document) = finish(OpenApiRouter::from(routes), Arc::clone(&web), settings);
    let router = router.merge(unhurried(uploads, &web, deadline));
    router.layer(from_fn_with_state(web, problem_pages::problem_pages)).layer(from_fn(secured::secured))
}

/// What photos are sent to: like the pages, but with more bytes and more time for them to come.
fn unhurried(uploads: Router<Arc<Web>>, web: &Arc<Web>, deadline: Duration) -> Router {
    uploads
        .layer(from_fn_with_state(Arc::clone(web), signed_in))
        .with_state(Arc::clone(web))
        .layer(from_fn(serve::uncancelled))
        .layer(limits::body_bytes(UPLOAD_BYTES))
        .layer(limits::body_deadline(UPLOAD))
        .layer(from_fn(limits::header_fields))
        .layer(from_fn_with_state(Deadline(deadline), serve::deadline))
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
        .route("/mine/bookings", get(mine::bookings::show))
        .route("/mine/{id}/photos/arrange", post(mine::photos::arrange::submit))
        .route("/mine/{id}/units", get(mine::units::show::show).post(mine::units::add::submit))
        .route("/mine/{id}/units/{unit}", post(mine::units::change::submit))
        .route("/mine/{id}/labels", get(mine::labels::show))
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
        .route("/account/export", get(account::export::download))
        .route("/account/erase", post(account::erase::submit))
        .route("/account/sessions/{id}/end", post(account::end_session::submit))
        .route("/operations", get(operating::operations::show))
        .route("/operations/run", post(operating::run::submit))
        .route("/reports/{name}", get(operating::report::show))
        .route("/reports/{name}/csv", get(operating::report::csv))
        .route("/people", get(operating::people::list))
        .route("/people/{id}", get(operating::person::show).post(operating::change_person::submit))
        .route("/people/{id}/reset", post(operating::reset::submit))
        .route("/audit", get(operating::audit::list))
        .route("/stuck", get(operating::stuck::list))
        .route("/stuck/{id}/{step}", post(operating::decide::submit))
        .route("/desk", get(operating::desk::list))
        .route("/desk/{id}/paid", post(operating::desk_paid::submit))
        .route("/categories", get(categories::list::list).post(categories::create::submit))
        .route("/categories/{slug}", post(categories::change::submit))
        .layer(from_fn_with_state(Arc::clone(web), signed_in))
}
