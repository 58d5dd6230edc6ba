use axum::response::{IntoResponse, Response};
use http::header;

use super::STYLE;

/// A whole HTML document.
#[derive(Debug)]
pub(super) struct Page(String);

impl Page {
    /// `body` is HTML already, `title` is text.
    pub(super) fn new(title: &str, body: &str) -> Self {
        let title = escape(title);
        Self(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{STYLE}\">\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
        ))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
        (headers, self.0).into_response()
    }
}

/// Pieces of HTML, one after the other.
pub(super) fn concat(pieces: impl IntoIterator<Item = String>) -> String {
    pieces.into_iter().collect::<Vec<_>>().concat()
}

/// Text as it may stand in HTML, inside attributes too.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Text as a fragment's name: letters, digits and dashes.
pub(super) fn anchor(text: &str) -> String {
    let plain = text.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        assert_eq!(escape("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
        assert_eq!(anchor("GET /items/{id}"), "get--items--id-");
    }
}
