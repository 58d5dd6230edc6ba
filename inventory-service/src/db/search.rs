//! Full text: the words of an item beside it, and an index over them that each database has of its own.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, Condition, ConnectionTrait, DbBackend, DbErr};

use super::entity::item_words;
use crate::domain::item::Item;
use crate::domain::words::{Search, similarity, words};

/// Letters of the longest word in which no error is looked for.
const SHORT_WORD: usize = 3;

/// That a row has the words of a query, to PostgreSQL.
const HAS_LEXEMES: &str = "lexemes @@ CAST($1 AS tsquery)";

/// That a row has the words of a query, to SQLite.
const MATCHES: &str = "seq IN (SELECT rowid FROM item_search WHERE item_search MATCH ?)";

/// How much of a word has to be in another one for the two to be alike: the threshold of `pg_trgm`.
const ALIKE: f64 = 0.6;

/// Words that stand for one that was typed with an error; more make no better answer.
const MOST_ALIKE: usize = 20;

/// How close words have to be to those that are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closeness {
    /// The same; the last may go on.
    Exact,
    /// With an error in typing. PostgreSQL tells by its trigrams; to SQLite it is told which words there are instead of each.
    Similar(Vec<Vec<String>>),
}

/// The search for words with an error in typing.
pub(super) async fn similar(db: &impl ConnectionTrait, search: &Search) -> Result<Closeness, DbErr> {
    let mut instead = Vec::new();
    if db.get_database_backend() != DbBackend::Postgres {
        for word in search.words() {
            instead.push(alike(db, word).await?);
        }
    }
    Ok(Closeness::Similar(instead))
}

/// The words of items that are like this one and begin with the same letter, the likest first.
async fn alike(db: &impl ConnectionTrait, word: &str) -> Result<Vec<String>, DbErr> {
    let Some(first) = word.chars().next().filter(|_| word.chars().count() > SHORT_WORD) else {
        return Ok(vec![word.to_owned()]);
    };
    let mut terms = Query::select();
    terms.column("term").from("item_search_terms").and_where(Expr::col("term").gte(first.to_string()));
    if let Some(next) = char::from_u32(u32::from(first) + 1) {
        terms.and_where(Expr::col("term").lt(next.to_string()));
    }
    let rows = db.query_all(&terms).await?;
    let terms: Vec<String> = rows.iter().map(|row| row.try_get("", "term")).collect::<Result<_, _>>()?;
    let mut alike: Vec<(f64, String)> = terms.into_iter().map(|term| (similarity(word, &term), term)).collect();
    alike.retain(|(similarity, _)| *similarity >= ALIKE);
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.truncate(MOST_ALIKE);
    Ok(alike.into_iter().map(|(_, term)| term).collect())
}

/// Which rows of `item_words` hold all words. None for a search without words, which finds nothing.
pub(super) fn matching(search: &Search, closeness: &Closeness, backend: DbBackend) -> Option<Condition> {
    match (closeness, backend) {
        (Closeness::Exact, backend) => exact(search, backend),
        (Closeness::Similar(_), DbBackend::Postgres) => by_trigrams(search),
        (Closeness::Similar(instead), _) => by_words_alike(instead),
    }
}

fn exact(search: &Search, backend: DbBackend) -> Option<Condition> {
    let (last, whole) = search.words().split_last()?;
    let (condition, query) = match backend {
        DbBackend::Postgres => (HAS_LEXEMES, join(whole, last, " & ", |word| format!("'{word}'"), ":*")),
        _ => (MATCHES, join(whole, last, " AND ", |word| format!("\"{word}\""), " *")),
    };
    Some(Condition::all().add(Expr::cust_with_values(condition, [query])))
}

/// Each word is like some part of the text (`pg_trgm`, by its own threshold of 0.6), but for short ones, of which too many
/// are alike. None if all are short.
fn by_trigrams(search: &Search) -> Option<Condition> {
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

/// One of the words that there are instead of each. None if there is nothing instead of one of them.
fn by_words_alike(instead: &[Vec<String>]) -> Option<Condition> {
    if instead.is_empty() || instead.iter().any(Vec::is_empty) {
        return None;
    }
    let any = |words: &Vec<String>| {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("({})", words.join(" OR "))
    };
    let query = instead.iter().map(any).collect::<Vec<_>>().join(" AND ");
    Some(Condition::all().add(Expr::cust_with_values(MATCHES, [query])))
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
