use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use problem::{Kind, Problem};

use super::problem_pages::ProblemPage;
use super::visit::Visit;
use crate::shown::{Frame, Page};
use crate::words::{explanation, title};

/// What problems mean changes with a release only.
const FRESH_SECONDS: u32 = 3600;

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    f: Frame,
    rows: Vec<Row>,
}

struct Row {
    status: u16,
    slug: &'static str,
    title: &'static str,
    code: String,
}

/// Every kind of problem.
pub(super) async fn index(visit: Visit) -> Response {
    let row = |kind: Kind| Row {
        status: kind.status().as_u16(),
        slug: kind.slug(),
        title: title(visit.lang, kind),
        code: kind.code(),
    };
    let template = Problems { f: visit.frame(), rows: Kind::ALL.into_iter().map(row).collect() };
    Page::new(template).keep(visit.keep(Vec::new(), FRESH_SECONDS)).into_response()
}

/// The page that a problem's `type` leads to.
pub(super) async fn page(visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let kind = Kind::from_slug(&slug).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let template = ProblemPage {
        f: visit.frame(),
        status: kind.status().as_u16(),
        title: title(visit.lang, kind),
        explanation: explanation(visit.lang, kind),
        code: kind.code(),
        detail: None,
        is_reference: true,
        request_id: None,
    };
    Ok(Page::new(template).keep(visit.keep(Vec::new(), FRESH_SECONDS)).into_response())
}
