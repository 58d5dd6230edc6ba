use std::fs::File;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;

use super::shop::{Places, Shop};
use super::stream::Stream;
use super::{Size, percentile};
use crate::figure::{Figure, median};
use crate::platform::{Platform, directory};
use crate::write::{fsync, milliseconds_since};

const CONFIRMED_MS: f64 = 50.0;
const TOLD_MS: f64 = 250.0;

/// Until an order is promised and paid for, and until who waits is told; both through the gateway of one process.
pub(super) async fn measure(size: Size) -> Result<Vec<Figure>> {
    let directory = directory()?;
    let platform = Platform::start(&directory.path().join("data")).await?;
    let anybody = platform.client();
    let list = anybody.get("/api/v1/items?limit=1").await.expect(200).json();
    let category = list["items"][0]["category"].as_str().context("a listed item has a category")?.to_owned();
    let shop = Shop::open(Places { users: &anybody, inventory: &anybody, orders: &anybody }, &category).await?;
    let mut file = File::create(directory.path().join("fsync"))?;
    let (mut confirmed, mut syncs, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..size.alone {
        let begun = Instant::now();
        let order = shop.place(number).await?;
        let mut stream = Stream::open(&shop.borrower, &order).await?;
        stream.until("confirmed").await?;
        confirmed.push(milliseconds_since(begun));
        waiting.push((order, stream));
        syncs.push(fsync(&mut file)?);
    }
    let told = tell(&shop, waiting).await?;
    Ok(vec![
        Figure {
            name: "an order, until things are promised and money is held, p50",
            measured: median(&mut confirmed),
            bound: CONFIRMED_MS,
            unit: "ms",
            reference: format!("one fsync {:.2} ms", median(&mut syncs)),
        },
        told,
    ])
}

/// Hands over one order after another, each of which somebody waits for.
async fn tell(shop: &Shop, waiting: Vec<(String, Stream)>) -> Result<Figure> {
    let streams = waiting.len();
    let (mut told, mut acts) = (Vec::new(), Vec::new());
    for (order, mut stream) in waiting {
        let begun = Instant::now();
        let act = async {
            shop.owner.post(&format!("{order}/hand-over"), &json!({})).await.expect(200);
            milliseconds_since(begun)
        };
        let event = async {
            stream.until("active").await?;
            anyhow::Ok(milliseconds_since(begun))
        };
        let (acted, heard) = tokio::join!(act, event);
        acts.push(acted);
        told.push(heard?);
    }
    Ok(Figure {
        name: "from an act until who waits for its order is told, p99",
        measured: percentile(&mut told, 99),
        bound: TOLD_MS,
        unit: "ms",
        reference: format!("the act's own answer {:.2} ms, p50; {streams} open streams", median(&mut acts)),
    })
}
