//! Text that people wrote, by the rules of the house, as fields of requests.

use problem::FieldErrors;
use vocabulary::text;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub(crate) struct TextError(#[from] text::TextError);

impl TextError {
    pub(crate) fn code(self) -> &'static str {
        self.0.code()
    }

    /// Notes this error of the field at `pointer`.
    pub(crate) fn note(self, errors: &mut FieldErrors, pointer: &str) {
        errors.refuse(pointer, self.code(), self);
    }
}

/// As [`text::line`].
pub(crate) fn line(text: &str, most: usize) -> Result<String, TextError> {
    Ok(text::line(text, most)?)
}

/// As [`text::paragraphs`].
pub(crate) fn paragraphs(text: &str, most: usize) -> Result<String, TextError> {
    Ok(text::paragraphs(text, most)?)
}
