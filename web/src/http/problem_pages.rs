use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, Uri, header};
use problem::{Kind, Problem};
use url::form_urlencoded;

use super::Web;
use super::visit::{after_language, frame};
use crate::shown::{Frame, Page, redirect};
use crate::words::{Language, explanation, title};

#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage {
    pub(super) f: Frame,
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) explanation: &'static str,
    pub(super) code: String,
    pub(super) detail: Option<String>,
    pub(super) is_reference: bool,
    pub(super) request_id: Option<String>,
}

/// Shows every problem below as a page that looks like the rest. Who has to sign in first is sent there, and back after.
pub(super) async fn problem_pages(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        None => response,
        Some(problem) if problem.kind() == Kind::InvalidToken => to_sign_in(&web, &method, &uri, &headers),
        Some(problem) => page(&web, &uri, &headers, &problem, &response),
    }
}

fn to_sign_in(web: &Web, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let language = language(uri, headers);
    // Only a look can be taken up again after signing in; what was sent cannot.
    let back = if method.is_safe() { uri.path_and_query().map_or("", |whole| whole.as_str()) } else { "" };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    let mut response = redirect(&format!("/{}/sign-in?{query}", language.tag()));
    response.headers_mut().extend(web.cookie.forget().map(|forget| (header::SET_COOKIE, forget)));
    response
}

fn page(web: &Web, uri: &Uri, headers: &HeaderMap, problem: &Problem, response: &Response) -> Response {
    let (kind, language) = (problem.kind(), language(uri, headers));
    let session = web.cookie.read(headers);
    let template = ProblemPage {
        f: frame(web, language, after_language(uri), session.as_ref()),
        status: kind.status().as_u16(),
        title: title(language, kind),
        explanation: explanation(language, kind),
        code: kind.code(),
        detail: problem.detail().map(ToOwned::to_owned),
        is_reference: false,
        request_id: response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(ToOwned::to_owned),
    };
    let mut page = Page::new(template).status(kind.status()).into_response();
    page.headers_mut().extend(problem.headers().clone());
    for name in [header::ALLOW, header::SET_COOKIE, header::HeaderName::from_static("x-request-id")] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

fn language(uri: &Uri, headers: &HeaderMap) -> Language {
    Language::of_path(uri.path()).unwrap_or_else(|| Language::preferred(headers))
}
