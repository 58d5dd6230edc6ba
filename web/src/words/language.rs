use http::{HeaderMap, header};

use super::Words;
use super::english::ENGLISH;
use super::german::GERMAN;

/// A language of the pages. It is the first part of every page's address, so that a page is one representation and caches
/// need not know about languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag of RFC 5646, as in addresses.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    /// The language that a page's path begins with.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let first = path.split('/').nth(1)?;
        Self::ALL.into_iter().find(|language| language.tag() == first)
    }

    /// The one that a reader likes best (RFC 9110 §12.5.4); English for those who like neither.
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
        let ranges = lines.flat_map(|line| line.split(',')).filter_map(weighted);
        let mut best = (0.0, Self::English);
        for (language, weight) in ranges {
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// One of our languages with how much it is liked.
fn weighted(range: &str) -> Option<(Language, f32)> {
    let (range, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
    let primary = range.trim().split('-').next()?.to_ascii_lowercase();
    let language = Language::ALL.into_iter().find(|language| language.tag() == primary)?;
    let weight: f32 = parameter.trim().strip_prefix("q=")?.parse().ok()?;
    Some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn preferred(accepted: &'static str) -> Language {
        let pair = (header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
        Language::preferred(&HeaderMap::from_iter([pair]))
    }

    #[test]
    fn the_language_liked_best_is_chosen() {
        assert_eq!(preferred("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(preferred("en;q=0.3, DE;q=0.4"), Language::German);
        assert_eq!(preferred("fr, en;q=0.5, de;q=0.4"), Language::English);
        for none in ["fr", "", "*", "de;q=0", "de;q=much", ";;,"] {
            assert_eq!(preferred(none), Language::English, "{none}");
        }
    }

    /// Words that are the same in both languages.
    const SHARED: [&str; 4] = ["sort_name", "status_code", "code_word", "name"];

    #[test]
    fn every_word_is_there_in_both_languages() {
        let [english, german] = Language::ALL.map(|language| format!("{:#?}", language.words()));
        assert!(!english.contains("\"\"") && !german.contains("\"\""), "a word is empty");
        for (english, german) in english.lines().zip(german.lines()) {
            let name = english.trim().split_once(": \"").map_or("", |(name, _)| name);
            assert!(english != german || name.is_empty() || SHARED.contains(&name), "{name} is not translated");
        }
    }

    #[test]
    fn a_language_begins_a_path_as_a_whole_segment_only() {
        assert_eq!(Language::of_path("/de/items"), Some(Language::German));
        assert_eq!(Language::of_path("/en"), Some(Language::English));
        for path in ["/", "/den", "/items/de", "/EN"] {
            assert_eq!(Language::of_path(path), None, "{path}");
        }
    }
}
