use crate::source::SourceFile;
use crate::violation::Violation;

/// Files that may hold a static, each for the reason it gives.
const MAY_HOLD_STATICS: [&str; 1] = ["crates/test-kit/src/postgres/server.rs"];

/// What begins a static, after its visibility.
const GLOBAL: [&str; 4] = ["static ", "thread_local!", "lazy_static!", "std::thread_local!"];

/// Global state, and repository traits: one implementation serves both databases.
pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    let code = file.code();
    let mut violations = Vec::new();
    let mut previous = "";
    for (index, line) in code.lines().map(str::trim).enumerate() {
        let message = if is_global(line) && previous != "#[global_allocator]" && !exempt(file) {
            "a static: pass the value in, or make it a const"
        } else if is_repository(line) {
            "a repository trait: one implementation serves SQLite and PostgreSQL"
        } else {
            previous = line;
            continue;
        };
        violations.push(Violation { place: format!("{}:{}", file.path, index + 1), message: message.to_owned() });
    }
    violations
}

fn exempt(file: &SourceFile) -> bool {
    MAY_HOLD_STATICS.contains(&file.path.as_str())
}

fn is_global(line: &str) -> bool {
    GLOBAL.iter().any(|start| after_visibility(line).starts_with(start))
}

fn is_repository(line: &str) -> bool {
    let Some(declaration) = after_visibility(line).strip_prefix("trait ") else { return false };
    let name = declaration.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
    name.ends_with("Repository") || name.ends_with("Repo") || name.ends_with("Dao")
}

fn after_visibility(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else { return line };
    rest.strip_prefix('(').and_then(|inside| inside.split_once(')')).map_or(rest, |(_, after)| after).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> usize {
        check(&SourceFile { path: path.into(), text: text.into() }).len()
    }

    #[test]
    fn a_static_is_refused_whoever_sees_it() {
        for start in ["", "pub ", "pub(crate) ", "    pub(in crate::db) "] {
            assert_eq!(breaches("s/src/lib.rs", &format!("{start}static COUNT: AtomicU64 = AtomicU64::new(0);")), 1);
        }
        assert_eq!(breaches("s/src/lib.rs", "thread_local! {"), 1);
    }

    #[test]
    fn constants_lifetimes_allocators_and_comments_are_no_statics() {
        assert_eq!(breaches("s/src/lib.rs", "const COUNT: u64 = 0;\nfn name() -> &'static str {"), 0);
        assert_eq!(breaches("s/src/main.rs", "#[global_allocator]\nstatic ALLOCATOR: MiMalloc = MiMalloc;"), 0);
        assert_eq!(breaches("s/src/lib.rs", "// static thoughts"), 0);
    }

    #[test]
    fn a_repository_trait_is_refused() {
        assert_eq!(breaches("s/src/db.rs", "pub(crate) trait ItemRepository: Send {"), 1);
        assert_eq!(breaches("s/src/db.rs", "pub(crate) trait Client: Send {"), 0);
    }
}
