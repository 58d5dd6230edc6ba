use axum::extract::State;
use inventory_api::ImportReport;
use problem::{FieldErrors, Problem};
use serde::Deserialize;
use service_kit::caller::ServiceCaller;
use service_kit::http::{QueryOf, Written};
use utoipa::IntoParams;
use vocabulary::UserId;

use super::csv_body::CsvBody;
use crate::app::App;
use crate::app::import::{ImportOptions, import};
use crate::http::items::availability;
use service_kit::http::refusals::{Always, Body, Contradiction, SignIn};

/// How the file is to be read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportItems {
    /// Whose items they are.
    #[param(required, value_type = UserId)]
    owner_id: Option<String>,
    /// Report what would happen and change nothing; `false` unless given.
    #[param(value_type = Option<bool>)]
    dry_run: Option<String>,
    /// Take the good rows and leave the bad ones out, instead of nothing; `false` unless given.
    #[param(value_type = Option<bool>)]
    keep_going: Option<String>,
}

/// Take in a file of items
///
/// CSV in UTF-8 with the columns `name` and `category`, and any of `description`, `units`, `loan_days`, `tags` (with
/// semicolons between), `external_id`, `daily_price`, `deposit` (decimals) and `currency`. Categories that do not exist
/// are made. A row is about the owner's item with the same `external_id`, or without one with the same name and category;
/// the same file twice changes nothing. What is wrong in the file is in the report, whose status is 200.
#[utoipa::path(
    post,
    path = "/internal/v1/items/import",
    tag = "internal",
    params(ImportItems),
    request_body(content = String, content_type = "text/csv"),
    security(("service" = [])),
    responses(
        (status = 200, description = "What came of it", body = ImportReport,
            headers(("Cache-Group-Invalidation" = String))),
        Always,
        SignIn,
        Contradiction,
        Body
    )
)]
pub(crate) async fn import_items(
    State(app): State<App>,
    _: ServiceCaller,
    QueryOf(query): QueryOf<ImportItems>,
    CsvBody(file): CsvBody,
) -> Result<Written, Problem> {
    let imported = import(&app, parse(&query)?, &file).await?;
    let groups = [
        (imported.items_changed, "items"),
        // They count items.
        (imported.items_changed || imported.categories_changed, "categories"),
        (imported.items_changed, availability::GROUP),
    ];
    let stale: Vec<_> = groups.into_iter().filter(|(changed, _)| *changed).map(|(_, group)| group.to_owned()).collect();
    let written = Written::changed(&imported.report);
    Ok(if stale.is_empty() { written } else { written.invalidates(&stale) })
}

fn parse(query: &ImportItems) -> Result<ImportOptions, Problem> {
    let mut errors = FieldErrors::default();
    let owner = errors.required("owner_id", query.owner_id.as_deref());
    let owner = owner.and_then(|id| errors.parsed("owner_id", "malformed", id.parse()));
    let dry_run = flag(&mut errors, "dry_run", query.dry_run.as_deref());
    let keep_going = flag(&mut errors, "keep_going", query.keep_going.as_deref());
    errors.finish(owner.map(|owner| ImportOptions { owner, dry_run, keep_going }))
}

fn flag(errors: &mut FieldErrors, name: &str, text: Option<&str>) -> bool {
    match text {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            errors.refuse(name, "unknown_value", "It is true or false.");
            false
        }
    }
}
