use super::table::DeltaTableAt;
use crate::EtlError;
use crate::source::Table;

impl DeltaTableAt {
    /// The table without what it says of these members, in any of its rows: a row about a member goes, and where a row
    /// about something else names one, it names nobody. Older versions keep it until their files are removed.
    pub(crate) async fn without_members(self, table: &Table, members: &[String]) -> Result<Self, EtlError> {
        if members.is_empty() || table.members.is_empty() {
            return Ok(self);
        }
        let name = self.name();
        let failed = EtlError::table(name);
        // Keyed hashes in base64url, so nothing in them ends a literal.
        let list = members.iter().map(|member| format!("'{member}'")).collect::<Vec<_>>().join(", ");
        let mut delta = self.into_delta();
        for column in table.members {
            let theirs = format!("{column} IN ({list})");
            delta = if *column == table.key {
                delta.delete().with_predicate(theirs).await.map_err(failed)?.0
            } else {
                delta.update().with_predicate(theirs).with_update(*column, "NULL").await.map_err(failed)?.0
            };
        }
        Ok(Self::of(name, delta))
    }
}
