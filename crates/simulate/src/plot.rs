//! A picture of reports: one panel for what was answered a second, and one for each kind of request.

mod panel;

use std::fmt::Write as _;
use std::time::Duration;

use self::panel::{HEIGHT, Panel, Series, WIDTH};
use crate::{Kind, KindReport, Report};

/// Panels beside each other.
const COLUMNS: usize = 3;

/// Colours that people with any colour vision can tell apart (Okabe and Ito, 2008).
const BLUE: &str = "#0072b2";
const ORANGE: &str = "#e69f00";
const RED: &str = "#d55e00";

/// One of the three.
type Percentile = fn(&KindReport) -> Duration;

/// Draws the reports from left to right as an SVG document.
pub fn plot(reports: &[Report]) -> String {
    let panels = panels(reports);
    let (columns, rows) = (COLUMNS.min(panels.len()), panels.len().div_ceil(COLUMNS));
    let (width, height) = (WIDTH * columns, HEIGHT * rows + 30);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, panel) in panels.iter().enumerate() {
        let (x, y) = (WIDTH * (number % COLUMNS), HEIGHT * (number / COLUMNS));
        let _infallible = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{panel}</g>");
    }
    let y = height - 12;
    let _infallible = writeln!(
        svg,
        "<text x=\"10\" y=\"{y}\">From left to right: members × probability to order. \
         <tspan fill=\"{BLUE}\">p50</tspan>, <tspan fill=\"{ORANGE}\">p90</tspan>, <tspan fill=\"{RED}\">p99</tspan></text>"
    );
    svg + "</svg>\n"
}

fn panels(reports: &[Report]) -> Vec<Panel> {
    let places: Vec<String> = reports
        .iter()
        .map(|report| format!("{} × {}", report.crowd.members.get(), report.crowd.buy_probability.get()))
        .collect();
    let throughput = Series { colour: BLUE, values: reports.iter().map(|report| Some(report.throughput)).collect() };
    let mut panels = vec![Panel {
        title: "answered requests a second".to_owned(),
        places: places.clone(),
        series: vec![throughput],
    }];
    for kind in Kind::ALL {
        let of: Vec<_> = reports.iter().map(|report| report.of(kind)).collect();
        if of.iter().all(Option::is_none) {
            continue;
        }
        let percentiles: [(&str, Percentile); 3] =
            [(BLUE, |report| report.p50), (ORANGE, |report| report.p90), (RED, |report| report.p99)];
        let series = percentiles.into_iter().map(|(colour, percentile)| Series {
            colour,
            values: of.iter().map(|report| report.map(|report| percentile(report).as_secs_f64() * 1e3)).collect(),
        });
        panels.push(Panel { title: format!("{}, ms", kind.name()), places: places.clone(), series: series.collect() });
    }
    panels
}
