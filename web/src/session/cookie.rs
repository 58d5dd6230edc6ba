use http::{HeaderMap, HeaderValue, header};

use super::{Seal, Session};

/// The longest that browsers keep it. The refresh token in it may end earlier, and then the member signs in again.
const SECONDS: u32 = 30 * 24 * 60 * 60;

/// Keeps a session in the browser (RFC 6265): unreadable to scripts, and not sent along when another site posts a form here.
#[derive(Debug, Clone)]
pub(crate) struct Cookie {
    seal: Seal,
    secure: bool,
}

impl Cookie {
    pub(crate) fn new(seal: Seal, secure: bool) -> Self {
        Self { seal, secure }
    }

    /// The session that a request carries, if we made it.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<Session> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(name, value)| (name == self.name()).then(|| self.seal.open(value)).flatten())
    }

    /// The `Set-Cookie` that keeps a session.
    pub(crate) fn set(&self, session: &Session) -> Option<HeaderValue> {
        self.header(&self.seal.close(session)?, SECONDS)
    }

    /// The `Set-Cookie` that forgets it.
    pub(crate) fn forget(&self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    /// The names that the gateway knows for sessions, with `__Host-` where browsers hold us to it (RFC 6265bis §4.1.3.2).
    fn name(&self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    fn header(&self, value: &str, max_age: u32) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name();
        let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}
