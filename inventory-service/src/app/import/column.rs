/// The columns there are. An import needs the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Column {
    Name,
    Category,
    Description,
    Units,
    LoanDays,
    Tags,
    ExternalId,
    DailyPrice,
    Deposit,
    Currency,
}

impl Column {
    pub(in crate::app) const ALL: [Self; 10] = [
        Self::Name,
        Self::Category,
        Self::Description,
        Self::Units,
        Self::LoanDays,
        Self::Tags,
        Self::ExternalId,
        Self::DailyPrice,
        Self::Deposit,
        Self::Currency,
    ];

    /// The word in the header.
    pub(in crate::app) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Category => "category",
            Self::Description => "description",
            Self::Units => "units",
            Self::LoanDays => "loan_days",
            Self::Tags => "tags",
            Self::ExternalId => "external_id",
            Self::DailyPrice => "daily_price",
            Self::Deposit => "deposit",
            Self::Currency => "currency",
        }
    }

    pub(in crate::app) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == text)
    }
}
