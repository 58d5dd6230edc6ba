/// Whether the password is among those that are tried first, capital letters or not. A look takes far less time than the hash
/// that follows it, so that nothing is prepared at the start.
pub(crate) fn contains(password: &str) -> bool {
    let lower = password.to_lowercase();
    words().any(|common| common == lower)
}

fn words() -> impl Iterator<Item = &'static str> {
    PUBLISHED.lines().chain(OURS.split_ascii_whitespace())
}

/// Those of eight characters and more among the 30,000 most frequent passwords of published leaks, the most frequent first.
const PUBLISHED: &str = include_str!("../../vendor/common-passwords/passwords.txt");

/// Rows and repetitions that the list leaves to arithmetic, names and months, and this program's own name.
const OURS: &str = "\
    00000000 000000000 0000000000 0123456789 0987654321 101010101 111111111 1111111111 12121212 121212121 123123123 \
    12341234 13131313 19871987 20252025 20262026 22222222 23232323 33333333 55555555 66666666 69696969 77777777 \
    87654321 88888888 987654321 99999999 aaaaaaaa abcdefgh admin1234 adminadmin administrator alexander asasasas \
    autumn2025 basketball changeme123 chocolate contraseña danielle december elizabeth facebook guest123 jennifer \
    lendery1 lendery123 letmein123 lkjhgfdsa lovelove november p@ssword passpass passwort1 qqqqqqqq qwertz123 \
    root1234 rootroot september spring2025 summer2024 summer2025 testtest user1234 victoria welcome2024 welcome2025 \
    winter2024 winter2025 xxxxxxxx zzzzzzzz";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_holds_words_in_lower_case_that_are_long_enough_to_be_tried() {
        assert!(words().count() > 11_000);
        for word in words() {
            assert!(word.chars().count() >= 8 && word == word.to_lowercase(), "{word}");
        }
        let different: HashSet<_> = words().collect();
        assert_eq!(different.len(), words().count(), "none twice");
    }

    #[test]
    fn the_most_frequent_are_in_it_and_a_phrase_of_odd_words_is_not() {
        for word in ["password", "Trustno1", "QWERTYUIOP", "Sunshine", "11111111", "Lendery123", "CONTRASEÑA"] {
            assert!(contains(word), "{word}");
        }
        for word in ["nine grey herons", "correct horse battery staple", "password or not", ""] {
            assert!(!contains(word), "{word}");
        }
    }
}
