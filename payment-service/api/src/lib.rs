//! All that other services may know of payments: requests and responses, and a typed client.

mod client;
mod error;
mod fake;
mod payment;
mod request;
mod words;

pub use client::{HttpPayments, PaymentClient};
pub use error::{PaymentError, RefusedField};
pub use fake::FakePayments;
pub use payment::{Failure, Operation, Order, OrderId, Payment, PaymentId, PaymentKey};
pub use request::{AuthoriseRequest, CheckRequest, MOST_MINOR, PartRequest, VoidRequest};
pub use words::{FailureCode, OperationKind, OperationState, PaymentState, Provider};
