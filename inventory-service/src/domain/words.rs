//! Folding: what counts as the same text in a search, a sort and a slug, decided here once for both databases.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// Longer words are cut. No language needs more, and PostgreSQL refuses to index words above 2,046 bytes.
const LONGEST_WORD: usize = 64;

/// Text as it is compared: compatible characters made the same (Unicode NFKD), without accents, in lower case.
pub(crate) fn fold(text: &str) -> String {
    let bare = text.nfkd().filter(|character| !is_accent(*character));
    // By way of capitals, so that ß becomes ss and both lower-case sigmas become one.
    bare.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The folded words of a text: runs of letters and digits.
pub(crate) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(LONGEST_WORD).collect()).collect()
}

/// How much of a word is in another one, from 0 to 1: of the groups of three letters of `word`, those that `term` has as well.
/// `word_similarity` of PostgreSQL's `pg_trgm` says the same of single words.
pub(crate) fn similarity(word: &str, term: &str) -> f64 {
    let (word, term) = (trigrams(word), trigrams(term));
    let count = |trigrams: usize| u32::try_from(trigrams).map_or(f64::INFINITY, f64::from);
    count(word.intersection(&term).count()) / count(word.len())
}

/// As `pg_trgm` makes them: with two spaces before the word, and one behind it.
fn trigrams(word: &str) -> BTreeSet<[char; 3]> {
    let padded: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect();
    padded.windows(3).filter_map(|three| three.try_into().ok()).collect()
}

/// The combining marks of European scripts. Those of others are vowels rather than accents.
fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// What somebody is looking for: all of these words, the last of which may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    words: Vec<String>,
}

impl Search {
    pub(crate) fn new(text: &str) -> Self {
        Self { words: words(text) }
    }

    /// How well a folded name answers the search: 0 if it begins with the first word and has them all, 1 if it has them
    /// all, 2 if some are found elsewhere. The list that is ordered by it says the same in the database's words.
    pub(crate) fn rank(&self, name: &str) -> i32 {
        let has_all = self.words.iter().all(|word| name.contains(word));
        let begins = self.words.first().is_some_and(|word| name.starts_with(word));
        match (has_all, begins) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }

    /// Folded words, so made of letters and digits alone. None when the text had none: then nothing is found.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_capitals_and_widths_make_no_difference() {
        for (text, folded) in [
            ("Küche", "kuche"),
            ("KU\u{308}CHE", "kuche"),
            ("Straße", "strasse"),
            ("ﬁle", "file"),
            ("Ｄｒｉｌｌ", "drill"),
            ("Σίσυφος", "σισυφοσ"),
            ("İstanbul", "istanbul"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn similar_words_share_most_of_their_groups_of_letters() {
        let of_eight = |shared: f64| shared / 8.0;
        assert!((similarity("ladders", "ladder") - of_eight(6.0)).abs() < 1e-9);
        assert!((similarity("drill", "drill") - 1.0).abs() < f64::EPSILON);
        assert!(similarity("hamer", "hammer") > 0.6);
        assert!(similarity("banana", "barn") < 0.6 && similarity("drill", "saw") < 0.1);
    }

    #[test]
    fn a_text_falls_into_words_of_letters_and_digits() {
        assert_eq!(words("Drill & bit-set, 18-volt (\"Makita\")*"), ["drill", "bit", "set", "18", "volt", "makita"]);
        assert_eq!(words("…!?'\" \0 --"), Vec::<String>::new());
        assert_eq!(words(&"x".repeat(5_000)), ["x".repeat(LONGEST_WORD)]);
    }
}
