use http::{HeaderMap, header};

/// How the reader reached us, as the gateway saw it.
pub(crate) fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str())).unwrap_or("localhost");
    format!("{}://{host}", text("x-forwarded-proto").unwrap_or("http"))
}
