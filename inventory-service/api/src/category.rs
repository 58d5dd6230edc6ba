use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of things. Categories form a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    /// Its name in addresses and filters; it never changes.
    #[schema(example = "power-tools")]
    pub slug: String,
    #[schema(example = "Power tools")]
    pub name: String,
    /// The slug of the category it belongs to; null at the top.
    pub parent: Option<String>,
    /// How many listed items it has, those of the categories that belong to it included.
    pub items: u64,
    /// The number that `If-Match` names, in quotes.
    pub version: i64,
}

/// Makes a category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreateCategoryRequest {
    /// 1 to 80 characters. Required; optional here so that all missing fields are reported at once.
    #[schema(required, nullable = false, min_length = 1, max_length = 80, example = "Power tools")]
    pub name: Option<String>,
    /// 1 to 60 letters a to z, digits and single hyphens; made from the name unless it is given.
    #[schema(nullable = false, max_length = 60, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "power-tools")]
    pub slug: Option<String>,
    /// The slug of the category it belongs to.
    pub parent: Option<String>,
}

/// What a category is from now on. What is left out goes back to its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReplaceCategoryRequest {
    /// 1 to 80 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 80, example = "Power tools")]
    pub name: Option<String>,
    /// The slug of the category it belongs to; without one it stands at the top.
    pub parent: Option<String>,
}
