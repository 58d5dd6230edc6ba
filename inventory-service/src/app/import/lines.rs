/// Counts lines. The reader's own count is behind where lines end in carriage return and line feed, or are empty: it
/// takes what is left of the end of a row for the beginning of the next.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    /// Bytes counted so far.
    counted: usize,
    /// The line on which the next byte is.
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, counted: 0, line: 1 }
    }

    /// The line of the row that begins at or after the position. Positions never go back.
    pub(super) fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.counted);
        while let Some(byte) = self.text.get(self.counted) {
            let ends_line = *byte == b'\n' || (*byte == b'\r' && self.text.get(self.counted + 1) != Some(&b'\n'));
            if self.counted >= start && !b"\r\n".contains(byte) {
                break;
            }
            self.line += u64::from(ends_line);
            self.counted += 1;
        }
        self.line
    }
}
