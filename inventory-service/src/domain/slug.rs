use std::fmt;
use std::str::FromStr;

use super::words::words;

/// The name of a category in addresses: letters a to z, digits and single hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slug(String);

/// The text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A slug has 1 to 60 letters a to z, digits and single hyphens between them, such as power-tools.")]
pub(crate) struct ParseSlugError;

impl Slug {
    const LONGEST: usize = 60;

    /// The slug that a name gives: its folded words with hyphens between. Characters beyond a to z are written as
    /// their code points, so that a name in any script has a slug; one without letters and digits has none.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let written: Vec<String> = words(name).iter().map(|word| word.chars().map(in_ascii).collect()).collect();
        let mut slug = written.join("-");
        slug.truncate(Self::LONGEST);
        slug.trim_end_matches('-').parse().ok()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn in_ascii(character: char) -> String {
    if character.is_ascii() { character.to_string() } else { format!("u{:x}", u32::from(character)) }
}

impl FromStr for Slug {
    type Err = ParseSlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let right = text.len() <= Self::LONGEST && text.split('-').all(plain);
        right.then(|| Self(text.to_owned())).ok_or(ParseSlugError)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_a_slug() {
        for (name, slug) in [
            ("Power Tools", "power-tools"),
            ("Clamps & Jigs", "clamps-jigs"),
            ("  Küche, 2. Regal ", "kuche-2-regal"),
            ("工具", "u5de5u5177"),
        ] {
            assert_eq!(Slug::of_name(name).unwrap().as_str(), slug);
        }
        assert_eq!(Slug::of_name("&!"), None);
        assert!(Slug::of_name(&"ab ".repeat(40)).unwrap().as_str().len() <= 60);
    }

    #[test]
    fn what_is_no_slug_is_refused() {
        for text in ["", "-", "a-", "-a", "a--b", "A", "ä", "a b", "a_b", &"a".repeat(61), "a\0"] {
            assert_eq!(text.parse::<Slug>(), Err(ParseSlugError), "{text}");
        }
    }
}
