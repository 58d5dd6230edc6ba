use askama::Template;
use axum::response::{IntoResponse, Response};
use inventory_api::{Unit, UnitId};
use problem::Problem;
use vocabulary::ItemId;

use crate::clients::ApiError;
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Choice, Frame, Notice, Page};
use crate::words::{Words, refusal};

#[derive(Template)]
#[template(path = "units.html")]
pub(super) struct UnitsPage {
    f: Frame,
    notices: Vec<Notice>,
    /// The address of the item's form.
    item: String,
    rows: Vec<Row>,
    new: Row,
    key: String,
}

/// The form of a unit.
struct Row {
    /// Empty for one that is new.
    id: String,
    version: i64,
    label: String,
    conditions: Vec<(Choice, bool)>,
    out_of_service: bool,
    error: Option<String>,
}

impl UnitsPage {
    pub(super) async fn new(visit: &Visit, item: ItemId, notices: Vec<Notice>) -> Result<Self, Problem> {
        let units = visit.web.inventory.units(item, &visit.asking).await?;
        let w = visit.lang.words();
        Ok(Self {
            f: visit.frame(),
            notices,
            item: visit.path(&format!("/mine/{item}")),
            rows: units.iter().map(|unit| row(w, unit)).collect(),
            new: Row {
                id: String::new(),
                version: 0,
                label: String::new(),
                conditions: conditions(w, "good"),
                out_of_service: false,
                error: None,
            },
            key: visit.web.clock.new_id::<Unit>().to_string(),
        })
    }

    /// The page after one of its forms was not done, with what was typed into that.
    pub(super) async fn after(
        visit: &Visit,
        item: ItemId,
        unit: Option<UnitId>,
        posted: &Posted,
        error: &ApiError,
    ) -> Result<Response, Problem> {
        let mut page = Self::new(visit, item, vec![sign_in::failure(visit.lang, error)]).await?;
        let id = unit.map(|unit| unit.to_string()).unwrap_or_default();
        let w = visit.lang.words();
        if let Some(row) = page.rows.iter_mut().chain([&mut page.new]).find(|row| row.id == id) {
            posted.get("label").clone_into(&mut row.label);
            row.conditions = conditions(w, posted.get("condition"));
            row.out_of_service = !posted.get("out_of_service").is_empty();
            row.error = error.fields().first().map(|field| refusal(visit.lang, field));
        }
        Ok(Page::new(page).status(sign_in::status(error)).into_response())
    }
}

fn row(w: &Words, unit: &Unit) -> Row {
    Row {
        id: unit.id.to_string(),
        version: unit.version,
        label: unit.label.clone(),
        conditions: conditions(w, unit.condition.as_str()),
        out_of_service: unit.out_of_service,
        error: None,
    }
}

/// All conditions, with the one that is chosen.
fn conditions(w: &Words, chosen: &str) -> Vec<(Choice, bool)> {
    let all = [
        ("new", w.condition_new),
        ("like_new", w.condition_like_new),
        ("good", w.condition_good),
        ("fair", w.condition_fair),
        ("poor", w.condition_poor),
    ];
    all.into_iter().map(|(value, label)| (Choice::new(value, label), value == chosen)).collect()
}
