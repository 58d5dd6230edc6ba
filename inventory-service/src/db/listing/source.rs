use sea_orm::IntoSimpleExpr;
use sea_orm::sea_query::Expr;

use crate::db::entity::{item, item_words};

/// Where a list reads what it is narrowed and ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Items,
    /// The rows by which a search finds items: narrower ones.
    Words,
}

impl Source {
    pub(super) fn id(self) -> Expr {
        match self {
            Self::Items => item::Column::Id.into_simple_expr(),
            Self::Words => item_words::Column::ItemId.into_simple_expr(),
        }
    }

    pub(super) fn name_key(self) -> Expr {
        match self {
            Self::Items => item::Column::NameKey.into_simple_expr(),
            Self::Words => item_words::Column::NameKey.into_simple_expr(),
        }
    }

    pub(super) fn owner(self) -> Expr {
        match self {
            Self::Items => item::Column::OwnerId.into_simple_expr(),
            Self::Words => item_words::Column::OwnerId.into_simple_expr(),
        }
    }

    pub(super) fn category(self) -> Expr {
        match self {
            Self::Items => item::Column::CategoryId.into_simple_expr(),
            Self::Words => item_words::Column::CategoryId.into_simple_expr(),
        }
    }

    pub(super) fn status(self) -> Expr {
        match self {
            Self::Items => item::Column::Status.into_simple_expr(),
            Self::Words => item_words::Column::Status.into_simple_expr(),
        }
    }
}
