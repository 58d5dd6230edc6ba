//! The audit trail of items: who has changed what, and when. Whatever is written there is told to other services too.

use inventory_api::ItemChangeId;
use service_kit::caller::Caller;
use service_kit::http::Limit;
use vocabulary::{ItemId, UserId};

use super::{App, AppError, events};
use crate::db;
use crate::domain::history::Change;
use crate::domain::item::Item;
use crate::domain::unit::Unit;

/// Writes down that items are new; none is the operator.
pub(super) async fn created(
    app: &App,
    tx: &db::Transaction,
    by: Option<UserId>,
    items: &[Item],
) -> Result<(), AppError> {
    let changes: Vec<_> = items.iter().map(|item| Change::created(app.clock.new_id(), by, item)).collect();
    db::history::insert(tx, &changes).await?;
    let news: Vec<_> = items.iter().map(|item| (None, item)).collect();
    events::items(app, tx, &news).await
}

/// Writes down what the operator's file has made of items.
pub(super) async fn imported(
    app: &App,
    tx: &db::Transaction,
    new: &[Item],
    changed: &[(Item, Item)],
) -> Result<(), AppError> {
    created(app, tx, None, new).await?;
    let change = |(before, after): &(Item, Item)| Change::between(app.clock.new_id(), None, before, after);
    let changes: Vec<_> = changed.iter().map(change).collect();
    db::history::insert(tx, &changes).await?;
    let news: Vec<_> = changed.iter().map(|(before, after)| (Some(before), after)).collect();
    events::items(app, tx, &news).await
}

/// Writes down what has become of an item.
pub(super) async fn changed(
    app: &App,
    tx: &db::Transaction,
    by: &Caller,
    (before, after): (&Item, &Item),
) -> Result<(), AppError> {
    let change = Change::between(app.clock.new_id(), Some(by.user_id), before, after);
    db::history::insert(tx, &[change]).await?;
    events::items(app, tx, &[(Some(before), after)]).await
}

/// Writes down what has become of a unit: none before if it is new, none after if it was taken away.
pub(super) async fn unit_changed(
    app: &App,
    tx: &db::Transaction,
    by: &Caller,
    (before, after): (&Item, &Item),
    (unit_before, unit_after): (Option<&Unit>, Option<&Unit>),
) -> Result<(), AppError> {
    let mut change = Change::between(app.clock.new_id(), Some(by.user_id), before, after);
    change.at = app.clock.now();
    db::history::insert(tx, &[change.with_unit(unit_before, unit_after)]).await?;
    events::items(app, tx, &[(Some(before), after)]).await
}

/// One page of an item's changes, newest first, and from which change the next goes on. They stay when the item is retired.
pub(crate) async fn page(
    app: &App,
    caller: &Caller,
    id: ItemId,
    after: Option<ItemChangeId>,
    limit: Limit,
) -> Result<(Vec<Change>, Option<ItemChangeId>), AppError> {
    let item = db::items::find(app.db.read(), id).await?.ok_or(AppError::NoSuchItem)?;
    super::items::may_change(caller, &item)?;
    let mut page = db::history::page(app.db.read(), id, after, limit.get() + 1).await?;
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let goes_on = page.len() > most;
    page.truncate(most);
    let last = page.last().filter(|_| goes_on).map(|change| change.id);
    Ok((page, last))
}
