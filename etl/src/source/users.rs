//! The user service: no e-mail, no name, no password hash, no moment of a password's change.

use super::Kind::{Integer, Pseudonym, Text, TimestampMicros};
use super::{Source, Table, column, view};

pub(crate) const USERS: Source =
    Source { name: "users", tables: &[&TABLE], views: &[view("dim_user", include_str!("../star/dim_user.sql"))] };

const TABLE: Table = Table {
    name: "users",
    raw: "raw_users",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("role", Text),
        column("status", Text),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
        column("version", Integer),
    ],
    withheld: &["email", "password_hash", "display_name", "search_text", "password_changed_at"],
    members: &["id"],
};
