use http::{HeaderMap, header};

/// Finds out whether a request is somebody's own: then nothing that is shared may answer it, nor it become shared.
#[derive(Debug)]
pub(crate) struct Credentials {
    session_cookies: Vec<String>,
}

impl Credentials {
    pub(crate) fn new(session_cookies: &[String]) -> Self {
        Self { session_cookies: session_cookies.to_vec() }
    }

    /// Whether a request with these headers carries an `Authorization` or a session.
    pub(crate) fn are_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(header::AUTHORIZATION) || self.has_session(headers)
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        headers.get_all(header::COOKIE).iter().any(|line| match line.to_str() {
            Ok(line) => line.split(';').any(|pair| {
                let name = pair.split('=').next().unwrap_or_default().trim();
                self.session_cookies.iter().any(|session| session == name)
            }),
            // What cannot be read may be a session.
            Err(_) => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn a_session_cookie_is_a_credential_and_others_are_not() {
        let credentials = Credentials::new(&["session".to_owned()]);
        let found = |name: &'static str, value: &[u8]| {
            let pair = (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
            credentials.are_in(&HeaderMap::from_iter([pair]))
        };
        assert!(found("authorization", b"Bearer x"));
        assert!(found("authorization", b""));
        assert!(found("cookie", b"theme=dark; session=1"));
        assert!(found("cookie", b" session = 1"));
        assert!(found("cookie", b"\xff"));
        assert!(!found("cookie", b"theme=dark; sessions=1; x=session=1"));
        assert!(!found("accept", b"session"));
    }
}
