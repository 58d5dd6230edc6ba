//! Requests into types that cannot be wrong; every refused field is reported at once.

use std::str::FromStr;

use problem::{FieldErrors, Problem};
use serde::de::DeserializeOwned;
use user_api::{RegisterRequest, Role};
use vocabulary::{Id, Secret};

use crate::domain::account::Registration;
use crate::domain::field_error::FieldError;
use crate::domain::password::NewPassword;

/// The longest that an e-mail can be.
const MOST_SEARCHED: usize = 254;

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

/// The role that a list of roles comes down to.
pub(super) fn role(errors: &mut FieldErrors, pointer: &str, roles: Option<Vec<Role>>) -> Option<Role> {
    let roles = errors.required(pointer, roles)?;
    match (roles.contains(&Role::Member), roles.contains(&Role::Admin), roles.len()) {
        (true, false, 1) => Some(Role::Member),
        (true, true, 2) => Some(Role::Admin),
        _ => {
            errors.refuse(pointer, "not_a_set_of_roles", "It is [\"member\"] or [\"member\", \"admin\"].");
            None
        }
    }
}

/// One of the words of an enumeration, if a parameter names one.
pub(super) fn choice<T: DeserializeOwned>(errors: &mut FieldErrors, name: &str, word: Option<String>) -> Option<T> {
    let chosen = serde_json::from_value(serde_json::Value::String(word?));
    errors.parsed(name, "unknown_word", chosen.map_err(|_| "It is not one of the words in the API reference."))
}

/// An id, if a parameter holds one.
pub(super) fn id<K>(errors: &mut FieldErrors, name: &str, text: Option<String>) -> Option<Id<K>> {
    errors.parsed(name, "not_an_id", text?.parse())
}

/// What to look for, if a parameter says so.
pub(super) fn search_text(errors: &mut FieldErrors, name: &str, text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    let given = text.chars().count();
    let refused = match given {
        0 => FieldError::Empty,
        _ if given > MOST_SEARCHED => FieldError::TooLong { given, most: MOST_SEARCHED },
        _ => match text.chars().find(|character| character.is_control()) {
            Some(control) => FieldError::Control { code: control.into() },
            None => return Some(text),
        },
    };
    note(errors, name, refused);
    None
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
