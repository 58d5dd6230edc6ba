use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use problem::{Kind, Problem};
use serde_json::Value;
use vocabulary::Money;

use crate::clients::Report;
use crate::http::visit::Visit;
use crate::shown::{Chart, Frame, Page, amount};
use crate::words::Language;

/// Rows on the page; the file has all.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    f: Frame,
    name: String,
    about: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    more: bool,
    charts: Vec<Chart>,
}

/// A report of the warehouse: a chart of each of its numbers, and all of them as a table.
pub(in crate::http) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Problem> {
    visit.session()?;
    let report = visit.web.warehouse.report(known(&name)?, &visit.asking).await?;
    let charts = charts(visit.lang, &report);
    let page = ReportPage {
        f: visit.frame(),
        rows: report.rows.iter().take(ROWS).map(|row| texts(visit.lang, &report.columns, row)).collect(),
        more: report.truncated || report.rows.len() > ROWS,
        columns: report.columns.iter().map(|column| heading(column)).collect(),
        about: report.about,
        name,
        charts,
    };
    Ok(Page::new(page).into_response())
}

/// The same as a file.
pub(in crate::http) async fn csv(visit: Visit, Path(name): Path<String>) -> Result<Response, Problem> {
    visit.session()?;
    let file = visit.web.warehouse.csv(known(&name)?, &visit.asking).await?;
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment"))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, file).into_response())
}

/// A name becomes part of another address; whatever else is no report.
fn known(name: &str) -> Result<&str, Problem> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(name) } else { Err(Problem::new(Kind::NotFound)) }
}

/// A chart of every column of numbers, by what the other columns say.
fn charts(language: Language, report: &Report) -> Vec<Chart> {
    let is_number = |index: usize| {
        let mut values =
            report.rows.iter().filter_map(|row| row.get(index)).filter(|value| !value.is_null()).peekable();
        values.peek().is_some() && values.all(Value::is_number)
    };
    let (numbers, words): (Vec<_>, Vec<_>) = (0..report.columns.len()).partition(|index| is_number(*index));
    let chart = |index: &usize| {
        let rows = report.rows.iter().map(|row| {
            let texts = texts(language, &report.columns, row);
            let label: Vec<_> = words.iter().filter_map(|index| texts.get(*index).cloned()).collect();
            let number = row.get(*index).and_then(Value::as_f64).unwrap_or_default();
            (label.join(" · "), number, texts.get(*index).cloned().unwrap_or_default())
        });
        Chart::new(&heading(&report.columns[*index]), rows)
    };
    numbers.iter().map(chart).filter(|chart| !chart.bars.is_empty()).collect()
}

/// A row as people read it: money by its currency, which is a column of its own.
fn texts(language: Language, columns: &[String], row: &[Value]) -> Vec<String> {
    let currency =
        columns.iter().zip(row).find(|(column, _)| *column == "currency").and_then(|(_, value)| value.as_str());
    let currency = currency.and_then(|code| code.parse().ok());
    let text = |(column, value): (&String, &Value)| match (value, currency) {
        (Value::Null, _) => String::new(),
        (Value::String(text), _) => text.clone(),
        (Value::Number(number), Some(currency)) if column.ends_with("_minor") => match number.as_i64() {
            Some(amount_minor) => amount(language, Money { amount_minor, currency }),
            None => number.to_string(),
        },
        (other, _) => other.to_string(),
    };
    columns.iter().zip(row).map(text).collect()
}

fn heading(column: &str) -> String {
    column.trim_end_matches("_minor").replace('_', " ")
}
