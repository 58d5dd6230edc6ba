/// The widest bar, in the units of the drawing; its number has the rest of 360.
const WIDEST: f64 = 270.0;

/// From one bar to the next.
const ROW: u32 = 36;

/// Characters of a label that have room above its bar.
const LABEL: usize = 40;

/// Bars that are still a picture; the table beside it has all rows.
const MOST: usize = 24;

/// Numbers as bars, drawn as SVG.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) top: u32,
    pub(crate) width: f64,
}

impl Chart {
    /// A chart of these labels and numbers, each with the text that says it, as many as fit.
    pub(crate) fn new(title: &str, rows: impl IntoIterator<Item = (String, f64, String)>) -> Self {
        let rows: Vec<_> = rows.into_iter().take(MOST).collect();
        let most = rows.iter().map(|(_, number, _)| number.abs()).fold(0.0, f64::max);
        let bars = rows.into_iter().zip((0..).step_by(ROW as usize)).map(|((label, number, value), top)| {
            let share = if most > 0.0 { number.abs() / most } else { 0.0 };
            Bar { label: shortened(&label), value, top, width: (share * WIDEST * 10.0).round() / 10.0 }
        });
        Self { title: title.to_owned(), bars: bars.collect() }
    }

    pub(crate) fn height(&self) -> usize {
        self.bars.len() * ROW as usize
    }

    /// What the picture shows, in words.
    pub(crate) fn summary(&self) -> String {
        let said: Vec<_> = self.bars.iter().map(|bar| format!("{} {}", bar.label, bar.value)).collect();
        said.join(", ")
    }
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    label.chars().take(LABEL - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_numbers_and_fit() {
        let row = |label: &str, number: f64| (label.to_owned(), number, number.to_string());
        let chart = Chart::new("Lent", [row("a", 4.0), row("b", 1.0), row(&"x".repeat(90), 0.0)]);
        let widths: Vec<_> = chart.bars.iter().map(|bar| bar.width).collect();
        assert_eq!(widths, [270.0, 67.5, 0.0]);
        assert_eq!((chart.height(), chart.bars[2].top, chart.bars[2].label.chars().count()), (108, 72, 40));
        assert!(chart.summary().starts_with("a 4, b 1, "), "{}", chart.summary());
    }

    #[test]
    fn nothing_but_zeros_is_no_division() {
        let chart = Chart::new("None", [("a".to_owned(), 0.0, "0".to_owned())]);
        assert_eq!(chart.bars[0].width.to_bits(), 0.0_f64.to_bits());
    }
}
