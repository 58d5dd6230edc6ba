use std::sync::Arc;

use super::Assets;
use crate::words::{Language, Words};

/// What every page has around its own part.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Language,
    pub(crate) w: &'static Words,
    pub(crate) assets: Arc<Assets>,
    /// This page's address after its language, with the query.
    pub(crate) here: String,
    /// What the forms of a member carry; none for the anonymous.
    pub(crate) form_token: Option<String>,
    pub(crate) administers: bool,
}

impl Frame {
    /// The address of a page in this language.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/{}{rest}", self.lang.tag())
    }

    /// The address of this page in another language.
    pub(crate) fn here_in(&self, other: Language) -> String {
        format!("/{}{}", other.tag(), self.here)
    }

    /// The languages that this page is not in.
    pub(crate) fn others(&self) -> Vec<Language> {
        Language::ALL.into_iter().filter(|other| *other != self.lang).collect()
    }
}
