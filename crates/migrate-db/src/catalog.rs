use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row};

use crate::kind::Kind;

/// A table of PostgreSQL, as far as rows are put into it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The tables that its rows refer to, itself among them.
    refers_to: BTreeSet<String>,
    /// Whether somebody else is told of its rows.
    pub(crate) has_triggers: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As PostgreSQL names it.
    pub(crate) type_name: String,
    /// Nothing for a type that is not known here.
    pub(crate) kind: Option<Kind>,
    /// Whether a row is complete without it.
    pub(crate) fills_itself: bool,
    /// The sequence that numbers it.
    pub(crate) sequence: Option<String>,
}

impl Table {
    /// Whether a row may refer to one that comes later.
    pub(crate) fn refers_to_itself(&self) -> bool {
        self.refers_to.contains(&self.name)
    }
}

/// The columns of every table, those aside that PostgreSQL computes.
const COLUMNS: &str = "
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.atthasdef OR a.attidentity <> '' OR NOT a.attnotnull,
        pg_get_serial_sequence(quote_ident(c.relname), a.attname)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    ORDER BY c.relname, a.attnum";

const REFERENCES: &str = "
    SELECT k.conrelid::regclass::text, k.confrelid::regclass::text FROM pg_constraint k
    WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace";

const TRIGGERED: &str = "
    SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t WHERE NOT t.tgisinternal";

/// Sequences that number no column: tables of the same name in SQLite.
pub(crate) const FREE_SEQUENCES: &str = "
    SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' AND NOT EXISTS (
        SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
    )";

/// Every table, each after those that its rows refer to.
pub(crate) async fn tables(connection: &mut PgConnection) -> Result<Vec<Table>, sqlx::Error> {
    let mut tables = BTreeMap::<String, Table>::new();
    for row in sqlx::query(COLUMNS).fetch_all(&mut *connection).await? {
        let (name, type_name): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        let new = Table { name: name.clone(), columns: Vec::new(), refers_to: BTreeSet::new(), has_triggers: false };
        let column = Column {
            name: row.try_get(1)?,
            kind: Kind::of(&type_name),
            type_name,
            fills_itself: row.try_get(3)?,
            sequence: row.try_get(4)?,
        };
        tables.entry(name).or_insert(new).columns.push(column);
    }
    for (name, other) in sqlx::query_as::<_, (String, String)>(REFERENCES).fetch_all(&mut *connection).await? {
        tables.entry(name).and_modify(|table| table.refers_to.extend([other]));
    }
    for name in sqlx::query_scalar::<_, String>(TRIGGERED).fetch_all(&mut *connection).await? {
        tables.entry(name).and_modify(|table| table.has_triggers = true);
    }
    Ok(in_order(tables))
}

/// Those that refer to nothing that is missing come first; a circle, which no service has, comes as it is.
fn in_order(mut waiting: BTreeMap<String, Table>) -> Vec<Table> {
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_free =
            |table: &Table| table.refers_to.iter().all(|other| *other == table.name || !waiting.contains_key(other));
        let free: Vec<String> =
            waiting.values().filter(|table| is_free(table)).map(|table| table.name.clone()).collect();
        let next = if free.is_empty() { waiting.keys().cloned().collect() } else { free };
        ordered.extend(next.iter().filter_map(|name| waiting.remove(name)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_after_those_they_refer_to() {
        let table = |name: &str, others: &[&str]| Table {
            name: name.to_owned(),
            columns: Vec::new(),
            refers_to: others.iter().map(|&other| other.to_owned()).collect(),
            has_triggers: false,
        };
        let tables = [table("a", &["c"]), table("b", &["a", "b"]), table("c", &["d"]), table("d", &[])];
        let tables = tables.map(|table| (table.name.clone(), table)).into_iter().collect();
        let names: Vec<String> = in_order(tables).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["d", "c", "a", "b"]);
    }
}
