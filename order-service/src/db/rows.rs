//! Rows to and from the domain. A value that cannot be, such as an unknown state, was not written by this service and is
//! reported as a database error that names its place.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use inventory_api::{Period, ReservationId};
use order_api::{StepKind, StepState};
use payment_api::PaymentId;
use sea_orm::{ActiveValue::Set, DbErr};
use vocabulary::{ItemId, UserId};

use super::entity::{order, order_line, order_step};
use crate::domain::line::Line;
use crate::domain::order::Order;
use crate::domain::stage::Stage;
use crate::domain::step::{Action, Progress, Step};

pub(super) fn order_of(
    row: order::Model,
    lines: Vec<order_line::Model>,
    steps: &[order_step::Model],
) -> Result<Order, DbErr> {
    Ok(Order {
        id: order_api::OrderId::new(row.id),
        number: row.number,
        borrower_id: UserId::new(row.borrower_id),
        lines: lines.into_iter().map(line_of).collect::<Result<_, _>>()?,
        currency: parsed("orders.currency", &row.currency)?,
        provider: row.provider.map(|word| parsed("orders.provider", &word)).transpose()?,
        payment_id: row.payment_id.map(PaymentId::new),
        stage: Stage::of(parsed("orders.state", &row.state)?, row.state_reason),
        steps: steps.iter().map(step_of).collect::<Result<_, _>>()?,
        deadline: row.deadline,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The columns of an order that change.
pub(super) fn order_columns(order: &Order) -> order::ActiveModel {
    order::ActiveModel {
        payment_id: Set(order.payment_id.map(PaymentId::uuid)),
        state: Set(order.stage.state().as_str().to_owned()),
        state_reason: Set(order.stage.reason().map(ToOwned::to_owned)),
        stuck: Set(order.is_stuck()),
        deadline: Set(order.deadline),
        due_at: Set(order.due_at()),
        version: Set(order.version),
        updated_at: Set(order.updated_at),
        ..Default::default()
    }
}

pub(super) fn line_row(order: &Order, position: usize, line: &Line) -> Result<order_line::ActiveModel, DbErr> {
    Ok(order_line::ActiveModel {
        id: Set(line.reservation_id.uuid()),
        order_id: Set(order.id.uuid()),
        position: Set(number("order_lines.position", position)?),
        item_id: Set(line.item_id.uuid()),
        name: Set(line.name.clone()),
        owner_id: Set(line.owner_id.uuid()),
        units: Set(number("order_lines.units", line.units)?),
        starts_at: Set(line.period.map(|period| period.start)),
        ends_at: Set(line.period.map(|period| period.end)),
        unit_price_minor: Set(line.unit_price),
        amount_minor: Set(line.amount),
        deposit_minor: Set(line.deposit),
        progress: Set(line.progress.as_str().to_owned()),
        check_out_note: Set(line.check_out_note.clone()),
        return_note: Set(line.return_note.clone()),
    })
}

pub(super) fn step_row(order: &Order, step: &Step) -> Result<order_step::ActiveModel, DbErr> {
    let (attempts, again_at, outcome) = match &step.progress {
        Progress::Begun { attempts, again_at, heard } => (*attempts, Some(*again_at), heard.as_ref()),
        Progress::Refused(why) => (0, None, Some(why)),
        Progress::Stuck { attempts, why, again_at } => (*attempts, *again_at, Some(why)),
        _ => (0, None, None),
    };
    Ok(order_step::ActiveModel {
        order_id: Set(order.id.uuid()),
        number: Set(number("order_steps.number", step.number)?),
        kind: Set(step.action.kind().as_str().to_owned()),
        line: Set(step.action.line().map(|line| number("order_steps.line", line)).transpose()?),
        amount_minor: Set(step.action.amount()),
        state: Set(step.progress.state().as_str().to_owned()),
        attempts: Set(number("order_steps.attempts", attempts)?),
        again_at: Set(again_at),
        outcome: Set(outcome.cloned()),
    })
}

fn line_of(row: order_line::Model) -> Result<Line, DbErr> {
    Ok(Line {
        item_id: ItemId::new(row.item_id),
        name: row.name,
        owner_id: UserId::new(row.owner_id),
        units: number("order_lines.units", row.units)?,
        period: period_of(row.starts_at, row.ends_at),
        unit_price: row.unit_price_minor,
        amount: row.amount_minor,
        deposit: row.deposit_minor,
        reservation_id: ReservationId::new(row.id),
        progress: parsed("order_lines.progress", &row.progress)?,
        check_out_note: row.check_out_note,
        return_note: row.return_note,
    })
}

fn step_of(row: &order_step::Model) -> Result<Step, DbErr> {
    let why = row.outcome.clone().unwrap_or_default();
    let attempts = number("order_steps.attempts", row.attempts)?;
    let progress = match parsed("order_steps.state", &row.state)? {
        StepState::Waiting => Progress::Waiting,
        StepState::Begun => Progress::Begun {
            attempts,
            again_at: row.again_at.ok_or_else(|| impossible("order_steps.again_at", "null"))?,
            heard: row.outcome.clone(),
        },
        StepState::Done => Progress::Done,
        StepState::Refused => Progress::Refused(why),
        StepState::Skipped => Progress::Skipped,
        StepState::Abandoned => Progress::Abandoned,
        StepState::Stuck => Progress::Stuck { attempts, why, again_at: row.again_at },
        StepState::Accepted => Progress::Accepted,
    };
    Ok(Step { number: number("order_steps.number", row.number)?, action: action_of(row)?, progress })
}

fn action_of(row: &order_step::Model) -> Result<Action, DbErr> {
    let line = || {
        let line = row.line.ok_or_else(|| impossible("order_steps.line", "null"))?;
        number("order_steps.line", line)
    };
    let amount = || row.amount_minor.ok_or_else(|| impossible("order_steps.amount_minor", "null"));
    Ok(match parsed("order_steps.kind", &row.kind)? {
        StepKind::Reserve => Action::Reserve { line: line()? },
        StepKind::Authorise => Action::Authorise,
        StepKind::Confirm => Action::Confirm { line: line()? },
        StepKind::Capture => Action::Capture { amount: amount()? },
        StepKind::CheckOut => Action::CheckOut { line: line()? },
        StepKind::TakeBack => Action::TakeBack { line: line()? },
        StepKind::Release => Action::Release { line: line()? },
        StepKind::Void => Action::Void,
        StepKind::Refund => Action::Refund { amount: amount()? },
    })
}

pub(super) fn period_of(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Option<Period> {
    start.zip(end).map(|(start, end)| Period { start, end })
}

pub(super) fn parsed<T: FromStr>(column: &str, text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|_| impossible(column, text))
}

pub(super) fn number<T: TryFrom<U>, U: Copy + Display>(column: &str, value: U) -> Result<T, DbErr> {
    T::try_from(value).map_err(|_| impossible(column, value))
}

fn impossible(column: &str, value: impl Display) -> DbErr {
    DbErr::Custom(format!("{column} cannot be {value}"))
}
