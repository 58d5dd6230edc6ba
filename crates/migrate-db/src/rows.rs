use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use crate::catalog::{Column, Table};
use crate::checksum::Checksum;
use crate::kind::{Cell, Kind};
use crate::progress::{self, Position};
use crate::source::Source;
use crate::target::Target;
use crate::{MoveError, Settings};

/// A table that is moved, with the columns that both sides have.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: Table,
    pub(crate) columns: Vec<(Column, Kind)>,
}

/// Rows of one table, column by column, as PostgreSQL takes them in one statement.
struct Batch {
    columns: Vec<Vec<Cell>>,
    rows: i64,
    last_row: i64,
}

impl Shared {
    /// Copies what is not there yet, a batch in a transaction with the note of how far it went.
    pub(crate) async fn copy(
        &self,
        source: &mut Source,
        target: &mut Target,
        settings: &Settings<'_>,
        mut position: Position,
    ) -> Result<Position, MoveError> {
        // A row may refer to a later one of the same table: PostgreSQL looks at the end of a statement.
        let most = if self.table.refers_to_itself() { i64::MAX } else { settings.batch_rows };
        loop {
            let batch = self.read(source, position.last_row, most).await?;
            if batch.rows == 0 {
                return Ok(position);
            }
            position = Position { last_row: batch.last_row, copied: position.copied + batch.rows };
            let failed = target.failed();
            self.write(&mut target.connection, batch, position).await.map_err(failed)?;
        }
    }

    /// What SQLite has.
    pub(crate) async fn source_checksum(&self, source: &mut Source) -> Result<Checksum, MoveError> {
        let failed = source.failed();
        let sql = format!("SELECT rowid, {} FROM \"{}\"", self.names(), self.table.name);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut source.connection);
        let mut sum = Checksum::default();
        while let Some(row) = rows.try_next().await.map_err(&failed)? {
            sum.add(&self.cells(&row)?);
        }
        Ok(sum)
    }

    /// What PostgreSQL has.
    pub(crate) async fn target_checksum(&self, connection: &mut PgConnection) -> Result<Checksum, sqlx::Error> {
        let columns: Vec<_> = self.columns.iter().map(|(column, kind)| kind.as_text(&quoted(&column.name))).collect();
        let sql = format!("SELECT {} FROM \"{}\"", columns.join(", "), self.table.name);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
        let mut sum = Checksum::default();
        while let Some(row) = rows.try_next().await? {
            let cell = |(index, (_, kind)): (usize, &(Column, Kind))| {
                row.try_get::<Cell, _>(index).map(|cell| cell.map(|text| kind.settled(text)))
            };
            sum.add(&self.columns.iter().enumerate().map(cell).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(sum)
    }

    async fn read(&self, source: &mut Source, after: i64, most: i64) -> Result<Batch, MoveError> {
        let failed = source.failed();
        let sql = format!(
            "SELECT rowid, {} FROM \"{}\" WHERE rowid > $1 ORDER BY rowid LIMIT $2",
            self.names(),
            self.table.name
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(most);
        let mut rows = query.fetch(&mut source.connection);
        let mut batch = Batch { columns: vec![Vec::new(); self.columns.len()], rows: 0, last_row: after };
        while let Some(row) = rows.try_next().await.map_err(&failed)? {
            for (column, cell) in batch.columns.iter_mut().zip(self.cells(&row)?) {
                column.push(cell);
            }
            batch.rows += 1;
            batch.last_row = row.try_get(0).map_err(&failed)?;
        }
        Ok(batch)
    }

    async fn write(&self, connection: &mut PgConnection, batch: Batch, position: Position) -> Result<(), sqlx::Error> {
        let name = &self.table.name;
        let places: Vec<_> = (1..=self.columns.len()).map(|place| format!("${place}::text[]")).collect();
        let values =
            self.columns.iter().enumerate().map(|(place, (column, _))| format!("r.c{place}::{}", column.type_name));
        let aliases: Vec<_> = (0..self.columns.len()).map(|place| format!("c{place}")).collect();
        let insert = format!(
            "INSERT INTO \"{name}\" ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM unnest({}) AS r ({})",
            self.names(),
            values.collect::<Vec<_>>().join(", "),
            places.join(", "),
            aliases.join(", ")
        );
        let mut tx = connection.begin().await?;
        // What triggers would note of a row has been noted in the source, and is moved along; and the warehouse reads a source
        // whole that has another history. They are back before anybody else sees the transaction.
        if self.table.has_triggers {
            tx.execute(AssertSqlSafe(format!("ALTER TABLE \"{name}\" DISABLE TRIGGER USER"))).await?;
        }
        let mut query = sqlx::query(AssertSqlSafe(insert));
        for column in batch.columns {
            query = query.bind(column);
        }
        query.execute(&mut *tx).await?;
        if self.table.has_triggers {
            tx.execute(AssertSqlSafe(format!("ALTER TABLE \"{name}\" ENABLE TRIGGER USER"))).await?;
        }
        progress::note(&mut tx, name, position).await?;
        tx.commit().await
    }

    /// The cells of a row of SQLite, which come after its `rowid`.
    fn cells(&self, row: &sqlx::sqlite::SqliteRow) -> Result<Vec<Cell>, MoveError> {
        let cell = |(index, (column, kind)): (usize, &(Column, Kind))| {
            kind.read(row, index + 1).map_err(|reason| MoveError::Value {
                table: self.table.name.clone(),
                column: column.name.clone(),
                row: row.try_get(0).unwrap_or_default(),
                reason,
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(column, _)| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
