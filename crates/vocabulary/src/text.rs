//! Text that people wrote, checked so that it can be stored, shown and logged without surprise.

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("It needs at least one character.")]
    Empty,
    #[error("It has {given} characters; at most {most} are accepted.")]
    TooLong { given: usize, most: usize },
    #[error("It holds the control character U+{code:04X}, which is not accepted.")]
    Control { code: u32 },
    #[error("It holds U+{code:04X}, which changes the direction of writing and can make text look like another.")]
    Direction { code: u32 },
}

impl TextError {
    /// What programs know the reason by.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Control { .. } => "control_character",
            Self::Direction { .. } => "direction_override",
        }
    }
}

/// One line of 1 to `most` characters, without white space at its ends.
///
/// # Errors
/// When it is empty, too long, or holds control characters or direction overrides.
pub fn line(text: &str, most: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    check(text, most, |character| character.is_control() || is_line_break(character))?;
    Ok(text.to_owned())
}

/// Up to `most` characters in any number of lines, each ended as on Unix, without white space at the end.
///
/// # Errors
/// When it is too long, or holds direction overrides or control characters other than line feeds.
pub fn paragraphs(text: &str, most: usize) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end();
    check(text, most, |character| character.is_control() && character != '\n')?;
    Ok(text.to_owned())
}

fn check(text: &str, most: usize, is_refused: impl Fn(char) -> bool) -> Result<(), TextError> {
    if let Some(control) = text.chars().find(|character| is_refused(*character)) {
        return Err(TextError::Control { code: control.into() });
    }
    if let Some(turn) = text.chars().find(|character| is_direction_override(*character)) {
        return Err(TextError::Direction { code: turn.into() });
    }
    let given = text.chars().count();
    if given > most { Err(TextError::TooLong { given, most }) } else { Ok(()) }
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (Unicode UAX #9 §2).
fn is_direction_override(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(line("  Säge  ", 4).unwrap(), "Säge");
        assert_eq!(line("Sägen", 4), Err(TextError::TooLong { given: 5, most: 4 }));
        assert_eq!(line(" \n ", 4), Err(TextError::Empty));
    }

    #[test]
    fn what_would_deceive_a_reader_is_refused() {
        for text in ["a\0b", "a\nb", "a\tb", "a\u{85}b", "a\u{2028}b"] {
            assert!(matches!(line(text, 9), Err(TextError::Control { .. })), "{text:?}");
        }
        for text in ["a\u{202e}b", "a\u{2066}b"] {
            assert!(matches!(line(text, 9), Err(TextError::Direction { .. })), "{text:?}");
            assert!(matches!(paragraphs(text, 9), Err(TextError::Direction { .. })), "{text:?}");
        }
    }

    #[test]
    fn paragraphs_keep_their_lines() {
        assert_eq!(paragraphs("a\r\n\r\nb\r\n", 9).unwrap(), "a\n\nb");
        assert!(matches!(paragraphs("a\rb", 9), Err(TextError::Control { .. })));
        assert_eq!(paragraphs("", 9).unwrap(), "");
    }
}
