//! Cells that a spreadsheet would take for formulas, and run: <https://owasp.org/www-community/attacks/CSV_Injection>. Files
//! that are given out have an apostrophe before them, and the same is taken off where a file comes in.

use std::borrow::Cow;

/// What formulas begin with.
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The cell as text in every program.
pub(in crate::app) fn guarded(cell: &str) -> Cow<'_, str> {
    if is_taken_for_one(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// The cell as it was before it was guarded. What never was stays as it is.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_taken_for_one(rest)).unwrap_or(cell)
}

/// Apostrophes before it count too, so that what had one of its own gets it back.
fn is_taken_for_one(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(BEGINNINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_text_and_comes_back() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1", "''@x"] {
            let cell = guarded(formula);
            assert_eq!(cell, format!("'{formula}"));
            assert_eq!(unguarded(&cell), formula);
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "Saw", "'t Gooi", "a=b", "1-2", "'", "18\" saw"] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }
}
