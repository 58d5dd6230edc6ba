use std::collections::HashMap;

use inventory_api::{CreateCategoryRequest, ReplaceCategoryRequest};
use problem::{Kind, Problem};
use sea_orm::{DbErr, SqlErr};
use service_kit::caller::Caller;
use service_kit::http::{IfMatch, Keyed, Written};

use super::{App, AppError};
use crate::db;
use crate::domain::category::{Categories, Category, NewCategory, Tree};

/// The whole tree.
pub(crate) async fn all(app: &App) -> Result<Tree, AppError> {
    let categories = db::categories::all(app.db.read()).await?;
    Ok(Tree { categories, listed: db::category_counts::listed(app.db.read()).await? })
}

/// Makes a category, once for each key. `answer` is what the caller is told, now and at each repetition.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    request: &CreateCategoryRequest,
    keyed: &Keyed,
    answer: impl FnOnce(&Category, &Tree) -> Written,
) -> Result<Written, AppError> {
    administers(caller)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let all = db::categories::all(&tx).await?;
    let NewCategory { slug, name, parent_id } = NewCategory::parse(request, &all)?;
    let category = Category { id: app.clock.new_id(), slug, name, parent_id, version: 1 };
    db::categories::insert(&tx, &category, now).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => AppError::CategoryTaken(category.slug.clone()),
        _ => error.into(),
    })?;
    let written = answer(&category, &Tree { categories: all, listed: HashMap::new() });
    keyed.keep(&tx, &written, now).await?;
    tx.commit().await?;
    Ok(written)
}

/// Renames or moves a category. Answers it as it is now, and the tree.
pub(crate) async fn replace(
    app: &App,
    caller: &Caller,
    slug: &str,
    if_match: Result<IfMatch, Problem>,
    request: Result<ReplaceCategoryRequest, Problem>,
) -> Result<(Category, Tree), AppError> {
    let tx = app.db.begin().await?;
    let (mut all, category) = administered(&tx, caller, slug).await?;
    let (if_match, version) = (if_match?, category.version);
    let category = category.replaced(&request?, &all)?;
    if_match.check(version)?;
    if !db::categories::update(&tx, &category, app.clock.now()).await? {
        return Err(AppError::Overtaken);
    }
    all.insert(category.clone());
    let listed = db::category_counts::listed(&tx).await?;
    tx.commit().await?;
    Ok((category, Tree { categories: all, listed }))
}

/// Removes a category to which nothing belongs but what was retired.
pub(crate) async fn delete(
    app: &App,
    caller: &Caller,
    slug: &str,
    if_match: Result<IfMatch, Problem>,
) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    let (all, category) = administered(&tx, caller, slug).await?;
    if_match?.check(category.version)?;
    let has_children = all.iter().any(|child| child.parent_id == Some(category.id));
    if has_children || db::items::any_in_category(&tx, category.id).await? {
        return Err(AppError::CategoryInUse);
    }
    db::items::let_go(&tx, category.id).await?;
    db::categories::delete(&tx, category.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds up the counts of listed items, which writers only add rows to.
pub(crate) async fn gather_counts(app: &App) -> Result<(), DbErr> {
    if !db::category_counts::are_scattered(app.db.read()).await? {
        return Ok(());
    }
    let tx = app.db.begin().await?;
    db::category_counts::gather(&tx).await?;
    tx.commit().await
}

/// All categories, held until the transaction ends, and the one that an administrator wants to change.
async fn administered(tx: &db::Transaction, caller: &Caller, slug: &str) -> Result<(Categories, Category), AppError> {
    let all = db::categories::all_for_update(tx).await?;
    let category = all.get(slug).cloned().ok_or(AppError::NoSuchCategory)?;
    administers(caller)?;
    Ok((all, category))
}

fn administers(caller: &Caller) -> Result<(), Problem> {
    if caller.is_admin() {
        return Ok(());
    }
    Err(Problem::because(Kind::Forbidden, "Categories are looked after by administrators."))
}
