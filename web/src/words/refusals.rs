use problem::FieldProblem;

use super::Language;

/// Why a field was refused. English has the service's own words, which know the limits.
pub(crate) fn refusal(language: Language, field: &FieldProblem) -> String {
    if language == Language::English {
        return field.detail.clone();
    }
    let w = language.words();
    let words = match &*field.code {
        "required" | "empty" => w.refused_required,
        "too_long" | "too_many" => w.refused_too_long,
        "too_short" => w.refused_too_short,
        "out_of_range" | "too_large" => w.refused_out_of_range,
        "unknown_value" | "unknown_category" => w.refused_unknown_value,
        "malformed_email" => w.refused_email,
        "too_common" | "common" => w.refused_common,
        "unknown_time_zone" => w.refused_time_zone,
        _ => w.refused_otherwise,
    };
    words.to_owned()
}
