use std::borrow::Cow;

use crate::{FieldProblem, Problem};

/// Collects every refused field of one request, so that a client learns all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldProblem>);

impl FieldErrors {
    /// Notes that the field at `pointer` was refused.
    pub fn refuse(
        &mut self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl std::fmt::Display,
    ) {
        self.0.push(FieldProblem { pointer: pointer.into(), code: code.into(), detail: detail.to_string() });
    }

    /// The value, or a note that this field has to be there.
    pub fn required<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(pointer, "required", "This field is required.");
        }
        value
    }

    /// The parsed value, or a note with the parser's own words.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        code: &'static str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|error| self.refuse(pointer, code, error)).ok()
    }

    /// `Ok` with `value` when nothing was refused and there is one.
    ///
    /// # Errors
    /// 422 `invalid-fields` with everything that was noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::invalid(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refused_field_is_named() {
        let mut errors = FieldErrors::default();
        let name: Option<&str> = errors.required("/name", None);
        let units = errors.parsed("/units", "out_of_range", "many".parse::<u32>());
        let problem = errors.finish(name.zip(units)).unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/units"]);
    }

    #[test]
    fn a_request_without_errors_passes() {
        assert_eq!(FieldErrors::default().finish(Some(7)).unwrap(), 7);
    }
}
