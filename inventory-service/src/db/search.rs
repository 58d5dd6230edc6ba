//! Full text: the words of an item beside it, and an index over them that each database has of its own.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, Condition, DbBackend};

use super::entity::item_words;
use crate::domain::item::Item;
use crate::domain::words::{Search, words};

/// Letters of the longest word in which no error is looked for.
const SHORT_WORD: usize = 3;

/// That a row has the words of a query, to PostgreSQL.
const HAS_LEXEMES: &str = "lexemes @@ CAST($1 AS tsquery)";

/// How close words have to be to those that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closeness {
    /// The same; the last may go on.
    Exact,
    /// With an error in typing, where the database can tell: PostgreSQL with its trigrams.
    Similar,
}

/// Which rows of `item_words` hold all words. None for a search without words, which finds nothing.
pub(super) fn matching(search: &Search, closeness: Closeness, backend: DbBackend) -> Option<Condition> {
    match (closeness, backend) {
        (Closeness::Exact, backend) => exact(search, backend),
        (Closeness::Similar, DbBackend::Postgres) => similar(search),
        (Closeness::Similar, _) => None,
    }
}

fn exact(search: &Search, backend: DbBackend) -> Option<Condition> {
    let (last, whole) = search.words().split_last()?;
    let (condition, query) = match backend {
        DbBackend::Postgres => (HAS_LEXEMES, join(whole, last, " & ", |word| format!("'{word}'"), ":*")),
        _ => (
            "seq IN (SELECT rowid FROM item_search WHERE item_search MATCH ?)",
            join(whole, last, " AND ", |word| format!("\"{word}\""), " *"),
        ),
    };
    Some(Condition::all().add(Expr::cust_with_values(condition, [query])))
}

/// Each word is like some part of the text (`pg_trgm`, by its own threshold of 0.6), but for short ones, of which too many
/// are alike. None if all are short.
fn similar(search: &Search) -> Option<Condition> {
    let (long, short): (Vec<_>, Vec<_>) = search.words().iter().partition(|word| word.chars().count() > SHORT_WORD);
    if long.is_empty() {
        return None;
    }
    let mut condition = Condition::all();
    for word in long {
        condition = condition.add(Expr::cust_with_values("$1 <% words", [word.clone()]));
    }
    for word in short {
        condition = condition.add(Expr::cust_with_values(HAS_LEXEMES, [format!("'{word}'")]));
    }
    Some(condition)
}

/// Words hold nothing but letters and digits, so between quotes they have no meaning to either query language.
fn join(whole: &[String], last: &str, and: &str, quote: impl Fn(&str) -> String, prefix: &str) -> String {
    let mut terms: Vec<String> = whole.iter().map(|word| quote(word)).collect();
    terms.push(quote(last) + prefix);
    terms.join(and)
}

/// The row by which an item is found.
pub(super) fn row_of(item: &Item) -> item_words::ActiveModel {
    let content = &item.content;
    item_words::ActiveModel {
        seq: NotSet,
        item_id: Set(item.id.uuid()),
        words: Set(text_of(item)),
        name_key: Set(content.name_key()),
        owner_id: Set(item.owner_id.uuid()),
        category_id: Set(content.category.id.uuid()),
        status: Set(content.status.as_str().to_owned()),
    }
}

/// The words of name, tags and description, in this order.
fn text_of(item: &Item) -> String {
    let content = &item.content;
    let texts = [&content.name].into_iter().chain(&content.tags).chain([&content.description]);
    texts.flat_map(|text| words(text)).collect::<Vec<_>>().join(" ")
}
