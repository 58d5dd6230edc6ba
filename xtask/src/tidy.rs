//! Tidiness that no compiler checks: lengths, names, leftovers and manifests.

mod leftovers;
mod manifests;
mod names;

use anyhow::Result;

use crate::source::SourceFile;
use crate::violation::{Violation, report};
use crate::workspace::Workspace;

/// Longer files have more than one subject.
const LONGEST: usize = 400;

/// Fails, after printing every breach, unless all files are tidy.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut violations = Vec::new();
    for file in workspace.files()? {
        violations.extend(length(&file));
        violations.extend(names::check(&file));
        violations.extend(leftovers::check(&file));
        violations.extend(manifests::check(&file));
    }
    report(&violations)
}

fn length(file: &SourceFile) -> Option<Violation> {
    let lines = file.text.lines().count();
    (file.ending() != "md" && lines > LONGEST).then(|| Violation {
        place: file.path.clone(),
        message: format!("{lines} lines; split it by subject, {LONGEST} are the limit"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_refused_unless_it_is_prose() {
        let long = |path: &str, lines: usize| length(&SourceFile { path: path.into(), text: "x\n".repeat(lines) });
        assert_eq!(long("a.rs", LONGEST), None);
        assert_eq!(long("README.md", LONGEST + 1), None);
        assert!(long("a.rs", LONGEST + 1).is_some());
    }
}
