use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

/// One measured number beside what it is held against.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: &'static str,
    /// The number, in `unit`.
    pub(crate) measured: f64,
    /// The largest number that is good enough, in `unit`.
    pub(crate) bound: f64,
    /// The unit of both.
    pub(crate) unit: &'static str,
    /// What was measured beside it, or where the bound comes from.
    pub(crate) reference: String,
}

impl Figure {
    fn is_met(&self) -> bool {
        self.measured <= self.bound
    }
}

/// A row per figure.
pub(crate) fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["figure", "measured", "at most", "beside", ""]);
    for figure in figures {
        table.add_row([
            figure.name.to_owned(),
            format!("{:.2} {}", figure.measured, figure.unit),
            format!("{:.2} {}", figure.bound, figure.unit),
            figure.reference.clone(),
            if figure.is_met() { "met" } else { "MISSED" }.to_owned(),
        ]);
    }
    table
}

/// The middle of `samples`; of an even number of them the upper one.
pub(crate) fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(measured: f64) -> Figure {
        Figure { name: "weight", measured, bound: 2.0, unit: "kg", reference: "a feather".into() }
    }

    #[test]
    fn a_figure_over_its_bound_is_marked() {
        assert!(table(&[figure(2.0)]).to_string().contains("met"));
        let text = table(&[figure(2.01)]).to_string();
        assert!(text.contains("MISSED") && text.contains("a feather"), "{text}");
    }

    #[test]
    fn the_median_is_the_middle_of_the_sorted_samples() {
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(&mut []).is_nan());
    }
}
