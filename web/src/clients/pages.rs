use vocabulary::Page;

use super::ApiError;

/// The rows of a list, page after page, of at most so many pages.
pub(crate) async fn all_pages<T, F>(most: usize, ask: impl Fn(Option<String>) -> F) -> Result<Vec<T>, ApiError>
where
    F: Future<Output = Result<Page<T>, ApiError>>,
{
    let (mut rows, mut cursor) = (Vec::new(), None);
    for _ in 0..most {
        let page = ask(cursor).await?;
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(rows)
}
