use axum::extract::Path;
use problem::{Kind, Problem};

use super::html::{Page, concat, escape};

/// Every kind of problem.
pub(super) fn index() -> Page {
    let rows = Kind::ALL.iter().map(|kind| {
        let (slug, status, title) = (kind.slug(), kind.status().as_u16(), escape(kind.title()));
        format!("<tr><td>{status}</td><td><a href=\"/problems/{slug}\">{slug}</a></td><td>{title}</td></tr>\n")
    });
    let rows = concat(rows);
    let head = "<tr><th>Status</th><th>Problem</th><th>Meaning</th></tr>";
    Page::new("Problems", &format!("<h1>Problems</h1>\n<table>\n{head}\n{rows}</table>"))
}

/// The page that a problem's `type` leads to.
///
/// # Errors
/// 404 for a slug that no problem has.
pub(super) async fn page(Path(slug): Path<String>) -> Result<Page, Problem> {
    let kind = Kind::from_slug(&slug).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let (title, explanation) = (escape(kind.title()), escape(kind.explanation()));
    let body = format!(
        "<h1>{title}</h1>\n<p>{explanation}</p>\n<dl>\n<dt>Status</dt><dd>{}</dd>\n<dt>Code</dt><dd><code>{}</code></dd>\n\
         </dl>\n<p><a href=\"/problems\">All problems</a></p>",
        kind.status(),
        kind.code(),
    );
    Ok(Page::new(kind.title(), &body))
}
