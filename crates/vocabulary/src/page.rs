use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list. `next` is the `cursor` of the page after it, or null on the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Opaque; valid only with the filters and the order it was made for.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page with every entry changed by `change`.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}
