use inventory_api::{CreateItemRequest, ItemStatus};
use problem::Problem;
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, Keyed, Written};
use vocabulary::ItemId;

use super::{App, AppError, history, units};
use crate::db;
use crate::domain::category::Categories;
use crate::domain::content::ItemContent;
use crate::domain::item::Item;

/// The item, whatever its status but retired. A draft is for its owner and administrators: the caller has to look.
pub(crate) async fn get(app: &App, id: ItemId) -> Result<Item, AppError> {
    let item = db::items::find(app.db.read(), id).await?.ok_or(AppError::NoSuchItem)?;
    if item.is_retired() { Err(AppError::ItemRetired) } else { Ok(item) }
}

/// Whether lists show the item and categories count it.
pub(crate) fn is_listed(item: &Item) -> bool {
    item.content.status == ItemStatus::Listed
}

/// Whether everybody may see the item.
pub(crate) fn is_public(item: &Item) -> bool {
    matches!(item.content.status, ItemStatus::Listed | ItemStatus::Paused)
}

/// Makes an item of the caller's, once for each key. `answer` is what the caller is told, now and at each repetition.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    request: &CreateItemRequest,
    keyed: &Keyed,
    answer: impl FnOnce(&Item) -> Written,
) -> Result<Written, AppError> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let content = ItemContent::parse(request, &db::categories::all(&tx).await?)?;
    let item = Item::new(app.clock.new_id(), caller.user_id, content, now);
    db::items::insert(&tx, std::slice::from_ref(&item)).await?;
    db::units::insert(&tx, &units::first(app, std::slice::from_ref(&item))).await?;
    history::created(app, &tx, Some(caller.user_id), std::slice::from_ref(&item)).await?;
    let written = answer(&item);
    keyed.keep(&tx, &written, now).await?;
    app.commit(tx).await?;
    Ok(written)
}

/// An item as a change has left it.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) item: Item,
    /// Whether categories have other numbers of listed items now.
    pub(crate) recounts: bool,
}

/// Changes an item to what `revise` makes of it; what is the same as before is no new version.
///
/// What is wrong is reported in this order: there is no such item, it is not the caller's, the request does not say which
/// version it is for, `revise` refuses, the version is another.
pub(crate) async fn change(
    app: &App,
    caller: &Caller,
    id: ItemId,
    if_match: Result<IfMatch, Problem>,
    revise: impl FnOnce(&Item, &Categories) -> Result<ItemContent, Problem>,
) -> Result<Changed, AppError> {
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    let if_match = if_match?;
    let content = revise(&item, &db::categories::all(&tx).await?)?;
    if_match.check(item.version)?;
    if content == item.content {
        return Ok(Changed { item, recounts: false });
    }
    let changed = item.clone().changed(content, app.clock.now());
    units::settle(app, &tx, &item, &changed).await?;
    save(&tx, &changed).await?;
    history::changed(app, &tx, caller, (&item, &changed)).await?;
    app.commit(tx).await?;
    let counted = |item: &Item| is_listed(item).then_some(item.content.category.id);
    Ok(Changed { recounts: counted(&item) != counted(&changed), item: changed })
}

/// Takes an item off for good, unless something of it is reserved.
pub(crate) async fn retire(
    app: &App,
    caller: &Caller,
    id: ItemId,
    if_match: Result<IfMatch, Problem>,
) -> Result<Changed, AppError> {
    let tx = app.db.begin().await?;
    let item = owned(&tx, caller, id).await?;
    if_match?.check(item.version)?;
    let retired = item.clone().retired(app.clock.now());
    units::none_reserved(app, &tx, &retired).await?;
    save(&tx, &retired).await?;
    history::changed(app, &tx, caller, (&item, &retired)).await?;
    app.commit(tx).await?;
    Ok(Changed { recounts: is_listed(&item), item: retired })
}

/// The item, held until the transaction ends, if the caller may change it. Of another's draft nobody learns.
pub(super) async fn owned(tx: &db::Transaction, caller: &Caller, id: ItemId) -> Result<Item, AppError> {
    let item = db::items::find_for_update(tx, id).await?.ok_or(AppError::NoSuchItem)?;
    if item.is_retired() {
        return Err(AppError::ItemRetired);
    }
    may_change(caller, &item)?;
    Ok(item)
}

/// Lets the owner and administrators pass.
pub(super) fn may_change(caller: &Caller, item: &Item) -> Result<(), AppError> {
    match caller.owns_or_administers(item.owner_id) {
        Err(_) if !is_public(item) => Err(AppError::NoSuchItem),
        allowed => Ok(allowed?),
    }
}

pub(super) async fn save(tx: &db::Transaction, item: &Item) -> Result<(), AppError> {
    if db::items::update(tx, item).await? { Ok(()) } else { Err(AppError::Overtaken) }
}
