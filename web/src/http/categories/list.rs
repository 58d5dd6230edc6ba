use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::{Kind, Problem};
use vocabulary::Category;

use crate::clients::ApiError;
use crate::http::came::Came;
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Choice, Control, Field, Frame, Notice, Page, Shelf, refuse, shelves};
use crate::words::Words;

#[derive(Template)]
#[template(path = "categories.html")]
struct CategoriesPage {
    f: Frame,
    notices: Vec<Notice>,
    shelves: Vec<Shelf>,
    fields: Vec<Field>,
    key: String,
}

/// The tree, each category with its form, and a form for another one.
pub(in crate::http) async fn list(visit: Visit, Query(came): Query<Came>) -> Result<Response, Problem> {
    if !visit.session()?.administers {
        return Err(Problem::new(Kind::Forbidden));
    }
    page(&visit, &Posted::default(), came.notices(visit.lang.words()), None).await
}

/// The page after a form on it was not done.
pub(super) async fn after(visit: &Visit, posted: &Posted, error: ApiError) -> Result<Response, Problem> {
    page(visit, posted, vec![sign_in::failure(visit.lang, &error)], Some(error)).await
}

async fn page(
    visit: &Visit,
    posted: &Posted,
    notices: Vec<Notice>,
    refused: Option<ApiError>,
) -> Result<Response, Problem> {
    let categories = shelves(&visit.web.inventory.categories(&visit.asking).await?);
    let mut fields = fields(visit.lang.words(), &categories, posted);
    if let Some(error) = &refused {
        refuse(visit.lang, &mut fields.iter_mut().collect::<Vec<_>>(), error.fields());
    }
    let key = visit.web.clock.new_id::<Category>().to_string();
    let template = CategoriesPage { f: visit.frame(), notices, shelves: categories, fields, key };
    let status = refused.as_ref().map_or(StatusCode::OK, sign_in::status);
    Ok(Page::new(template).status(status).into_response())
}

fn fields(w: &'static Words, categories: &[Shelf], posted: &Posted) -> Vec<Field> {
    let top = Choice::new("", w.stands_at_top);
    let others = categories.iter().map(|shelf| Choice::new(&shelf.slug, &shelf.indented));
    let parents = [top].into_iter().chain(others).collect();
    vec![
        Field::line("name", w.name).required().value(posted.get("name")),
        Field::line("slug", w.slug).hint(w.slug_hint).value(posted.get("slug")),
        Field::new("parent", w.belongs_to, Control::Select(parents)).value(posted.get("parent")),
    ]
}
