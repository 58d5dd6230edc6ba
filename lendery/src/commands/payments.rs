use std::path::Path;

use anyhow::bail;
use comfy_table::{Table, TableStyle};
use payment_api::{Payment, PaymentId};
use vocabulary::{Money, Page};

use super::instance::Instance;
use crate::cli::Payments;
use crate::data_dir::DataDir;

#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) async fn run(data_dir: &Path, command: Payments) -> anyhow::Result<()> {
    DataDir::existing(data_dir)?;
    let instance = Instance::reach(data_dir).await?;
    let said = match command {
        Payments::Desk => desk(&instance).await,
        Payments::Paid { payment } => paid(&instance, payment).await,
    };
    instance.leave().await?;
    println!("{}", said?);
    Ok(())
}

async fn desk(instance: &Instance) -> anyhow::Result<String> {
    let payments = all(instance).await?;
    if payments.is_empty() {
        return Ok("Nobody has to pay at the desk.".to_owned());
    }
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["payment", "order", "member", "to pay, in minor units", "of it deposit", "since"]);
    for payment in &payments {
        table.add_row([
            payment.id.to_string(),
            payment.order_id.to_string(),
            payment.payer_id.to_string(),
            whole(payment),
            minor(payment.deposit),
            payment.created_at.format("%F %T UTC").to_string(),
        ]);
    }
    Ok(table.trim_fmt())
}

async fn paid(instance: &Instance, id: PaymentId) -> anyhow::Result<String> {
    let answer = instance.paid_at_the_desk(id).await?;
    if !answer.status.is_success() {
        bail!("payment {id} stays as it is (`lendery payments desk` lists those that wait): {}", answer.complaint());
    }
    let payment: Payment = answer.json()?;
    Ok(format!("Paid for order {1}: {0} in minor units. It goes on.", whole(&payment), payment.order_id))
}

async fn all(instance: &Instance) -> anyhow::Result<Vec<Payment>> {
    let (mut payments, mut cursor) = (Vec::new(), None);
    loop {
        let answer = instance.desk_payments(cursor.as_deref()).await?;
        if !answer.status.is_success() {
            bail!("what waits at the desk could not be read: {}", answer.complaint());
        }
        let page: Page<Payment> = answer.json()?;
        payments.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(payments);
        }
    }
}

/// What has to be paid: the price, and the deposit.
fn whole(payment: &Payment) -> String {
    let amount_minor = payment.amount.amount_minor.saturating_add(payment.deposit.amount_minor);
    minor(Money { amount_minor, ..payment.amount })
}

fn minor(money: Money) -> String {
    format!("{} {}", money.amount_minor, money.currency)
}
