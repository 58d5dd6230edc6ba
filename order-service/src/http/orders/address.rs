use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use order_api::OrderId;
use problem::{Kind, Problem};

/// `/orders/{id}/steps/{number}/…`: a step of an order. What names none is answered 404.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepAddress {
    order: OrderId,
    step: u32,
}

impl StepAddress {
    /// The order, and the number of the step.
    pub(super) fn step(self) -> (OrderId, u32) {
        (self.order, self.step)
    }

    /// The request to this address with this body, for the digest that tells it from others with its key.
    pub(super) fn asked(self, body: &[u8]) -> Vec<u8> {
        [self.order.uuid().as_bytes(), &self.step.to_be_bytes()[..], body].concat()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StepAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let missing = |_| Problem::new(Kind::NotFound);
        let Path((order, step)): Path<(String, String)> =
            Path::from_request_parts(parts, state).await.map_err(missing)?;
        let (order, step) = (order.parse().ok(), step.parse().ok());
        let address = order.zip(step).map(|(order, step)| Self { order, step });
        address.ok_or_else(|| Problem::because(Kind::NotFound, "The address names no step of an order."))
    }
}
