//! The tree of the demo's categories.

use inventory_api::CreateCategoryRequest;
use reqwest::StatusCode;

use super::member::accepted;
use super::past::Past;

pub(super) const CATEGORIES: &str = include_str!("categories.csv");

/// Makes them, as an administrator would; those that are there already stay.
pub(super) async fn fill(http: &reqwest::Client, past: &Past) -> anyhow::Result<()> {
    let (url, token) = (format!("http://{}/api/v1/categories", past.inventory()), past.administrator());
    for category in csv::Reader::from_reader(CATEGORIES.as_bytes()).deserialize::<CreateCategoryRequest>() {
        let made = http.post(&url).bearer_auth(&token).json(&category?).send().await?;
        if made.status() != StatusCode::CONFLICT {
            accepted(made, "make a category").await?;
        }
    }
    Ok(())
}
