use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, TableStyle};
use service_kit::clock::Clock;
use service_kit::randomness::Randomness;
use simulate::{Crowd, KindReport, Report, Surroundings};

use crate::cli::Simulate;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the outcome of a command, and how far it has come")]
pub(super) async fn run(command: Simulate) -> anyhow::Result<()> {
    let Simulate { members, seconds, buy_probability, base, plot, seed } = command;
    // Before minutes have been spent; an older plot stays until there is a new one.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&plot)
        .with_context(|| format!("cannot write {}; name another --plot", plot.display()))?;
    let surroundings = Surroundings { base, clock: Clock::system(), randomness: Randomness::seeded(seed) };
    let crowds = Crowd::each(&members, &buy_probability);
    let began = |crowd: &Crowd| eprintln!("{} …", title(crowd));
    let reports = Box::pin(simulate::run(&surroundings, &crowds, seconds, began)).await?;
    for report in &reports {
        println!("{}\n", text(report));
    }
    let drawn = simulate::plot(&reports);
    file.set_len(0).and_then(|()| file.write_all(drawn.as_bytes())).with_context(|| plot.display().to_string())?;
    println!("The plot is in {}.", plot.display());
    Ok(())
}

fn title(crowd: &Crowd) -> String {
    format!("{} members, who order with probability {}", crowd.members.get(), crowd.buy_probability.get())
}

fn text(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["", "requests", "refused", "failed", "p50 ms", "p90 ms", "p99 ms"]);
    for kind in &report.kinds {
        table.add_row(row(kind));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let (seconds, throughput) = (report.lived.as_secs_f64(), report.throughput);
    let orders: Vec<_> =
        report.orders.iter().map(|(state, count)| format!("{count} {}", state.replace('_', " "))).collect();
    let orders = if orders.is_empty() { "none".to_owned() } else { orders.join(", ") };
    format!(
        "{}: {throughput:.1} answered requests a second for {seconds:.1} s\n{}\norders: {orders}",
        title(&report.crowd),
        table.trim_fmt()
    )
}

fn row(report: &KindReport) -> [String; 7] {
    let &KindReport { kind, count, refused, failed, p50, p90, p99 } = report;
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let requests = if kind.is_request() { count.to_string() } else { format!("({count})") };
    [kind.name().to_owned(), requests, refused.to_string(), failed.to_string(), ms(p50), ms(p90), ms(p99)]
}
