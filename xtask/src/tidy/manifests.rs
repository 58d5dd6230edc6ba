use crate::source::SourceFile;
use crate::violation::Violation;

/// A member's manifest takes its lints and every dependency from the workspace's.
pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    if !file.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let mut violations = Vec::new();
    let mut section = "";
    let mut inherits_lints = false;
    for (index, line) in file.text.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        } else if section == "lints" && line == "workspace = true" {
            inherits_lints = true;
        } else if section.ends_with("dependencies") && declares(line) && !line.contains("workspace = true") {
            violations.push(Violation {
                place: format!("{}:{}", file.path, index + 1),
                message: "a dependency of its own: declare it in the workspace's manifest".to_owned(),
            });
        }
    }
    if !inherits_lints {
        let message = "no workspace lints: add `workspace = true` under `[lints]`".to_owned();
        violations.push(Violation { place: file.path.clone(), message });
    }
    violations
}

fn declares(line: &str) -> bool {
    !line.starts_with('#') && line.contains('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&SourceFile { path: "room/Cargo.toml".into(), text: text.into() }).len()
    }

    #[test]
    fn a_dependency_comes_from_the_workspace() {
        let lints = "[lints]\nworkspace = true\n";
        assert_eq!(found(&format!("[dependencies]\nserde.workspace = true\n{lints}")), 0);
        assert_eq!(found(&format!("[dev-dependencies]\ntokio = {{ workspace = true, features = [] }}\n{lints}")), 0);
        assert_eq!(found(&format!("[dependencies]\nserde = \"1\"\n{lints}")), 1);
    }

    #[test]
    fn lints_come_from_the_workspace() {
        assert_eq!(found("[dependencies]\nserde.workspace = true\n"), 1);
    }
}
