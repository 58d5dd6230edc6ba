use std::str::FromStr;

use super::field_error::FieldError;

const MOST: usize = 80;

/// The name others see: 1 to 80 characters, without white space at its ends and without characters that deceive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisplayName(String);

impl DisplayName {
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for DisplayName {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let given = text.chars().count();
        if given == 0 {
            return Err(FieldError::Empty);
        }
        if let Some(control) = text.chars().find(|character| character.is_control()) {
            return Err(FieldError::Control { code: control.into() });
        }
        if let Some(hidden) = text.chars().find(|character| is_invisible(*character)) {
            return Err(FieldError::Invisible { code: hidden.into() });
        }
        if given > MOST {
            return Err(FieldError::TooLong { given, most: MOST });
        }
        Ok(Self(text.to_owned()))
    }
}

/// Breaks of lines, the controls of the bidirectional algorithm (Unicode UAX #9 §2), and spaces without width. The joiners
/// U+200C and U+200D are not among them: Persian, Indic scripts and emoji need them.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_counted_in_characters() {
        assert_eq!(" Ada L. ".parse::<DisplayName>().unwrap().into_string(), "Ada L.");
        for name in ["ß", "山田 太郎", "👩\u{200d}🔧", &"ä".repeat(80)] {
            assert!(name.parse::<DisplayName>().is_ok(), "{name}");
        }
        assert_eq!("ä".repeat(81).parse::<DisplayName>(), Err(FieldError::TooLong { given: 81, most: 80 }));
        assert_eq!(" \t".parse::<DisplayName>(), Err(FieldError::Empty));
    }

    #[test]
    fn a_name_that_deceives_is_refused() {
        for name in ["a\0b", "a\nb", "a\u{7f}b", "a\u{9b}b"] {
            assert!(matches!(name.parse::<DisplayName>(), Err(FieldError::Control { .. })), "{name:?}");
        }
        for name in ["a\u{202e}b", "a\u{2066}b", "a\u{200b}b", "a\u{2028}b", "\u{feff}a"] {
            assert!(matches!(name.parse::<DisplayName>(), Err(FieldError::Invisible { .. })), "{name:?}");
        }
    }
}
