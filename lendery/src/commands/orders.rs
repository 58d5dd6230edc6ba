use std::path::Path;

use anyhow::{Context, bail};
use comfy_table::{Table, TableStyle};
use order_api::{Decision, DecisionRequest, StuckOrder};
use vocabulary::Page;

use super::instance::Instance;
use crate::cli::{Orders, Stuck};
use crate::data_dir::DataDir;

#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(data_dir: &Path, command: Orders) -> anyhow::Result<()> {
    let Orders::Stuck { what } = command;
    DataDir::existing(data_dir)?;
    let instance = Instance::reach(data_dir).await?;
    let said = stuck(&instance, what.unwrap_or(Stuck::List)).await;
    instance.leave().await?;
    println!("{}", said?);
    Ok(())
}

/// Does it; what there is to say then.
async fn stuck(instance: &Instance, what: Stuck) -> anyhow::Result<String> {
    let orders = all(instance).await?;
    let (named, decision) = match what {
        Stuck::List if orders.is_empty() => return Ok("No order is stuck.".to_owned()),
        Stuck::List => return Ok(as_table(&orders)),
        Stuck::Retry(named) => (named, Decision::Retry),
        Stuck::Undo(named) => (named, Decision::Undo),
        Stuck::Accept(named) => (named, Decision::Accept),
    };
    let order = find(&orders, &named.order)?;
    let request = DecisionRequest { decision: Some(decision.as_str().to_owned()) };
    let path = format!("/internal/v1/orders/{}/steps/{}/decision", order.id, order.step.number);
    let answer = instance.decide(&path, &request).await?;
    if !answer.status.is_success() {
        bail!("order {} stays as it is: {}", order.number, answer.complaint());
    }
    let StuckOrder { number, step, .. } = order;
    Ok(match decision {
        Decision::Retry => format!("Order {number}: step {} ({}) is asked for again.", step.number, step.title),
        Decision::Undo => format!("Order {number} is given up, and what was done for it is being undone."),
        Decision::Accept => format!("Order {number}: step {} ({}) counts as done.", step.number, step.title),
    })
}

async fn all(instance: &Instance) -> anyhow::Result<Vec<StuckOrder>> {
    let (mut orders, mut cursor) = (Vec::new(), None);
    loop {
        let answer = instance.stuck_orders(cursor.as_deref()).await?;
        if !answer.status.is_success() {
            bail!("the stuck orders could not be read: {}", answer.complaint());
        }
        let page: Page<StuckOrder> = answer.json()?;
        orders.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(orders);
        }
    }
}

fn find<'a>(orders: &'a [StuckOrder], name: &str) -> anyhow::Result<&'a StuckOrder> {
    let is_named = |order: &&StuckOrder| order.number.to_string() == name || order.id.to_string() == name;
    let found = orders.iter().find(is_named);
    found.with_context(|| format!("no order {name} is stuck; `lendery orders stuck` lists those that are"))
}

fn as_table(orders: &[StuckOrder]) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["order", "id", "is", "since", "waits at", "because"]);
    for order in orders {
        table.add_row([
            order.number.to_string(),
            order.id.to_string(),
            order.state.as_str().replace('_', " "),
            order.updated_at.format("%F %T UTC").to_string(),
            format!("{}. {}", order.step.number, order.step.title),
            order.step.outcome.clone().unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}
