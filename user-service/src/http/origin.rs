use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName};
use axum::extract::{FromRef, FromRequestParts};
use service_kit::caller::Caller;
use service_kit::serve::ClientAddr;

use crate::domain::network::TrustedProxies;
use crate::domain::security_event::Actor;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

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
        let peer = parts.extensions.get::<ClientAddr>().map(|client| client.0.ip().to_canonical());
        let is_proxy = peer.is_some_and(|peer| Arc::<TrustedProxies>::from_ref(state).trust(peer));
        let said = if is_proxy { forwarded_for(&parts.headers) } else { None };
        Ok(Self(said.or(peer)))
    }
}

/// The last address in the last such header: what the nearest proxy has added. Those before it are what others told it.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all(X_FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let address: IpAddr = line.rsplit(',').next()?.trim().parse().ok()?;
    Some(address.to_canonical())
}
