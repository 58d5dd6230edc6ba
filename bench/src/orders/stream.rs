//! An order's server-sent events.

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, Response};
use serde_json::Value;
use test_kit::http::Client;

/// A reader who waits for what happens to an order.
pub(super) struct Stream {
    response: Response,
    read: String,
}

impl Stream {
    pub(super) async fn open(client: &Client, order: &str) -> Result<Self> {
        let response = client.request(Method::GET, &format!("{order}/events")).send().await?;
        ensure!(response.status() == 200, "events of {order}: {}", response.status());
        Ok(Self { response, read: String::new() })
    }

    /// Returns once the order has this state and nothing of it is under way.
    pub(super) async fn until(&mut self, state: &str) -> Result<()> {
        loop {
            while let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
                let event: Value = serde_json::from_str(data)?;
                if event["state"] == state && event["settled"] == true {
                    return Ok(());
                }
                if event["stuck"] == true || event["state"] == "rejected" {
                    bail!("an order is not {state} but {event}");
                }
            }
            let piece = self.response.chunk().await?.context("the events end too early")?;
            self.read.push_str(std::str::from_utf8(&piece)?);
        }
    }
}
