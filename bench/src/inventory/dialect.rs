use sea_orm::DbBackend;

/// What the two databases say differently, as far as the corpus needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect(pub(super) DbBackend);

/// What an id is of, which keeps ids of the same number apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Category = 1,
    Member = 2,
    Item = 3,
    Unit = 4,
    Reservation = 5,
}

/// Milliseconds since 1970 of the corpus's first id.
const FIRST_MS: u64 = 1_700_000_000_000;

/// The UUIDv7 of this number, in the order of the numbers.
pub(super) fn id(kind: Kind, number: u64) -> String {
    let ms = format!("{:012x}", FIRST_MS + number);
    let kind = kind as u16;
    format!("{}-{}-7{kind:03x}-8000-{number:012x}", &ms[..8], &ms[8..])
}

impl Dialect {
    /// As [`id`], of a number that is an expression.
    pub(super) fn id(self, kind: Kind, number: &str) -> String {
        let kind = kind as u16;
        if self.0 == DbBackend::Postgres {
            let hex = |number: &str| format!("lpad(to_hex(CAST({number} AS bigint)), 12, '0')");
            let ms = hex(&format!("{FIRST_MS} + ({number})"));
            return format!("CAST({ms} || '7{kind:03x}8000' || {} AS uuid)", hex(number));
        }
        format!("unhex(printf('%012x7{kind:03x}8000%012x', {FIRST_MS} + ({number}), ({number})))")
    }

    /// An id as a statement has it.
    pub(super) fn literal(self, id: &str) -> String {
        if self.0 == DbBackend::Postgres { format!("'{id}'") } else { format!("x'{}'", id.replace('-', "")) }
    }

    /// The instant so many seconds after 1970, an expression too.
    pub(super) fn instant(self, seconds: &str) -> String {
        if self.0 == DbBackend::Postgres {
            return format!("to_timestamp({seconds})");
        }
        format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {seconds}, 'unixepoch')")
    }

    /// The start of today, in seconds since 1970.
    pub(super) fn today(self) -> &'static str {
        if self.0 == DbBackend::Postgres {
            return "(CAST(extract(epoch FROM now()) AS bigint) / 86400 * 86400)";
        }
        "(unixepoch() / 86400 * 86400)"
    }

    /// The date of a number of days from today on, as text.
    pub(super) fn date(self, days: &str) -> String {
        if self.0 == DbBackend::Postgres {
            return format!("CAST(CURRENT_DATE + CAST({days} AS integer) AS text)");
        }
        format!("date('now', ({days}) || ' days')")
    }

    /// Said before the corpus is written. Its rows are right, and nobody is to hear of them one by one.
    pub(super) fn quietly(self) -> &'static str {
        if self.0 == DbBackend::Postgres { "SET LOCAL session_replication_role = replica" } else { "SELECT 1" }
    }

    /// Said once it is there.
    pub(super) fn settle(self) -> &'static str {
        if self.0 == DbBackend::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" }
    }
}

/// `n` from 1 to `last`, for the statement that follows.
pub(super) fn numbers(last: u64) -> String {
    format!(
        "WITH RECURSIVE numbers(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_in_the_order_of_their_numbers() {
        assert_eq!(id(Kind::Item, 1), "018bcfe5-6801-7003-8000-000000000001");
        assert!(id(Kind::Item, 1_000_000) > id(Kind::Item, 999_999));
    }
}
