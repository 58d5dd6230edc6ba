use inventory_api::{CreateItemRequest, CreateItemsRequest};
use problem::{FieldErrors, Problem};
use service_kit::caller::Caller;
use service_kit::http::{Keyed, Written};

use super::{App, AppError, history, units};
use crate::db;
use crate::domain::content::ItemContent;
use crate::domain::item::Item;

/// The most items of one batch.
const MOST: usize = 100;

/// Makes items of the caller's, each that is right, once for each key. `answer` is what the caller is told, now and at each
/// repetition.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    request: &CreateItemsRequest,
    keyed: &Keyed,
    answer: impl FnOnce(&[Result<Item, Problem>]) -> Written,
) -> Result<Written, AppError> {
    let now = app.clock.now();
    let requests = requests(request)?;
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let categories = db::categories::all(&tx).await?;
    let made = |request| {
        let content = ItemContent::parse(request, &categories)?;
        Ok(Item::new(app.clock.new_id(), caller.user_id, content, now))
    };
    let results: Vec<Result<Item, Problem>> = requests.iter().map(made).collect();
    let items: Vec<Item> = results.iter().flatten().cloned().collect();
    db::items::insert(&tx, &items).await?;
    db::units::insert(&tx, &units::first(app, &items)).await?;
    history::created(app, &tx, Some(caller.user_id), &items).await?;
    let written = answer(&results);
    keyed.keep(&tx, &written, now).await?;
    app.commit(tx).await?;
    Ok(written)
}

fn requests(request: &CreateItemsRequest) -> Result<&[CreateItemRequest], Problem> {
    let mut errors = FieldErrors::default();
    let requests = errors.required("/items", request.items.as_deref());
    if requests.is_some_and(|requests| !(1..=MOST).contains(&requests.len())) {
        errors.refuse("/items", "out_of_range", "A batch has 1 to 100 items.");
    }
    errors.finish(requests)
}
