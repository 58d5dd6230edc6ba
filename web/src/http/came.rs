use serde::Deserialize;

use crate::shown::Notice;
use crate::words::Words;

/// How somebody has come back to a page after a form on it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    saved: Option<String>,
    stale: Option<String>,
}

impl Came {
    /// What the page says of it.
    pub(super) fn notices(self, w: &Words) -> Vec<Notice> {
        let saved = self.saved.map(|_| Notice::calm(w.saved));
        let stale = self.stale.map(|_| Notice::urgent(w.changed_meanwhile));
        saved.into_iter().chain(stale).collect()
    }
}
