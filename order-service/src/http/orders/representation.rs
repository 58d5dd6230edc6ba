use order_api::{Order as Wire, OrderLine, Step as WireStep, StepState, StuckOrder};
use service_kit::http::{Keyed, Written};

use crate::app::orders::Repeatable;
use crate::domain::order::Order;
use crate::domain::step::Step;
use crate::domain::words::{amount, outcome, title};

/// The order as everybody whom it concerns sees it.
pub(super) fn wire(order: &Order) -> Wire {
    let line = |line: &crate::domain::line::Line| OrderLine {
        item_id: line.item_id,
        name: line.name.clone(),
        owner_id: line.owner_id,
        units: line.units,
        period: line.period,
        unit_price: order.money(line.unit_price),
        amount: order.money(line.amount),
        deposit: order.money(line.deposit),
        progress: line.progress,
    };
    Wire {
        id: order.id,
        number: order.number,
        borrower_id: order.borrower_id,
        lines: order.lines.iter().map(line).collect(),
        total: order.money(order.total()),
        deposit_total: order.money(order.deposit_total()),
        provider: order.provider,
        payment_id: order.payment_id,
        state: order.stage.state(),
        state_reason: order.stage.reason().map(ToOwned::to_owned),
        settled: order.is_settled(),
        stuck: order.is_stuck(),
        created_at: order.created_at,
        updated_at: order.updated_at,
        version: order.version,
    }
}

/// What moves an order on is answered with the order, and the same again for its key.
pub(super) fn repeatable(keyed: &Keyed) -> Repeatable<'_> {
    Repeatable { keyed, answer: changed }
}

fn changed(order: &Order) -> Written {
    Written::changed(&wire(order)).version(order.version)
}

/// The order with the step that it waits at; none if it waits at none.
pub(super) fn stuck(order: &Order) -> Option<StuckOrder> {
    let step = steps(order).into_iter().find(|step| step.state == StepState::Stuck)?;
    let (id, number, state) = (order.id, order.number, order.stage.state());
    Some(StuckOrder { id, number, state, step, updated_at: order.updated_at })
}

/// The steps of an order in plain words.
pub(super) fn steps(order: &Order) -> Vec<WireStep> {
    let step = |step: &Step| WireStep {
        number: step.number,
        kind: step.action.kind(),
        title: title(order, step.action),
        state: step.progress.state(),
        outcome: outcome(step),
        amount: amount(order, step.action).map(|amount| order.money(amount)),
        attempts: step.progress.attempts(),
        next_attempt_at: step.progress.again_at(),
    };
    order.steps.iter().map(step).collect()
}
