use std::fmt;

/// The size of a panel with its labels, in pixels.
pub(super) const WIDTH: usize = 320;
pub(super) const HEIGHT: usize = 230;

/// Where the axes are within it.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 305.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 180.0;

/// Lines across, the axis aside.
const LINES: u32 = 4;

/// Values over some places.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) places: Vec<String>,
    pub(super) series: Vec<Series>,
}

/// One line, with gaps where nothing was measured.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) colour: &'static str,
    pub(super) values: Vec<Option<f64>>,
}

impl fmt::Display for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{}</text>", self.title)?;
        let top = round_up(self.series.iter().flat_map(|series| &series.values).flatten().copied().fold(0.0, f64::max));
        for line in 0..=LINES {
            let value = top * f64::from(line) / f64::from(LINES);
            let y = height_of(value, top);
            writeln!(f, "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>")?;
            let (x, below) = (LEFT - 6.0, y + 4.0);
            writeln!(f, "<text x=\"{x}\" y=\"{below:.1}\" text-anchor=\"end\">{}</text>", short(value))?;
        }
        for (number, place) in self.places.iter().enumerate() {
            let (x, y) = (self.place(number), BOTTOM + 14.0);
            writeln!(
                f,
                "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"end\" transform=\"rotate(-25 {x:.1} {y})\">{place}</text>"
            )?;
        }
        self.series.iter().try_for_each(|series| self.draw(f, series, top))
    }
}

impl Panel {
    fn draw(&self, f: &mut fmt::Formatter<'_>, Series { colour, values }: &Series, top: f64) -> fmt::Result {
        let points = values.iter().enumerate().filter_map(|(number, value)| Some((number, (*value)?)));
        let points: Vec<_> = points.map(|(number, value)| (self.place(number), height_of(value, top))).collect();
        let line: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        writeln!(
            f,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            line.join(" ")
        )?;
        for (x, y) in points {
            writeln!(f, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>")?;
        }
        Ok(())
    }

    /// How far to the right a place is.
    fn place(&self, number: usize) -> f64 {
        let position = |number: usize| u32::try_from(number).map_or(0.0, f64::from);
        LEFT + (RIGHT - LEFT) * (position(number) + 0.5) / position(self.places.len().max(1))
    }
}

fn height_of(value: f64, top: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * value / top
}

/// The next of 1, 2, 5, 10, 20, 50 …, so that lines across have round numbers.
fn round_up(value: f64) -> f64 {
    let mut unit = 0.001;
    loop {
        if let Some(round) = [1.0, 2.0, 5.0].map(|factor| factor * unit).into_iter().find(|round| *round >= value) {
            return round;
        }
        unit *= 10.0;
    }
}

fn short(value: f64) -> String {
    if value >= 10.0 || value <= 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, end) in [(0.0, 0.001), (0.9, 1.0), (1.1, 2.0), (4_999.0, 5_000.0), (5_001.0, 10_000.0)] {
            assert!((round_up(value) / end - 1.0).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn a_gap_is_left_out_and_the_highest_value_stays_inside() {
        let series = Series { colour: "red", values: vec![Some(3.0), None, Some(5.0)] };
        let places = ["a", "b", "c"].map(ToOwned::to_owned).to_vec();
        let drawn = Panel { title: "things".to_owned(), places, series: vec![series] }.to_string();
        assert_eq!(drawn.matches("<circle").count(), 2);
        assert!(drawn.contains(&format!("cy=\"{TOP:.1}\"")), "{drawn}");
    }
}
