//! What the operator does about payments at the desk without a browser.

use std::process::Output;

use crate::platform::{Platform, command};
use crate::programs::text;

/// An id of nothing.
const NOTHING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What a command that did what was asked has said.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test]
async fn the_operator_lists_what_waits_at_the_desk_and_says_that_it_is_paid() {
    let directory = tempfile::tempdir().unwrap();
    // An order of the demo waits there.
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let listed = said(&platform.command(&["payments", "desk"]).await);
    let row = listed.lines().find(|line| line.contains(" EUR")).unwrap_or_else(|| panic!("{listed}"));
    let payment = row.split_whitespace().find(|word| word.len() == NOTHING.len()).unwrap();
    for _ in 0..2 {
        let paid = said(&platform.command(&["payments", "paid", payment]).await);
        assert!(paid.starts_with("Paid for order ") && paid.contains(" EUR"), "said twice, it was paid once: {paid}");
    }
    let nobody = "Nobody has to pay at the desk.\n";
    assert_eq!(said(&platform.command(&["payments", "desk"]).await), nobody);

    let unknown = platform.command(&["payments", "paid", NOTHING]).await;
    let complaint = text(&unknown.stderr);
    assert!(!unknown.status.success() && complaint.contains("`lendery payments desk` lists"), "{complaint}");
    let mistyped = platform.command(&["payments", "paid", "12"]).await;
    assert!(!mistyped.status.success() && text(&mistyped.stderr).contains("'12'"), "{}", text(&mistyped.stderr));

    assert!(platform.stop().await);
    assert_eq!(said(&command(directory.path(), &["payments", "desk"]).await), nobody);
    let nowhere = command(&directory.path().join("mistyped"), &["payments", "desk"]).await;
    assert!(!nowhere.status.success() && text(&nowhere.stderr).contains("--data-dir"), "{}", text(&nowhere.stderr));
}
