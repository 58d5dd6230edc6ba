use super::{App, AppError, operate};
use crate::db;

/// Replaces holds that are growing too old.
pub(crate) async fn renew_due(app: &App) -> Result<(), AppError> {
    for id in db::work::to_renew(app.db.read(), app.clock.now()).await? {
        operate::renew(app, id).await?;
    }
    Ok(())
}
