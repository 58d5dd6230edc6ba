//! What a row says of an item, in the words of a request.

use inventory_api::{CreateItemRequest, MoneyRequest, RowError};
use problem::{FieldProblem, Problem};
use vocabulary::{Currency, Money};

use super::column::Column;
use super::table::{Row, refusal};
use super::tags::split;
use crate::domain::amount;
use crate::domain::category::CategoryRef;

/// `request` with everything that the row says in its place. A column that the file does not have leaves the request as it
/// is; an empty cell takes the value away.
pub(super) fn laid_over(
    mut request: CreateItemRequest,
    row: &Row,
    category: &CategoryRef,
) -> Result<CreateItemRequest, Vec<RowError>> {
    let mut errors = Vec::new();
    request.category = Some(category.slug.to_string());
    let text = |column| row.cell(column).map(ToOwned::to_owned);
    request.name = text(Column::Name);
    request.description = text(Column::Description).or(request.description);
    if let Some(tags) = row.cell(Column::Tags) {
        request.tags = Some(split(tags));
    }
    number(&mut request.units, row, Column::Units, &mut errors);
    number(&mut request.max_loan_days, row, Column::LoanDays, &mut errors);
    match currency(&request, row) {
        Ok(currency) => {
            price(&mut request.daily_price, row, Column::DailyPrice, currency, &mut errors);
            price(&mut request.deposit, row, Column::Deposit, currency, &mut errors);
        }
        Err(error) => errors.push(error),
    }
    if errors.is_empty() { Ok(request) } else { Err(errors) }
}

/// The fields that the domain refused, by their columns.
pub(super) fn errors_of(problem: &Problem, line: u64) -> Vec<RowError> {
    problem.errors().iter().map(|field| error_of(field, line)).collect()
}

fn error_of(field: &FieldProblem, line: u64) -> RowError {
    let name = field.pointer.split('/').nth(1).unwrap_or_default();
    let column = if name == "max_loan_days" { Column::LoanDays.name() } else { name };
    refusal(line, Some(column), &field.code, &field.detail)
}

fn number(field: &mut Option<i64>, row: &Row, column: Column, errors: &mut Vec<RowError>) {
    if row.cell(column).is_none() {
        return;
    }
    match row.filled(column).map(str::parse).transpose() {
        Ok(number) => *field = number,
        Err(_) => errors.push(row.refusal(column, "not_a_number", &"It has to be a whole number.")),
    }
}

/// The currency of the row; otherwise that of what the item costs now, or the house's own.
fn currency(request: &CreateItemRequest, row: &Row) -> Result<Currency, RowError> {
    if let Some(text) = row.filled(Column::Currency) {
        return text.parse().map_err(|error| row.refusal(Column::Currency, "unknown_currency", &error));
    }
    let amounts = [&request.daily_price, &request.deposit];
    let known = amounts.into_iter().flatten().find_map(|money| money.currency.as_deref()?.parse().ok());
    Ok(known.unwrap_or(Currency::EUR))
}

fn price(field: &mut Option<MoneyRequest>, row: &Row, column: Column, currency: Currency, errors: &mut Vec<RowError>) {
    if row.cell(column).is_none() {
        return;
    }
    match row.filled(column).map(|text| amount::from_decimal(text, currency)).transpose() {
        Ok(amount) => *field = amount.map(|amount_minor| Money { amount_minor, currency }.into()),
        Err(error) => errors.push(row.refusal(column, "malformed_amount", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::import::table::Table;

    fn laid(file: &str, request: CreateItemRequest) -> Result<CreateItemRequest, Vec<String>> {
        let row = Table::open(file.as_bytes()).unwrap().next().unwrap().unwrap();
        let id = vocabulary::CategoryId::new(uuid::Uuid::nil());
        let category = CategoryRef { id, slug: "tools".parse().unwrap() };
        let columns = |errors: Vec<RowError>| errors.into_iter().filter_map(|error| error.column).collect();
        laid_over(request, &row, &category).map_err(columns)
    }

    #[test]
    fn an_absent_column_keeps_and_an_empty_cell_takes_away() {
        let before = CreateItemRequest {
            description: Some("old".to_owned()),
            units: Some(4),
            max_loan_days: Some(7),
            condition: Some("fair".to_owned()),
            ..CreateItemRequest::default()
        };
        let after = laid("name,category,units\nDrill,Tools,\n", before).unwrap();
        assert_eq!(after.description.as_deref(), Some("old"));
        assert_eq!(after.max_loan_days, Some(7));
        assert_eq!(after.condition.as_deref(), Some("fair"));
        assert_eq!(after.units, None);
    }

    #[test]
    fn amounts_are_decimals_in_the_rows_currency() {
        let file = "name,category,daily_price,deposit,currency,tags\nDrill,Tools,450,, JPY ,a; b;;\n";
        let after = laid(file, CreateItemRequest::default()).unwrap();
        let yen = MoneyRequest { amount_minor: Some(450), currency: Some("JPY".to_owned()) };
        assert_eq!(after.daily_price, Some(yen));
        assert_eq!(after.deposit, None);
        assert_eq!(after.tags.unwrap(), ["a", "b"]);
    }

    #[test]
    fn every_bad_cell_is_named() {
        let file = "name,category,units,loan_days,daily_price,deposit\nDrill,Tools,four,7.5,\"4,50\",free\n";
        let columns = laid(file, CreateItemRequest::default()).unwrap_err();
        assert_eq!(columns, ["units", "loan_days", "daily_price", "deposit"]);
    }
}
