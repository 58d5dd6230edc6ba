//! What an order costs: embedded, with many at once on PostgreSQL, beside a million old ones, and until who waits for it
//! is told.

mod embedded;
mod old;
mod production;
mod services;
mod shop;
mod stream;

use anyhow::Result;

use crate::figure::Figure;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Orders one after another.
    alone: usize,
    /// Orders of many members at once.
    many: usize,
    /// Orders of years ago.
    old: u64,
}

const WHOLE: Size = Size { alone: 300, many: 3_000, old: 1_000_000 };
const QUICK: Size = Size { alone: 20, many: 100, old: 1_000 };

/// Everything about orders.
pub(crate) async fn measure(quick: bool) -> Result<Vec<Figure>> {
    let size = if quick { QUICK } else { WHOLE };
    let mut figures = embedded::measure(size).await?;
    figures.extend(production::measure(size).await?);
    Ok(figures)
}

/// The value below which so many of a hundred `samples` are, by the nearest rank.
fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    let rank = (samples.len() * percent).div_ceil(100);
    samples.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_samples_the_99th_percentile_is_the_last_but_one() {
        let mut samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!((percentile(&mut samples, 99) - 99.0).abs() < f64::EPSILON);
        assert!(percentile(&mut [], 99).is_nan());
    }
}
