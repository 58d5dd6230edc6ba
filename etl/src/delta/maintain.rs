use chrono::TimeDelta;
use deltalake::operations::vacuum::VacuumMode;
use deltalake::protocol::checkpoints::create_checkpoint;

use super::table::DeltaTableAt;
use crate::EtlError;

/// Files of a table from which on a run puts them together: each costs every reader a look.
const MANY_FILES: usize = 32;

impl DeltaTableAt {
    /// Whether the table has so many small files that reading it is slow.
    pub(crate) fn is_scattered(&self) -> Result<bool, EtlError> {
        let files = self.delta().get_file_uris().map_err(EtlError::table(self.name()))?;
        Ok(files.count() >= MANY_FILES)
    }

    /// Puts small files together. No row changes.
    pub(crate) async fn compacted(self) -> Result<Self, EtlError> {
        let name = self.name();
        let (table, _) = self.into_delta().optimize().await.map_err(EtlError::table(name))?;
        Ok(Self::of(name, table))
    }

    /// Removes the files that no version of the last `kept` names, those that a killed run left behind among them, and sums
    /// the log up. Readers of a pinned version are not disturbed for as long.
    pub(crate) async fn vacuumed(self, kept: TimeDelta) -> Result<Self, EtlError> {
        let name = self.name();
        let failed = EtlError::table(name);
        let vacuum = self.into_delta().vacuum().with_mode(VacuumMode::Full).with_retention_period(kept);
        let (table, _) = vacuum.with_enforce_retention_duration(false).await.map_err(failed)?;
        create_checkpoint(&table, None).await.map_err(failed)?;
        Ok(Self::of(name, table))
    }
}
