/// A sentence above the content of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    /// Whether it is read out at once.
    pub(crate) urgent: bool,
}

impl Notice {
    /// Something that went wrong.
    pub(crate) fn urgent(text: impl Into<String>) -> Self {
        Self { text: text.into(), urgent: true }
    }

    /// Something to know.
    pub(crate) fn calm(text: impl Into<String>) -> Self {
        Self { text: text.into(), urgent: false }
    }
}
