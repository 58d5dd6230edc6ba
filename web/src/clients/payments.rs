use http::Method;
use payment_api::{Payment, PaymentId, PaymentState, Provider};
use peer::Peer;
use vocabulary::Page;

use super::call::Call;
use super::{ApiError, Asking};

const PAYMENTS: &str = "/api/v1/payments";

/// What the payment service does for administrators.
#[derive(Debug, Clone)]
pub(crate) struct Payments {
    peer: Peer,
}

impl Payments {
    pub(crate) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    /// What waits to be paid at the desk, newest first.
    pub(crate) async fn at_the_desk(&self, cursor: Option<&str>, asking: &Asking) -> Result<Page<Payment>, ApiError> {
        let call = self.call(Method::GET, PAYMENTS).query("state", PaymentState::Created.as_str());
        let call = call.query("provider", Provider::Desk.as_str());
        Ok(cursor.into_iter().fold(call, |call, cursor| call.query("cursor", cursor)).receive(asking).await?.body)
    }

    /// Says that it was paid at the desk; said twice, it was paid once.
    pub(crate) async fn paid(&self, id: PaymentId, asking: &Asking) -> Result<(), ApiError> {
        self.call(Method::POST, format!("{PAYMENTS}/{id}/paid")).acknowledge(asking).await.map(drop)
    }

    fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new(&self.peer, "payment service", method, path)
    }
}
