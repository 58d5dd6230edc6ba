use payment_api::CheckRequest;
use problem::{FieldErrors, Problem};

use super::App;
use crate::domain::request::intended;

/// Lets a payment pass that could be asked for. Nothing is written, and no provider is asked.
///
/// # Errors
/// 422 with every field that would be refused.
pub(crate) fn check(app: &App, request: CheckRequest) -> Result<(), Problem> {
    let mut errors = FieldErrors::default();
    if let Some((provider, token)) = intended(&mut errors, request) {
        app.providers.check(&mut errors, provider, token.as_ref());
    }
    errors.finish(Some(()))
}
