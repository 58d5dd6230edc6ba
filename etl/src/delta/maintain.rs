use std::num::NonZeroU64;

use chrono::TimeDelta;
use deltalake::operations::vacuum::VacuumMode;
use deltalake::protocol::checkpoints::create_checkpoint;

use super::table::DeltaTableAt;
use crate::EtlError;

/// Files of a table from which on a run puts them together: each costs every reader a look.
const MANY_FILES: usize = 32;

/// What files are put together to, as far as there is so much.
const FILE_BYTES: NonZeroU64 = NonZeroU64::new(128 * 1024 * 1024).expect("it is not zero");

impl DeltaTableAt {
    /// Whether the table has so many small files that reading it is slow.
    pub(crate) fn is_scattered(&self) -> Result<bool, EtlError> {
        let files = self.delta().get_file_uris().map_err(EtlError::table(self.name()))?;
        Ok(files.count() >= MANY_FILES)
    }

    /// Puts small files together, sums the log up, and removes files that no version of the last `kept` names, those that a
    /// killed run left behind among them. No row changes; readers of a pinned version are not disturbed for as long.
    pub(crate) async fn maintained(self, kept: TimeDelta) -> Result<Self, EtlError> {
        let name = self.name();
        let failed = EtlError::table(name);
        let (table, _) = self.into_delta().optimize().with_target_size(FILE_BYTES).await.map_err(failed)?;
        let vacuum = table.vacuum().with_mode(VacuumMode::Full).with_retention_period(kept);
        let (table, _) = vacuum.with_enforce_retention_duration(false).await.map_err(failed)?;
        create_checkpoint(&table, None).await.map_err(failed)?;
        Ok(Self::of(name, table))
    }
}
