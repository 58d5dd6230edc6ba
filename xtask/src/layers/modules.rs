use crate::source::SourceFile;
use crate::violation::Violation;

/// A module of a service, and what its files must not name.
struct Layer {
    name: &'static str,
    /// Sibling modules: the arrows are `http -> app -> {domain, db}` and `db -> domain`.
    closed_modules: &'static [&'static str],
    /// Foreign paths that belong to another layer.
    closed_paths: &'static [&'static str],
}

const LAYERS: [Layer; 5] = [
    Layer { name: "http", closed_modules: &["db", "jobs"], closed_paths: &["sea_orm::", "sqlx::"] },
    Layer { name: "jobs", closed_modules: &["http"], closed_paths: &["axum::"] },
    Layer { name: "app", closed_modules: &["http", "jobs"], closed_paths: &["axum::"] },
    Layer { name: "db", closed_modules: &["app", "http", "jobs"], closed_paths: &["axum::"] },
    Layer {
        name: "domain",
        closed_modules: &["app", "db", "http", "jobs"],
        closed_paths: &["axum::", "sea_orm::", "sqlx::", "tokio::", "reqwest::", "service_kit::clock", "Instant::now"],
    },
];

/// Every place where a module of a service names one it must not know.
pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    let Some(layer) = layer_of(&file.path) else { return Vec::new() };
    let code = file.code();
    let mut breaches: Vec<(usize, String)> = Vec::new();
    for (position, module) in modules_named(&code) {
        if layer.closed_modules.contains(&module) {
            breaches.push((position, format!("crate::{module}")));
        }
    }
    for path in layer.closed_paths {
        breaches.extend(occurrences(&code, path).map(|position| (position, path.trim_end_matches(':').to_owned())));
    }
    breaches.sort();
    let place = |position| format!("{}:{}", file.path, 1 + code[..position].matches('\n').count());
    let message = |path| format!("{} must not know {path}", layer.name);
    breaches.into_iter().map(|(position, path)| Violation { place: place(position), message: message(path) }).collect()
}

/// The layer whose folder, or whose one file, this is: `…/src/app/items.rs` or `…/src/app.rs`. Libraries under `crates/`
/// offer parts of layers to services and are none themselves.
fn layer_of(path: &str) -> Option<&'static Layer> {
    let (room, inside) = path.split_once("/src/")?;
    if room.starts_with("crates/") {
        return None;
    }
    let module = inside.split('/').next()?.trim_end_matches(".rs");
    LAYERS.iter().find(|layer| layer.name == module)
}

/// Where `code` names which module of its own crate: `crate::db::…` and each first name of `crate::{db::…, domain::…}`.
fn modules_named(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for position in occurrences(code, "crate::") {
        let start = position + "crate::".len();
        match code[start..].strip_prefix('{') {
            Some(group) => found.extend(group_members(group).into_iter().map(|module| (position, module))),
            None => found.push((position, identifier(&code[start..]))),
        }
    }
    found
}

/// The first name of each member of a group whose opening brace is behind us.
fn group_members(group: &str) -> Vec<&str> {
    let (mut members, mut depth, mut member_start) = (Vec::new(), 1, 0);
    for (position, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && character == ',') {
            members.push(identifier(group[member_start..position].trim_start()));
            member_start = position + 1;
        }
        if depth == 0 {
            break;
        }
    }
    members
}

fn identifier(text: &str) -> &str {
    text.split(|character| !is_identifier(character)).next().unwrap_or_default()
}

/// Where `path` stands in `code` with nothing before it that would make it another name.
fn occurrences<'code>(code: &'code str, path: &'code str) -> impl Iterator<Item = usize> {
    let starts = code.match_indices(path).map(|(position, _)| position);
    starts.filter(|&position| !code[..position].ends_with(is_identifier))
}

fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile { path: path.into(), text: text.into() };
        check(&file).iter().map(Violation::to_string).collect()
    }

    #[test]
    fn arrows_point_from_http_to_app_to_domain_and_database() {
        assert!(breaches("s/src/http/items/get.rs", "use crate::app::items;\nuse crate::domain::Item;").is_empty());
        assert!(breaches("s/src/app/items.rs", "use crate::{\n    db::items,\n    domain::item::Item,\n};").is_empty());
        assert!(breaches("s/src/db/items.rs", "use crate::domain::item::{Item, State};").is_empty());
        assert!(breaches("s/src/domain/item.rs", "use crate::domain::money;").is_empty());
    }

    #[test]
    fn no_arrow_points_back_or_across() {
        let across = [
            ("http/get.rs", "db"),
            ("app/items.rs", "http"),
            ("db/items.rs", "app"),
            ("db/items.rs", "http"),
            ("domain/item.rs", "app"),
            ("domain/item.rs", "db"),
            ("domain/item.rs", "http"),
            ("domain.rs", "db"),
            ("jobs/expiry.rs", "http"),
        ];
        for (path, module) in across {
            let found = breaches(&format!("s/src/{path}"), &format!("\nuse crate::{module}::items;"));
            assert_eq!(found.len(), 1, "{path} names {module}");
            assert!(found[0].starts_with(&format!("s/src/{path}:2: ")), "{found:?}");
        }
    }

    #[test]
    fn a_path_within_a_function_and_a_member_of_a_group_count_too() {
        assert_eq!(breaches("s/src/db/items.rs", "fn f() { crate::http::routes() }").len(), 1);
        assert_eq!(breaches("s/src/db/items.rs", "use crate::{domain::{item, app}, app::items};").len(), 1);
        assert_eq!(breaches("s/src/db/items.rs", "use crate::{domain::{item, app}};").len(), 0);
    }

    #[test]
    fn the_domain_knows_no_framework_no_database_and_no_clock() {
        for path in ["axum::Json", "sea_orm::Value", "sqlx::Row", "service_kit::clock::Clock", "tokio::spawn"] {
            assert_eq!(breaches("s/src/domain/item.rs", &format!("use {path};")).len(), 1, "{path}");
        }
        assert_eq!(breaches("s/src/domain/item.rs", "use chrono::NaiveDate;\nuse my_axum::Json;").len(), 0);
    }

    #[test]
    fn comments_and_files_outside_a_layer_are_free() {
        assert_eq!(breaches("s/src/domain/item.rs", "// unlike crate::db::items\n").len(), 0);
        assert_eq!(breaches("s/src/lib.rs", "use crate::{db, http};").len(), 0);
        assert_eq!(breaches("crates/kit/src/http/answer.rs", "use crate::db;").len(), 0);
    }
}
