/// What is measured, each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Register,
    SignIn,
    /// A page of the list, or of a search.
    List,
    Item,
    Calendar,
    /// Placing an order, until it is taken down.
    Order,
    /// A look at how far an order has come.
    Progress,
    /// No request but a time: from placing an order until nothing of it is under way.
    Settled,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::SignIn,
        Self::List,
        Self::Item,
        Self::Calendar,
        Self::Order,
        Self::Progress,
        Self::Settled,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign in",
            Self::List => "list and search",
            Self::Item => "an item",
            Self::Calendar => "its calendar",
            Self::Order => "place an order",
            Self::Progress => "look at an order",
            Self::Settled => "until an order is settled",
        }
    }

    /// Whether it is one request.
    pub fn is_request(self) -> bool {
        self != Self::Settled
    }
}
