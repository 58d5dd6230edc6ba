use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use uuid::Uuid;

/// The identity of one `K`, a UUID of version 7 (RFC 9562 §5.7), so that ids sort by the time they were made.
///
/// `K` is only a marker: it keeps a user's id from being passed where an item's is meant.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// Marks the id of a member.
#[derive(Debug)]
pub enum User {}
/// Marks the id of a login.
#[derive(Debug)]
pub enum Session {}
/// Marks the id of a thing on offer.
#[derive(Debug)]
pub enum Item {}
/// Marks the id of a category.
#[derive(Debug)]
pub enum Category {}

pub type UserId = Id<User>;
pub type SessionId = Id<Session>;
pub type ItemId = Id<Item>;
pub type CategoryId = Id<Category>;

impl<K> Id<K> {
    /// Names the `K` that this UUID identifies.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bare UUID, for a database column or a token's claim.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// The text is not a UUID in its hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct ParseIdError;

impl<K> FromStr for Id<K> {
    type Err = ParseIdError;

    /// Accepts the 36-character hyphenated form only, so that one thing has one address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH && !text.bytes().any(|b| b.is_ascii_uppercase());
        match Uuid::try_parse(text) {
            Ok(uuid) if hyphenated => Ok(Self::new(uuid)),
            _ => Err(ParseIdError),
        }
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}

impl<K> utoipa::PartialSchema for Id<K> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).into()
    }
}

impl<K> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn an_id_reads_what_it_writes() {
        let id: ItemId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(serde_json_text(id), format!("\"{TEXT}\""));
    }

    #[test]
    fn other_spellings_of_the_same_uuid_are_refused() {
        for text in [
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890A5D-AC96-774B-BCCE-B302099A8057",
            "",
            "7",
        ] {
            assert_eq!(text.parse::<ItemId>(), Err(ParseIdError), "{text}");
        }
    }

    fn serde_json_text(id: ItemId) -> String {
        serde_json::to_string(&id).unwrap()
    }
}
