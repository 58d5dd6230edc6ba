use std::io::{IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;

use super::instance::Instance;
use crate::cli::Admin;

/// Longer than any password that is accepted.
const LONGEST_PASSWORD_BYTES: u64 = 1024;

#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(data_dir: &Path, Admin::Create { email, display_name }: Admin) -> anyhow::Result<()> {
    let password = password()?;
    let instance = Instance::reach(data_dir).await?;
    let account = json!({ "email": email, "display_name": display_name, "password": password });
    let answer = instance.users("/internal/v1/admins", &account).await?;
    instance.leave().await?;
    if !answer.status.is_success() {
        bail!("no administrator was made: {}", answer.complaint());
    }
    println!("{email} is an administrator.");
    Ok(())
}

/// Asked for without echo at a terminal; otherwise the first line of standard input.
fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("no password could be read");
    }
    let mut text = String::new();
    std::io::stdin().take(LONGEST_PASSWORD_BYTES).read_to_string(&mut text).context("no password could be read")?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!(
            "give the password as the first line of standard input, such as: lendery admin create … < password-file"
        ),
    }
}
