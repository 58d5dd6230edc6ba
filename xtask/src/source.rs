use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Where nobody writes by hand.
const SKIPPED_FOLDERS: [&str; 3] = [".git", "data", "target"];

/// The endings of files that people write.
const WRITTEN: [&str; 10] = ["css", "html", "js", "md", "rs", "sh", "sql", "toml", "yaml", "yml"];

/// A text file and its path relative to the root, with forward slashes.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// The part of the name after its last dot.
    pub(crate) fn ending(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// Rust with the lines that are comments as a whole left empty, so that line numbers stay.
    pub(crate) fn code(&self) -> String {
        let lines = self.text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Every file below `root` that people write, sorted by path.
pub(crate) fn files_below(root: &Path) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type()?.is_dir() {
                if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name.rsplit_once('.').is_some_and(|(_, ending)| WRITTEN.contains(&ending)) {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                files.push(SourceFile { path: path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
