//! Requests into types that cannot be wrong; every refused field is reported at once.

use std::str::FromStr;

use problem::{FieldErrors, Problem};
use user_api::RegisterRequest;
use vocabulary::Secret;

use crate::domain::account::Registration;
use crate::domain::field_error::FieldError;
use crate::domain::password::NewPassword;

/// The value of a required text.
pub(super) fn text<T: FromStr<Err = FieldError>>(
    errors: &mut FieldErrors,
    pointer: &str,
    text: Option<&str>,
) -> Option<T> {
    let text = errors.required(pointer, text)?;
    accepted(errors, pointer, text.parse())
}

/// A required password that is to be set.
pub(super) fn new_password(errors: &mut FieldErrors, pointer: &str, secret: Option<Secret>) -> Option<NewPassword> {
    let secret = errors.required(pointer, secret)?;
    accepted(errors, pointer, NewPassword::parse(secret))
}

/// # Errors
/// 422 with every field that is missing or refused.
pub(super) fn registration(request: RegisterRequest) -> Result<Registration, Problem> {
    let mut errors = FieldErrors::default();
    let email = text(&mut errors, "/email", request.email.as_deref());
    let password = new_password(&mut errors, "/password", request.password);
    let display_name = text(&mut errors, "/display_name", request.display_name.as_deref());
    let all = email.zip(password).zip(display_name);
    errors.finish(all.map(|((email, password), display_name)| Registration { email, password, display_name }))
}

/// 422 for one field.
pub(super) fn refused(pointer: &str, error: FieldError) -> Problem {
    let mut errors = FieldErrors::default();
    note(&mut errors, pointer, error);
    match errors.finish::<()>(None) {
        Ok(()) => Problem::new(problem::Kind::InvalidFields),
        Err(problem) => problem,
    }
}

fn accepted<T>(errors: &mut FieldErrors, pointer: &str, parsed: Result<T, FieldError>) -> Option<T> {
    parsed.map_err(|error| note(errors, pointer, error)).ok()
}

fn note(errors: &mut FieldErrors, pointer: &str, error: FieldError) {
    errors.refuse(pointer, error.code(), error);
}
