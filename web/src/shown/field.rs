use std::fmt::Write;

use crate::words::Language;

/// One field of a form.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) control: Control,
    pub(crate) value: String,
    pub(crate) required: bool,
    /// What browsers may fill in, in the words of HTML; empty when they may not.
    pub(crate) autocomplete: &'static str,
    /// Why its value was refused.
    pub(crate) error: Option<String>,
    /// What it was changed to elsewhere in the meantime.
    pub(crate) theirs: Option<String>,
}

/// How a field is filled in.
#[derive(Debug, Clone)]
pub(crate) enum Control {
    /// The type of an `input`.
    Input(&'static str),
    Text,
    Select(Vec<Choice>),
    Radios(Vec<Choice>),
}

/// One choice.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

impl Choice {
    pub(crate) fn new(value: &str, label: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned() }
    }
}

impl Field {
    pub(crate) fn new(name: &'static str, label: &'static str, control: Control) -> Self {
        Self {
            name,
            label,
            hint: "",
            control,
            value: String::new(),
            required: false,
            autocomplete: "",
            error: None,
            theirs: None,
        }
    }

    /// A line of text.
    pub(crate) fn line(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Control::Input("text"))
    }

    #[must_use]
    pub(crate) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    #[must_use]
    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    #[must_use]
    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    #[must_use]
    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// The attributes that tie the field to its words. All of it is ours: names are those of forms in this crate.
    pub(crate) fn marks(&self) -> String {
        let described =
            [(!self.hint.is_empty(), "hint"), (self.error.is_some(), "error"), (self.theirs.is_some(), "theirs")];
        let ids: Vec<_> = described
            .iter()
            .filter(|(is_there, _)| *is_there)
            .map(|(_, kind)| format!("{}-{kind}", self.name))
            .collect();
        let mut marks = String::new();
        if !ids.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(marks, " aria-describedby=\"{}\"", ids.join(" "));
        }
        if self.error.is_some() {
            marks.push_str(" aria-invalid=\"true\"");
        }
        marks
    }
}

/// Ties what a service refused to the fields of a form: `/pickup/label` is the field `pickup_label`, and of what has no
/// field of its own, such as `/daily_price/currency`, the nearest.
pub(crate) fn refuse(language: Language, fields: &mut [&mut Field], refused: &[problem::FieldProblem]) {
    for one in refused {
        let name = one.pointer.trim_start_matches('/').replace('/', "_");
        let nearest =
            fields.iter_mut().filter(|field| name.starts_with(field.name)).max_by_key(|field| field.name.len());
        if let Some(field) = nearest {
            field.error = Some(crate::words::refusal(language, one));
        }
    }
}
