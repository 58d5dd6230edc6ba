use crate::source::SourceFile;
use crate::violation::Violation;

/// Promises nobody keeps; written in two halves, so that this file passes itself.
const PROMISES: [[&str; 2]; 2] = [["TO", "DO"], ["FIX", "ME"]];

/// How a line of code begins that ends with a semicolon, or with an opening brace.
const STATEMENTS: [&str; 5] = ["let ", "pub ", "return;", "return ", "use "];
const BLOCKS: [&str; 8] = ["fn ", "for ", "if ", "impl ", "loop ", "match ", "pub ", "while "];

/// Unkept promises, silenced lints, and code that was commented out instead of removed.
pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    if file.ending() == "md" {
        return Vec::new();
    }
    let mut violations = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        if let Some(message) = leftover(line, file.ending()) {
            violations.push(Violation { place: format!("{}:{}", file.path, index + 1), message: message.to_owned() });
        }
    }
    violations
}

fn leftover(line: &str, ending: &str) -> Option<&'static str> {
    if PROMISES.iter().any(|halves| words(line).any(|word| word == halves.concat())) {
        return Some("a promise in a comment: keep it now or open an issue");
    }
    if ending != "rs" {
        return None;
    }
    let silences = ["#[", "#!["].iter().any(|start| line.trim_start().starts_with(&[start, "al", "low("].concat()));
    if silences {
        return Some("a silenced lint: `#[expect(…, reason = \"…\")]` says why and ends with its cause");
    }
    is_commented_out(line).then_some("commented-out code: the history remembers it")
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// A plain comment whose text ends or begins as only code does.
fn is_commented_out(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix("//") else { return false };
    if comment.starts_with(['/', '!']) {
        return false;
    }
    let text = comment.trim();
    let begins_with = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    match text.chars().next_back() {
        Some(';') => begins_with(&STATEMENTS) || text == "};" || is_call(text),
        Some('{') => begins_with(&BLOCKS),
        Some('}') => text == "}",
        Some(']') => text.starts_with("#["),
        _ => false,
    }
}

/// `name(…);` rather than a sentence with an aside (like this one);
fn is_call(text: &str) -> bool {
    let before = text.strip_suffix(");").and_then(|call| call.split_once('(')).map(|(before, _)| before);
    before.is_some_and(|name| name.ends_with(|last: char| last.is_alphanumeric() || "_!>".contains(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&SourceFile { path: path.into(), text: text.into() }).len()
    }

    #[test]
    fn a_promise_is_refused_in_code_but_not_in_prose() {
        for halves in PROMISES {
            let text = format!("// {}: later", halves.concat());
            assert_eq!(found("a.rs", &text), 1);
            assert_eq!(found("a.sh", &text), 1);
            assert_eq!(found("README.md", &text), 0);
        }
        assert_eq!(found("a.rs", "let methods = ALLOWED;"), 0);
    }

    #[test]
    fn a_silenced_lint_is_refused_and_an_expected_one_is_not() {
        assert_eq!(found("a.rs", &["    #[al", "low(dead_code)]"].concat()), 1);
        assert_eq!(found("a.rs", &["#![al", "low(dead_code)]"].concat()), 1);
        assert_eq!(found("a.rs", "#[expect(dead_code, reason = \"…\")]"), 0);
    }

    #[test]
    fn commented_out_code_is_refused() {
        let statements = ["let a = 1;", "    foo(bar);", "use crate::db;", "if ready {", "}", "#[test]", "return;"];
        for statement in statements {
            assert_eq!(found("a.rs", &format!("// {statement}")), 1, "{statement}");
        }
    }

    #[test]
    fn sentences_and_examples_are_no_commented_out_code() {
        let comments = [
            "// It fails closed; the caller sees 503.",
            "// if it does not, nothing is lost (or little);",
            "/// let a = 1;",
            "//! use crate::db;",
        ];
        for comment in comments {
            assert_eq!(found("a.rs", comment), 0, "{comment}");
        }
        assert_eq!(found("a.rs", "let a = 1; // one"), 0);
    }
}
