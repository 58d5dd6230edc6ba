//! The questions that operators ask again and again, each a query over the star with a name.

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedReport {
    pub name: &'static str,
    pub(crate) sql: &'static str,
}

/// Every report, in the order of their names.
pub const REPORTS: [NamedReport; 11] = [
    NamedReport { name: "active_members", sql: include_str!("active_members.sql") },
    NamedReport { name: "demand", sql: include_str!("demand.sql") },
    NamedReport { name: "deposits", sql: include_str!("deposits.sql") },
    NamedReport { name: "funnel", sql: include_str!("funnel.sql") },
    NamedReport { name: "idle_items", sql: include_str!("idle_items.sql") },
    NamedReport { name: "late_returns", sql: include_str!("late_returns.sql") },
    NamedReport { name: "members", sql: include_str!("members.sql") },
    NamedReport { name: "most_lent", sql: include_str!("most_lent.sql") },
    NamedReport { name: "owners", sql: include_str!("owners.sql") },
    NamedReport { name: "revenue", sql: include_str!("revenue.sql") },
    NamedReport { name: "top_borrowers", sql: include_str!("top_borrowers.sql") },
];

impl NamedReport {
    /// What it says, in a sentence: the comment its query begins with.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.sql.lines().next().and_then(|line| line.strip_prefix("-- ")).unwrap_or_default()
    }

    /// The report of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        REPORTS.into_iter().find(|report| report.name == name)
    }
}
