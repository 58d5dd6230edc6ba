use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use ::http::request::Parts;
use axum::extract::{FromRef, FromRequestParts};
use service_kit::caller::Caller;
use service_kit::proxies::TrustedProxies;
use service_kit::serve::ClientAddr;

use crate::domain::security_event::Actor;

/// Where a request came from: the other end of its connection, or who the gateway says is at the other end of its own.
/// Anybody else's word on that is not believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin(Option<IpAddr>);

impl Origin {
    /// Somebody who has not signed in, or the operator.
    pub(super) fn anonymous(self) -> Actor {
        Actor { address: self.0, ..Actor::NOBODY }
    }

    /// The caller, from here.
    pub(super) fn of(self, caller: &Caller) -> Actor {
        self.anonymous().signed_in(caller.user_id, caller.session_id)
    }
}

impl<S> FromRequestParts<S> for Origin
where
    S: Send + Sync,
    Arc<TrustedProxies>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let proxies = Arc::<TrustedProxies>::from_ref(state);
        let peer = parts.extensions.get::<ClientAddr>().map(|client| client.0.ip());
        Ok(Self(peer.map(|peer| proxies.client(peer, &parts.headers))))
    }
}
