//! What the columns mean, for the data dictionary. Where a name means the same in several tables it is said once.

/// What a column says, or with an empty `column` what the rows of the table are; none for what is not known here.
#[must_use]
pub fn meaning(table: &str, column: &str) -> Option<&'static str> {
    let of = |wanted: &str| MEANINGS.iter().find(|(known, name, _)| *known == wanted && *name == column);
    of(table).or_else(|| of(ANY).filter(|_| !column.is_empty())).map(|(_, _, meaning)| *meaning)
}

/// In place of a table: any that has such a column.
const ANY: &str = "";

/// Table, column and meaning.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("dim_category", "", "The categories as they are now."),
    ("dim_category", "path", "The slugs from the root down to it, with `/` between."),
    ("dim_category", "parent_key", "The category it is in; none for a root."),
    ("dim_date", "", "One row for each day between the first and the last on which anything happens."),
    ("dim_date", "date_key", "The day as a number: year, month and day, such as 20260301."),
    ("dim_date", "day", "The day, in UTC."),
    ("dim_date", "year", "Its year."),
    ("dim_date", "quarter", "Its quarter, 1 to 4."),
    ("dim_date", "month", "Its month, 1 to 12."),
    ("dim_date", "iso_week", "Its week by ISO 8601, 1 to 53."),
    ("dim_date", "weekday", "1 is Monday, 7 is Sunday."),
    ("dim_date", "is_weekend", "Whether it is a Saturday or a Sunday."),
    ("dim_item", "", "One row for each state of an item (type 2)."),
    ("dim_item", "status", "`draft`, `listed`, `paused` or `retired`; `unknown` of `-1`."),
    ("dim_item", "deposit_minor", "The deposit for a unit; none if none is asked for."),
    ("dim_user", "", "One row for each state of a member (type 2)."),
    ("dim_user", "user_key", "The member, by pseudonym; `-1` is nobody who is known."),
    ("dim_user", "status", "`active`, `disabled`, or `erased` until the next maintenance; `unknown` of `-1`."),
    ("dim_user", "cohort_month", "The first day of the month of joining."),
    ("etl_batch", "", "One row for each raw table in each batch: the versions that belong together."),
    ("etl_batch", "batch", "The number of the batch; the highest is what Lendery's own queries see."),
    ("etl_batch", "position", "The place of the row in its batch, from 0."),
    ("etl_batch", "table_name", "A raw table."),
    ("etl_batch", "version", "The version of that table, in Delta Lake's own counting."),
    ("etl_batch", "watermark", "Up to where the changes of the service are in this version, not included."),
    ("etl_batch", "committed_at", "When the batch was committed."),
    ("etl_batch", "origin", "What tells the history that the watermark is of from others, as after a restored backup."),
    ("fact_booking_day", "", "One row for each item and day on which it was offered."),
    ("fact_booking_day", "date_key", "The day, as in `dim_date`."),
    ("fact_booking_day", "units", "Units there were at the end of the day."),
    ("fact_booking_day", "booked", "Units promised to somebody for a part of the day."),
    ("fact_booking_day", "out", "Units that were with somebody for a part of the day, as far as is known."),
    ("fact_booking_day", "idle", "Units that were neither."),
    ("fact_item_event", "", "One row for each thing that happened to an item."),
    ("fact_item_event", "event", "`created`, `changed`, `retired`, `deleted`."),
    ("fact_item_event", "occurred_at", "When; for a deletion when the run began that found it, or what followed it."),
    ("fact_item_event", "daily_price_minor", "What a day cost from then on; none for a deletion."),
    ("fact_item_event", "status", "The status from then on; for a deletion the last one."),
    ("fact_order", "", "One row for each order, with when it was first seen in each of its states."),
    ("fact_order", "reserved_at", "When everything was set aside."),
    ("fact_order", "authorised_at", "When the money was held."),
    ("fact_order", "confirmed_at", "When everything was promised."),
    ("fact_order", "handed_over_at", "When the first of it was handed over."),
    ("fact_order", "returned_at", "When the last of it was back."),
    ("fact_order", "closed_at", "When all was done."),
    ("fact_order", "failed_at", "When it was rejected, declined, cancelled, not paid or expired."),
    ("fact_order_line", "", "One row for each line of an order, as it is now."),
    ("fact_order_line", "order_state", "The state of the order, as in `fact_order`."),
    ("fact_order_line", "ordered_at", "When the order was placed."),
    ("fact_payment", "", "One row for each payment, as it is now."),
    ("fact_payment", "deposit_held_minor", "Of the deposit, what is held now."),
    ("fact_payment", "deposit_given_back_minor", "Of the deposit, what was held and is not any more, nor kept."),
    ("fact_payment", "deposit_kept_minor", "Of the deposit, what was taken and not given back."),
    ("fact_payment", "authorised_at", "When money was first held."),
    ("fact_payment", "captured_at", "When any of it was first taken."),
    ("fact_payment", "released_at", "When any of it was first let go, be it to hold it anew."),
    ("fact_payment", "refunded_at", "When any of it was first given back."),
    ("fact_reservation", "", "One row for each reservation, with when it was first seen in each of its states."),
    ("fact_reservation", "held_at", "When it was set aside."),
    ("fact_reservation", "confirmed_at", "When it was promised."),
    ("fact_reservation", "checked_out_at", "When it went out; none if it was back before the first load."),
    ("fact_reservation", "returned_at", "When it came back."),
    ("fact_reservation", "released_at", "When it was given up, or lapsed."),
    (
        "fact_reservation",
        "lent_at",
        "Of what was lent, when it went out; if it was back before the first load, when it was to.",
    ),
    ("fact_reservation", "sold_at", "Of what was sold, when it went out; else none."),
    ("fact_reservation", "returned_late", "Whether it came back after it was due; none if it is not back."),
    ("raw_categories", "", "Categories, one row for each change."),
    ("raw_categories", "id", "The category."),
    ("raw_categories", "parent_id", "The category it is in; none for a root."),
    ("raw_items", "", "Items, one row for each change."),
    ("raw_items", "id", "The item."),
    ("raw_items", "deposit_minor", "The deposit for a unit; none if none is asked for."),
    ("raw_ledger", "", "Movements of money between the accounts of a payment: `payer`, `held` and `taken`."),
    ("raw_ledger", "amount_minor", "How much was moved."),
    ("raw_order_lines", "", "Lines of orders, one row for each change."),
    ("raw_order_lines", "id", "The line."),
    ("raw_orders", "", "Orders, one row for each change."),
    ("raw_orders", "id", "The order."),
    ("raw_payments", "", "Payments, one row for each change."),
    ("raw_payments", "id", "The payment."),
    ("raw_reservations", "", "Reservations, one row for each change."),
    ("raw_reservations", "id", "The reservation."),
    ("raw_reservations", "item_id", "What is reserved; none if it was given up before anything was set aside."),
    ("raw_users", "", "Members, one row for each change."),
    ("raw_users", "id", "The member."),
    ("raw_users", "status", "`active`, `disabled`, or `erased` until the next maintenance."),
    // How a row came here.
    (ANY, "load", "The version of this table that added the row. First in the order of a key's rows."),
    (ANY, "op", "`S` found when the whole table was read, `I` added, `U` changed, `D` deleted."),
    (
        ANY,
        "change_seq",
        "The change's number in the service; of `S` the last that is in it, or 0. Second in that order.",
    ),
    (ANY, "watermark", "Up to where the changes of the service had been read with it, not included."),
    (ANY, "loaded_at", "When the run began that added the row."),
    // Who and what.
    (ANY, "item_key", "The item; `-1` if it has not arrived."),
    (ANY, "owner_key", "The member whose it is, by pseudonym; `-1` if nobody is known."),
    (ANY, "borrower_key", "The member who borrows or buys, by pseudonym; `-1` if nobody is known."),
    (ANY, "payer_key", "The member who pays, by pseudonym; `-1` if nobody is known."),
    (ANY, "category_key", "The category; `-1` if there is none, or it has not arrived."),
    (ANY, "order_key", "The order."),
    (ANY, "order_line_key", "The line."),
    (ANY, "payment_key", "The payment."),
    (ANY, "reservation_key", "The reservation."),
    (ANY, "item_id", "The item."),
    (ANY, "owner_id", "The member whose it is."),
    (ANY, "borrower_id", "The member who borrows or buys."),
    (ANY, "payer_id", "The member who pays."),
    (ANY, "category_id", "The category; none of a retired item whose category is gone."),
    (ANY, "order_id", "The order."),
    (ANY, "payment_id", "The payment."),
    (ANY, "entry", "The number of the movement."),
    (ANY, "from_account", "The account that lost it."),
    (ANY, "to_account", "The account that got it."),
    // What they are like.
    (ANY, "slug", "Its name in addresses."),
    (ANY, "name", "Its name, in the operator's words."),
    (ANY, "role", "`member` or `admin`."),
    (ANY, "status", "`draft`, `listed`, `paused` or `retired`."),
    (ANY, "condition", "`new`, `like_new`, `good`, `fair` or `poor`."),
    (ANY, "offer", "`lend` or `sell`."),
    (ANY, "approval", "Who agrees to a loan: `auto` nobody, `owner` the owner each time."),
    (ANY, "units", "How many things; of an item that is sold 0."),
    (ANY, "stock", "Pieces that are left to be sold; none of what is lent."),
    (ANY, "max_loan_days", "The longest loan; none if there is no limit of its own."),
    (ANY, "provider", "Through whom it is paid: `test`, `desk` or `stripe`; none if nothing is."),
    (ANY, "state", "Where it stands, in the words of its service."),
    (ANY, "progress", "`asked`, `agreed`, `handed_over`, `back` or `not_fetched`."),
    (ANY, "position", "The place of the line in its order, from 0."),
    (ANY, "version", "How often the service has written it, from 1."),
    // Money, in minor units of the currency.
    (ANY, "currency", "Of the amounts, by ISO 4217."),
    (ANY, "daily_price_minor", "What a day of a unit costs; none if it is free, or sold."),
    (ANY, "price_minor", "What a piece costs; none of what is lent."),
    (ANY, "unit_price_minor", "What a unit costs, a day of it if it is lent."),
    (ANY, "amount_minor", "The price, without the deposit."),
    (ANY, "total_minor", "The prices of all lines, without deposits."),
    (ANY, "deposit_minor", "The deposit that is asked for."),
    (ANY, "authorised_minor", "What was held in all; a hold that is made anew counts again."),
    (ANY, "captured_minor", "What of it was taken in all."),
    (ANY, "released_minor", "What of it was let go in all; a hold that is made anew counts again."),
    (ANY, "refunded_minor", "What of the taken was given back in all."),
    // Times.
    (ANY, "starts_at", "When the loan begins; none of what is sold."),
    (ANY, "ends_at", "When it is due; none of what is sold."),
    (ANY, "due_at", "When it is due; none of what is sold."),
    (ANY, "created_at", "When it was made."),
    (ANY, "updated_at", "When the service last wrote it."),
    (ANY, "posted_at", "When it was moved."),
    (ANY, "valid_from", "From when on it was so."),
    (ANY, "valid_to", "Until when, not included; none if it still is."),
    (ANY, "is_current", "Whether it still is so."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tables;

    #[test]
    fn nothing_is_said_twice_nor_of_what_no_service_allows() {
        for (index, (table, column, meaning)) in MEANINGS.iter().enumerate() {
            let again = |(other, name, _): &(&str, &str, &str)| (other, name) == (table, column);
            assert!(!MEANINGS[index + 1..].iter().any(again), "{table}.{column}");
            assert!(meaning.ends_with('.') && !meaning.contains('|'), "{table}.{column}");
            if let Some(raw) = tables().find(|raw| raw.raw == *table) {
                assert!(column.is_empty() || raw.columns.iter().any(|known| known.name == *column), "{table}.{column}");
            }
        }
    }

    #[test]
    fn what_a_table_says_of_a_column_goes_before_what_is_said_of_all() {
        assert_eq!(meaning("fact_order", "provider"), meaning("raw_orders", "provider"));
        assert_ne!(meaning("raw_ledger", "amount_minor"), meaning("raw_payments", "amount_minor"));
        assert_eq!(meaning("raw_users", "shoe_size"), None);
        assert_eq!(meaning("raw_shoes", ""), None);
    }
}
