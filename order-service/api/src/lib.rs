//! All that other services may know of carts and orders: requests and responses, and a typed client.

mod cart;
mod client;
mod error;
mod order;
mod request;
mod step;
mod stuck;
mod words;

pub use cart::{Cart, CartLine, Quote, QuoteLine, RefusedLine};
pub use client::{HttpOrders, OrderClient};
pub use error::OrderError;
pub use inventory_api::{Period, PeriodRequest};
pub use order::{Order, OrderEvent, OrderLine};
pub use payment_api::{OrderId, PaymentId, Provider};
pub use request::{
    CartLineRequest, CartWord, DeclineRequest, HandOverRequest, LineRequest, LinesRequest, PaymentRequest,
    PlaceOrderRequest, ReturnRequest,
};
pub use step::{Step, StepKind, StepState};
pub use stuck::{Decision, DecisionRequest, StuckOrder};
pub use words::{LineProgress, OrderState};
