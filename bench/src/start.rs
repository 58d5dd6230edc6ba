use anyhow::Result;

use crate::figure::{Figure, median};
use crate::platform::{Platform, directory};

/// Starts per case.
const STARTS: usize = 5;

/// Seconds from the start of the program to its ready line, on an empty data directory and on one that has data.
pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let (mut empty, mut existing) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let directory = directory()?;
        let data = directory.path().join("data");
        for samples in [&mut empty, &mut existing] {
            let platform = Platform::start(&data).await?;
            samples.push(platform.ready_after.as_secs_f64());
            platform.stop().await?;
        }
    }
    let reference = format!("median of {STARTS} starts");
    Ok(vec![
        Figure {
            name: "ready on existing data",
            measured: median(&mut existing),
            bound: 1.0,
            unit: "s",
            reference: reference.clone(),
        },
        Figure {
            name: "ready on an empty directory, with --demo",
            measured: median(&mut empty),
            bound: 3.0,
            unit: "s",
            reference,
        },
    ])
}
