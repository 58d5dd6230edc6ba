//! Members who were erased. In the warehouse nothing of them is left to know them by, so they are known here, outside of it,
//! and what a service tells of them later never gets there.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::Runs;
use super::store::Bind;
use crate::EtlError;
use crate::pseudonym::Pseudonym;

impl Runs {
    /// Notes members whom the warehouse has to forget; those who were noted before stay as they are.
    pub(crate) async fn note_erased(&self, members: &[String], at: DateTime<Utc>) -> Result<(), EtlError> {
        let sql = "INSERT INTO etl_erased (member, noted_at) VALUES ($1, $2) ON CONFLICT (member) DO NOTHING";
        for member in members {
            self.store.execute(sql, &[Bind::from(member), Bind::from(at)]).await?;
        }
        Ok(())
    }

    /// Everybody who was ever noted.
    pub(crate) async fn erased(&self) -> Result<HashSet<Pseudonym>, EtlError> {
        self.members("SELECT member FROM etl_erased").await
    }

    /// Those of whom nothing is in the warehouse any more.
    pub(crate) async fn forgotten_before(&self) -> Result<HashSet<Pseudonym>, EtlError> {
        self.members("SELECT member FROM etl_erased WHERE forgotten_at IS NOT NULL").await
    }

    async fn members(&self, sql: &'static str) -> Result<HashSet<Pseudonym>, EtlError> {
        let members = self.store.rows(sql, &[]).await?;
        Ok(members.iter().filter_map(|(member,): &(String,)| Pseudonym::parse(member)).collect())
    }

    /// Those of whom something may still be in the warehouse's files.
    pub(crate) async fn to_forget(&self) -> Result<Vec<String>, EtlError> {
        let members = self.store.rows("SELECT member FROM etl_erased WHERE forgotten_at IS NULL", &[]).await?;
        Ok(members.into_iter().map(|(member,)| member).collect())
    }

    /// Of these members nothing is left in any file.
    pub(crate) async fn forgotten(&self, members: &[String], at: DateTime<Utc>) -> Result<(), EtlError> {
        for member in members {
            let sql = "UPDATE etl_erased SET forgotten_at = $1 WHERE member = $2";
            self.store.execute(sql, &[Bind::from(at), Bind::from(member)]).await?;
        }
        Ok(())
    }
}
