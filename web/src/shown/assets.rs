use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, header};
use problem::{Kind, Problem};
use sha2::{Digest, Sha256};

/// Where the files are that pages need beside themselves.
const FOLDER: &str = "/assets/web";

const CSS: &str = include_str!("../../assets/lendery.css");
const SCRIPT: &str = include_str!("../../assets/lendery.js");
const ICONS: &str = include_str!("../../assets/icons.svg");
const MARK: &str = include_str!("../../assets/mark.svg");

/// The addresses of the files. Each holds a hash of its content, so that whoever has one never asks again.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) icons: String,
    pub(crate) mark: String,
}

impl Assets {
    pub(crate) fn new() -> Self {
        Self {
            style: address("lendery", CSS, "css"),
            script: address("lendery", SCRIPT, "js"),
            icons: address("icons", ICONS, "svg"),
            mark: address("mark", MARK, "svg"),
        }
    }

    /// The file at this address.
    pub(crate) fn get(&self, path: &str) -> Response {
        let (text, kind) = match path {
            path if path == self.style => (CSS, "text/css; charset=utf-8"),
            path if path == self.script => (SCRIPT, "text/javascript; charset=utf-8"),
            path if path == self.icons => (ICONS, "image/svg+xml"),
            path if path == self.mark => (MARK, "image/svg+xml"),
            _ => return Problem::new(Kind::NotFound).into_response(),
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        ];
        (headers, Body::from(text)).into_response()
    }
}

fn address(name: &str, text: &str, ending: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let hash = URL_SAFE_NO_PAD.encode(&digest[..9]);
    format!("{FOLDER}/{name}.{hash}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_stays_within_15_kb() {
        assert!(CSS.len() <= 15_000, "{} bytes", CSS.len());
    }
}
