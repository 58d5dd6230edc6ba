use crate::source::SourceFile;
use crate::violation::Violation;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["common", "helper", "helpers", "misc", "types", "util", "utils", "utilities"];

/// Refuses a folder or a Rust file whose name says nothing.
pub(super) fn check(file: &SourceFile) -> Option<Violation> {
    let path = file.path.strip_suffix(".rs")?;
    let name = path.split('/').find(|name| EMPTY_NAMES.contains(name))?;
    let message = format!("{name:?} says nothing; name it after what it holds");
    Some(Violation { place: file.path.clone(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str) -> bool {
        check(&SourceFile { path: path.into(), text: String::new() }).is_some()
    }

    #[test]
    fn a_name_that_says_nothing_is_refused_for_files_and_folders() {
        assert!(refused("gateway/src/utils.rs"));
        assert!(refused("gateway/src/common/cache.rs"));
        assert!(!refused("gateway/src/commonwealth.rs"));
        assert!(!refused("docs/common/page.md"));
    }
}
