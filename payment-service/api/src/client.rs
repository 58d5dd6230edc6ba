use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use peer::{CallContext, Peer, PeerError};
use serde::Serialize;

use crate::error::refused_fields;
use crate::{
    AuthoriseRequest, CheckRequest, PartRequest, Payment, PaymentError, PaymentId, PaymentKey, RefusedField,
    VoidRequest,
};

/// How long a caller waits for the payment service in all, which itself waits for a provider elsewhere.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a caller waits for a check, which asks nobody elsewhere and can be done without.
const CHECK: Duration = Duration::from_secs(1);

/// What other services ask the payment service. Every call may be repeated: with the same key it happens once. `context`
/// carries the request's id and trace; an empty one is that of background work.
#[async_trait]
pub trait PaymentClient: Send + Sync {
    /// Holds amount and deposit. What a provider refuses is a payment that is `failed`, not an error; one that is `created`
    /// or `unknown` becomes definite later, which [`find`](Self::find) and an event tell.
    ///
    /// # Errors
    /// [`PaymentError::Conflict`] when the key was voided before, [`PaymentError::Refused`] when it came with another
    /// request.
    async fn authorise(&self, request: &AuthoriseRequest, context: &HeaderMap) -> Result<Payment, PaymentError>;

    /// What would be refused of a payment like this, as far as that is known without the provider; nothing of it if empty.
    ///
    /// # Errors
    /// When it cannot be told now. That says nothing of the payment.
    async fn check(&self, request: &CheckRequest, context: &HeaderMap) -> Result<Vec<RefusedField>, PaymentError>;

    /// The payment as it is known now.
    ///
    /// # Errors
    /// [`PaymentError::Missing`] when there is none.
    async fn payment(&self, id: PaymentId, context: &HeaderMap) -> Result<Payment, PaymentError>;

    /// The payment of a key. What is `unknown` is asked of the provider first, so that asking again becomes definite.
    ///
    /// # Errors
    /// [`PaymentError::Missing`] when nothing was asked for with this key.
    async fn find(&self, key: &PaymentKey, context: &HeaderMap) -> Result<Payment, PaymentError>;

    /// Takes a part of what is held.
    ///
    /// # Errors
    /// [`PaymentError::Conflict`] when less is held, [`PaymentError::Missing`] when there is no such payment.
    async fn capture(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Payment, PaymentError>;

    /// Gives back a part of what was taken. If nothing was asked for with this key, nothing ever will be, and the answer
    /// is `None`.
    ///
    /// # Errors
    /// [`PaymentError::Conflict`] when less was taken.
    async fn refund(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError>;

    /// Releases all that is still held. If nothing was asked for with this key, nothing ever will be, and the answer is
    /// `None`.
    ///
    /// # Errors
    /// [`PaymentError::InFlight`] while it is not known what is held.
    async fn void(
        &self,
        key: &PaymentKey,
        request: &VoidRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError>;
}

/// Asks over HTTP, behind a circuit breaker. The peer carries the service credential, and should allow an attempt as long
/// as a provider may take.
#[derive(Debug, Clone)]
pub struct HttpPayments {
    peer: Peer,
}

impl HttpPayments {
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }

    async fn get(&self, path: &str, context: &HeaderMap) -> Result<Payment, PaymentError> {
        let context = CallContext::serving(context, PATIENCE);
        Ok(self.peer.get(path, &context).receive().await?)
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        context: &HeaderMap,
    ) -> Result<T, PaymentError> {
        // Every one of these has a key in its body, so it may be repeated.
        let context = CallContext::serving(context, PATIENCE).idempotent();
        Ok(self.peer.post(path, &context).json(body).receive().await?)
    }
}

#[async_trait]
impl PaymentClient for HttpPayments {
    async fn authorise(&self, request: &AuthoriseRequest, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.post("/internal/v1/payments", request, context).await
    }

    async fn check(&self, request: &CheckRequest, context: &HeaderMap) -> Result<Vec<RefusedField>, PaymentError> {
        let context = CallContext::serving(context, CHECK).idempotent();
        let checked = self.peer.post("/internal/v1/payments/check", &context).json(request).acknowledge().await;
        match checked {
            Ok(()) => Ok(Vec::new()),
            Err(PeerError::Status { status: StatusCode::UNPROCESSABLE_ENTITY, body, .. }) => Ok(refused_fields(&body)),
            Err(error) => Err(error.into()),
        }
    }

    async fn payment(&self, id: PaymentId, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.get(&format!("/internal/v1/payments/{id}"), context).await
    }

    async fn find(&self, key: &PaymentKey, context: &HeaderMap) -> Result<Payment, PaymentError> {
        self.get(&format!("/internal/v1/payments/{key}"), context).await
    }

    async fn capture(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Payment, PaymentError> {
        self.post(&format!("/internal/v1/payments/{key}/capture"), request, context).await
    }

    async fn refund(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.post(&format!("/internal/v1/payments/{key}/refund"), request, context).await
    }

    async fn void(
        &self,
        key: &PaymentKey,
        request: &VoidRequest,
        context: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.post(&format!("/internal/v1/payments/{key}/void"), request, context).await
    }
}
