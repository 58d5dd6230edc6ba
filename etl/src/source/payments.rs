//! The payment service: amounts, states and the ledger, but nothing a provider calls a payment or its payer by.

use super::Kind::{Integer, Pseudonym, Text, TimestampMicros};
use super::{Source, Table, column, view};

pub(crate) const PAYMENTS: Source = Source {
    name: "payments",
    tables: &[&TABLE, &LEDGER],
    views: &[view("fact_payment", include_str!("../star/fact_payment.sql"))],
};

const TABLE: Table = Table {
    name: "payments",
    raw: "raw_payments",
    key: "id",
    columns: &[
        column("id", Pseudonym),
        column("order_id", Pseudonym),
        column("payer_id", Pseudonym),
        column("provider", Text),
        column("amount_minor", Integer),
        column("deposit_minor", Integer),
        column("currency", Text),
        column("authorised_minor", Integer),
        column("captured_minor", Integer),
        column("released_minor", Integer),
        column("refunded_minor", Integer),
        column("state", Text),
        column("version", Integer),
        column("created_at", TimestampMicros),
        column("updated_at", TimestampMicros),
    ],
    withheld: &[
        "step",
        "request_sha256",
        "in_doubt",
        "called_off",
        "failure_code",
        "failure_detail",
        "reference",
        "action_url",
        "renew_at",
    ],
    members: &["payer_id"],
};

/// Its rows are numbered by the service and say nothing of anybody by themselves, so the number stays as it is.
const LEDGER: Table = Table {
    name: "ledger",
    raw: "raw_ledger",
    key: "entry",
    columns: &[
        column("entry", Integer),
        column("payment_id", Pseudonym),
        column("from_account", Text),
        column("to_account", Text),
        column("amount_minor", Integer),
        column("posted_at", TimestampMicros),
    ],
    withheld: &["operation_id"],
    members: &[],
};
