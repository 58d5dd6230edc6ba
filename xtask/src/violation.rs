use std::fmt;

use anyhow::{Result, bail};

/// A rule that does not hold somewhere, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// A file with a line, a file, or a crate.
    pub(crate) place: String,
    /// What is wrong there, and what would be right.
    pub(crate) message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// Prints every violation; an error when there is one.
pub(crate) fn report(violations: &[Violation]) -> Result<()> {
    for violation in violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("one rule is broken"),
        count => bail!("{count} rules are broken"),
    }
}
