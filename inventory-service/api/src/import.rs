use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of a file of items. Without `keep_going`, a file in which anything is refused changes nothing, and nothing is
/// counted as created or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Rows read, the header not counted.
    pub rows: u64,
    /// Rows that became new items; with `dry_run`, that would.
    pub created: u64,
    /// Rows that changed an item; with `dry_run`, that would.
    pub changed: u64,
    /// Rows that say what is there already.
    pub unchanged: u64,
    /// What was refused, in the order of the file; at most 1,000 entries.
    pub errors: Vec<RowError>,
}

/// One cell, row or line of a file that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// The line of the file on which the row begins; the header is line 1.
    pub line: u64,
    /// The name of the column, where one is at fault.
    pub column: Option<String>,
    /// The reason as a word that programs can match on.
    #[schema(example = "out_of_range")]
    pub code: String,
    /// The reason as a sentence for people.
    pub detail: String,
}
