//! Rows and domain types, one from the other.

use std::fmt::Display;
use std::str::FromStr;

use payment_api::{Failure, OperationKind, OperationState, OrderId, PaymentId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr,
};
use vocabulary::UserId;

use super::entity::{operation, payment};
use crate::domain::ledger::Amounts;
use crate::domain::operation::Operation;
use crate::domain::payment::{Payment, Terms};
use crate::domain::step::{Key, Step};

/// The payment of a row and of the rows of its operations, which come in the order of their ids.
pub(super) fn payment_of(row: payment::Model, operations: Vec<operation::Model>) -> Result<Payment, DbErr> {
    let amounts = amounts_of(&row);
    let failure = match (&row.failure_code, row.failure_detail) {
        (Some(code), detail) => {
            Some(Failure { code: parsed("payments.failure_code", code)?, detail: detail.unwrap_or_default() })
        }
        (None, _) => None,
    };
    Ok(Payment {
        id: PaymentId::new(row.id),
        key: Key { order_id: OrderId::new(row.order_id), step: Step::kept(row.step) },
        terms: Terms {
            payer_id: UserId::new(row.payer_id),
            provider: parsed("payments.provider", &row.provider)?,
            amount: row.amount_minor,
            deposit: row.deposit_minor,
            currency: parsed("payments.currency", &row.currency)?,
        },
        amounts,
        reference: row.reference,
        failure,
        action_url: row.action_url,
        renew_at: row.renew_at,
        operations: operations.into_iter().map(operation_of).collect::<Result<_, _>>()?,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub(super) fn amounts_of(row: &payment::Model) -> Amounts {
    Amounts {
        authorised: row.authorised_minor,
        captured: row.captured_minor,
        released: row.released_minor,
        refunded: row.refunded_minor,
    }
}

/// The row of a payment without what the ledger alone may write.
pub(super) fn row_of(payment: &Payment) -> payment::ActiveModel {
    let done = |operation: &Operation| operation.kind == OperationKind::Void && operation.state == OperationState::Done;
    let in_doubt = |operation: &Operation| operation.state == OperationState::Unknown;
    payment::ActiveModel {
        id: Set(payment.id.uuid()),
        order_id: Set(payment.key.order_id.uuid()),
        step: Set(payment.key.step.to_string()),
        payer_id: Set(payment.terms.payer_id.uuid()),
        provider: Set(payment.terms.provider.as_str().to_owned()),
        amount_minor: Set(payment.terms.amount),
        deposit_minor: Set(payment.terms.deposit),
        currency: Set(payment.terms.currency.as_str().to_owned()),
        request_sha256: NotSet,
        authorised_minor: NotSet,
        captured_minor: NotSet,
        released_minor: NotSet,
        refunded_minor: NotSet,
        in_doubt: Set(payment.operations.iter().any(in_doubt)),
        called_off: Set(payment.operations.iter().any(done)),
        failure_code: Set(payment.failure.as_ref().map(|failure| failure.code.as_str().to_owned())),
        failure_detail: Set(payment.failure.as_ref().map(|failure| failure.detail.clone())),
        reference: Set(payment.reference.clone()),
        action_url: Set(payment.action_url.clone()),
        renew_at: Set(payment.renew_at),
        version: Set(payment.version),
        created_at: Set(payment.created_at),
        updated_at: Set(payment.updated_at),
    }
}

/// The row of an operation of this payment.
pub(super) fn operation_row(payment: PaymentId, operation: &Operation) -> operation::ActiveModel {
    operation::ActiveModel {
        id: Set(operation.id),
        payment_id: Set(payment.uuid()),
        kind: Set(operation.kind.as_str().to_owned()),
        step: Set(operation.step.to_string()),
        amount_minor: Set(operation.amount),
        state: Set(operation.state.as_str().to_owned()),
        failure: Set(operation.failure.clone()),
        reference: Set(operation.reference.clone()),
        attempts: Set(operation.attempts),
        ask_at: Set(operation.ask_at),
        created_at: Set(operation.created_at),
    }
}

fn operation_of(row: operation::Model) -> Result<Operation, DbErr> {
    Ok(Operation {
        id: row.id,
        kind: parsed("operations.kind", &row.kind)?,
        step: Step::kept(row.step),
        amount: row.amount_minor,
        state: parsed("operations.state", &row.state)?,
        failure: row.failure,
        reference: row.reference,
        attempts: row.attempts,
        ask_at: row.ask_at,
        created_at: row.created_at,
    })
}

fn parsed<T: FromStr>(column: &str, text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|_| impossible(column, text))
}

fn impossible(column: &str, value: impl Display) -> DbErr {
    DbErr::Custom(format!("{column} cannot be {value}"))
}
