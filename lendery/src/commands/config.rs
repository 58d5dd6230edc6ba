use std::path::Path;

use comfy_table::{Table, TableStyle};

use crate::data_dir::{DataDir, SERVICES};
use crate::stack::Settings;

/// Longer values are cut.
const LONGEST_CHARACTERS: usize = 60;

/// Prints every setting of `lendery up`, its value and where it came from; secrets as `***`.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) fn print(path: &Path) -> anyhow::Result<()> {
    let data_dir = DataDir::at(path);
    let settings = Settings::load(&data_dir)?;
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["setting", "value", "from"]);
    table.add_row([
        "data_dir".to_owned(),
        data_dir.path().display().to_string(),
        "--data-dir or LENDERY_DATA_DIR".to_owned(),
    ]);
    for name in SERVICES.into_iter().chain(["etl"]) {
        let file = data_dir.database_file(name).display().to_string();
        table.add_row([format!("{name}.database"), file, "data_dir".to_owned()]);
    }
    for secret in ["service-credential", "session-key", "warehouse-key"] {
        table.add_row([format!("secrets.{secret}"), "***".to_owned(), "data_dir".to_owned()]);
    }
    for (service, setting) in settings.origins {
        table.add_row([format!("{service}.{}", setting.key), shortened(setting.value), setting.origin]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

/// A value that fits a line; lists of tables do not.
fn shortened(value: String) -> String {
    match value.char_indices().nth(LONGEST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}
