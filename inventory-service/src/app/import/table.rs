//! A file of items as a table: its header, and rows of cells by the name of their column.

use std::fmt::Display;

use csv::{ByteRecord, ReaderBuilder};
use inventory_api::RowError;

use super::column::Column;
use super::formulas::unguarded;
use super::lines::Lines;

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it begins in the file; the header is line 1.
    pub(super) line: u64,
    cells: [Option<String>; Column::ALL.len()],
}

impl Row {
    /// The cell's text, empty if it is; none when the file has no such column.
    pub(super) fn cell(&self, column: Column) -> Option<&str> {
        self.cells[column as usize].as_deref()
    }

    /// The cell's text without white space at its ends; none when there is no such column or nothing in it.
    pub(super) fn filled(&self, column: Column) -> Option<&str> {
        self.cell(column).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn refusal(&self, column: Column, code: &str, detail: &dyn Display) -> RowError {
        refusal(self.line, Some(column.name()), code, detail)
    }
}

/// Reads a file row by row, so that it is never held twice.
pub(super) struct Table<'a> {
    reader: csv::Reader<&'a [u8]>,
    columns: Vec<Column>,
    lines: Lines<'a>,
}

impl<'a> Table<'a> {
    /// Reads the header of UTF-8 text with or without a byte order mark.
    ///
    /// # Errors
    /// Everything that is wrong with the header.
    pub(super) fn open(file: &'a [u8]) -> Result<Self, Vec<RowError>> {
        let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
        let header = reader.byte_headers().map_err(|error| vec![refusal(1, None, "unreadable", &error)])?;
        let columns = columns(header)?;
        Ok(Self { reader, columns, lines: Lines::of(text) })
    }

    /// The next row, or what is wrong with it; none at the end of the file.
    pub(super) fn next(&mut self) -> Option<Result<Row, Vec<RowError>>> {
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(false) => None,
            Ok(true) => Some(self.row(&record)),
            Err(error) => {
                let line = self.lines.at(error.position());
                Some(Err(vec![refusal(line, None, "unreadable", &error)]))
            }
        }
    }

    fn row(&mut self, record: &ByteRecord) -> Result<Row, Vec<RowError>> {
        let line = self.lines.at(record.position());
        if record.len() != self.columns.len() {
            let (given, wanted) = (record.len(), self.columns.len());
            let detail = format!("The row has {given} cells and the header {wanted}; quote a cell that holds a comma.");
            return Err(vec![refusal(line, None, "wrong_cells", &detail)]);
        }
        let mut cells = [const { None }; Column::ALL.len()];
        let mut errors = Vec::new();
        for (column, cell) in self.columns.iter().zip(record) {
            match std::str::from_utf8(cell) {
                Ok(text) => cells[*column as usize] = Some(unguarded(text).to_owned()),
                Err(_) => errors.push(refusal(line, Some(column.name()), "not_utf8", &"The cell is not UTF-8 text.")),
            }
        }
        if errors.is_empty() { Ok(Row { line, cells }) } else { Err(errors) }
    }
}

/// The columns of a header, each known, none twice, and those there that have to be.
fn columns(header: &ByteRecord) -> Result<Vec<Column>, Vec<RowError>> {
    let mut columns = Vec::new();
    let mut errors = Vec::new();
    for cell in header {
        let name = String::from_utf8_lossy(cell).trim().to_lowercase();
        match Column::named(&name) {
            Some(column) if columns.contains(&column) => {
                errors.push(refusal(1, Some(&name), "repeated_column", &"The column is there twice."));
            }
            Some(column) => columns.push(column),
            None => errors.push(refusal(1, Some(&shortened(&name)), "unknown_column", &unknown(&name))),
        }
    }
    for needed in [Column::Name, Column::Category] {
        if !columns.contains(&needed) {
            let detail = "The first line has to name this column.";
            errors.push(refusal(1, Some(needed.name()), "missing_column", &detail));
        }
    }
    if errors.is_empty() { Ok(columns) } else { Err(errors) }
}

fn unknown(name: &str) -> String {
    if name.contains([';', '\t']) {
        return "Columns are separated by commas.".to_owned();
    }
    let known: Vec<_> = Column::ALL.iter().map(|column| column.name()).collect();
    format!("There is no such column; there are {}.", known.join(", "))
}

/// Enough of a text to recognise it by.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

pub(super) fn refusal(line: u64, column: Option<&str>, code: &str, detail: &dyn Display) -> RowError {
    RowError { line, column: column.map(ToOwned::to_owned), code: code.to_owned(), detail: detail.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(errors: Vec<RowError>) -> Vec<(u64, String, String)> {
        errors.into_iter().map(|error| (error.line, error.column.unwrap_or_default(), error.code)).collect()
    }

    fn header_errors(header: &str) -> Vec<(u64, String, String)> {
        Table::open(header.as_bytes()).map(|_| ()).map_err(codes).unwrap_err()
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_make_no_difference() {
        let mut table =
            Table::open("\u{feff}Name, category\r\nDrill,Tools\r\n\r\n\"Saw\r\nlong\",Tools\r\n".as_bytes()).unwrap();
        let first = table.next().unwrap().unwrap();
        assert_eq!((first.line, first.cell(Column::Name)), (2, Some("Drill")));
        let second = table.next().unwrap().unwrap();
        assert_eq!((second.line, second.cell(Column::Name)), (4, Some("Saw\r\nlong")));
        assert_eq!(second.cell(Column::Units), None);
        assert!(table.next().is_none());
    }

    #[test]
    fn a_bad_header_says_what_it_lacks() {
        let error = |column: &str, code: &str| (1, column.to_owned(), code.to_owned());
        assert_eq!(header_errors(""), [error("name", "missing_column"), error("category", "missing_column")]);
        assert_eq!(header_errors("name,category,name"), [error("name", "repeated_column")]);
        assert_eq!(header_errors("name,category,colour"), [error("colour", "unknown_column")]);
        assert_eq!(header_errors("name;category")[0], error("name;category", "unknown_column"));
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        let mut table = Table::open(b"name,category\nDrill\nSaw,\xff\nAxe,Tools,7\n").unwrap();
        let mut next = || codes(table.next().unwrap().unwrap_err());
        assert_eq!(next(), [(2, String::new(), "wrong_cells".to_owned())]);
        assert_eq!(next(), [(3, "category".to_owned(), "not_utf8".to_owned())]);
        assert_eq!(next(), [(4, String::new(), "wrong_cells".to_owned())]);
    }
}
