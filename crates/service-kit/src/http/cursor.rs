use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use problem::{FieldErrors, Kind, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Where a page of a list ended, bound to the filters and the order of that list.
///
/// The text is opaque to clients; changing it gives at worst another place in the same list.
#[derive(Debug)]
pub struct Cursor {
    list: [u8; 8],
}

impl Cursor {
    /// The cursors of the list that these filters describe. Two lists that differ in any of them share no cursors.
    pub fn of(filters: &impl Serialize) -> Self {
        let text = serde_json::to_vec(filters).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(&text).into();
        let mut list = [0; 8];
        list.copy_from_slice(&digest[..8]);
        Self { list }
    }

    /// The cursor after the row with this key.
    pub fn encode(&self, key: &impl Serialize) -> String {
        let mut bytes = self.list.to_vec();
        bytes.extend(serde_json::to_vec(key).unwrap_or_default());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key in a cursor of this list.
    ///
    /// # Errors
    /// 400 for a cursor of another list, and for text that is none.
    pub fn decode<K: DeserializeOwned>(&self, text: &str) -> Result<K, Problem> {
        let refused = || Problem::new(Kind::InvalidCursor);
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let (list, key) = bytes.split_at_checked(self.list.len()).ok_or_else(refused)?;
        if list != self.list {
            return Err(refused());
        }
        serde_json::from_slice(key).map_err(|_| refused())
    }
}

/// How many rows a page has: 20 unless the client says otherwise, never more than 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u64);

impl Limit {
    const DEFAULT: u64 = 20;
    const MOST: u64 = 100;

    /// Reads the parameter `limit`; a number above 100 means 100.
    pub fn parse(text: Option<&str>, errors: &mut FieldErrors) -> Self {
        let Some(text) = text else {
            return Self(Self::DEFAULT);
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit into a number are still a number above 100.
        let number = text.parse().unwrap_or(Self::MOST);
        if !digits || number == 0 {
            errors.refuse("limit", "out_of_range", "The limit is a whole number from 1; more than 100 gives 100.");
        }
        Self(number.clamp(1, Self::MOST))
    }

    pub fn get(self) -> u64 {
        self.0
    }
}

/// The order that lists with no other have.
const NEWEST_FIRST: &str = "-created_at";

/// Reads the parameter `sort` of a list that has one order.
pub fn newest_first(sort: Option<&str>, errors: &mut FieldErrors) {
    if sort.is_some_and(|sort| sort != NEWEST_FIRST) {
        errors.refuse("sort", "unknown_sort", format!("This list is newest first: {NEWEST_FIRST}, or leave it out."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_works_in_its_own_list_only() {
        let drills = Cursor::of(&("drill", "name"));
        let saws = Cursor::of(&("saw", "name"));
        let text = drills.encode(&("Drill", 7));
        assert_eq!(drills.decode::<(String, i64)>(&text).unwrap(), ("Drill".to_owned(), 7));
        assert_eq!(saws.decode::<(String, i64)>(&text).unwrap_err().kind(), Kind::InvalidCursor);
        for garbage in ["", "x", "!!!!", "AAAAAAAAAAA", &text[..text.len() - 2]] {
            assert_eq!(drills.decode::<(String, i64)>(garbage).unwrap_err().kind(), Kind::InvalidCursor, "{garbage}");
        }
    }

    #[test]
    fn a_limit_is_clamped_and_nonsense_is_refused() {
        let parse = |text: Option<&str>| {
            let mut errors = FieldErrors::default();
            let limit = Limit::parse(text, &mut errors);
            errors.finish(Some(limit.get())).map_err(|_| ())
        };
        assert_eq!(parse(None), Ok(20));
        assert_eq!(parse(Some("7")), Ok(7));
        assert_eq!(parse(Some("101")), Ok(100));
        assert_eq!(parse(Some("99999999999999999999999")), Ok(100));
        for nonsense in ["0", "-1", "many", "", "1.5", "+3"] {
            assert_eq!(parse(Some(nonsense)), Err(()), "{nonsense}");
        }
    }
}
