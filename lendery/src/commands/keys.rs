use std::path::Path;

use anyhow::bail;
use comfy_table::{Table, TableStyle};
use serde_json::json;
use user_api::{KeyState, SigningKeys};

use super::instance::Instance;
use crate::cli::Keys;

#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(data_dir: &Path, command: Keys) -> anyhow::Result<()> {
    let instance = Instance::reach(data_dir).await?;
    let answer = match command {
        Keys::List => instance.signing_keys().await,
        Keys::Rotate => instance.users("/internal/v1/keys/rotate", &json!({})).await,
    };
    instance.leave().await?;
    let answer = answer?;
    if answer.status.as_u16() == 409 {
        bail!("a new key is on its way already; `lendery keys list` says when it signs");
    }
    if !answer.status.is_success() {
        bail!("{}", answer.complaint());
    }
    println!("{}", as_table(&answer.json()?));
    Ok(())
}

fn as_table(keys: &SigningKeys) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["key", "state", "since", "until"]);
    for key in &keys.keys {
        let state = match key.state {
            KeyState::Published => "published",
            KeyState::Active => "active",
            KeyState::Retired => "retired",
        };
        // Whole seconds: nobody waits for less.
        let since = key.state_since.format("%FT%TZ").to_string();
        let until = key.next_state_at.map(|at| at.format("%FT%TZ").to_string());
        table.add_row([key.kid.as_str(), state, since.as_str(), until.as_deref().unwrap_or("")]);
    }
    table.trim_fmt()
}
