use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};

use super::Session;
use crate::clients::{ApiError, Asking};
use crate::http::{Web, asking_headers};

/// Who asks for a page.
#[derive(Debug, Clone)]
pub(crate) enum Visitor {
    Anonymous,
    Member(Arc<Session>),
    /// Somebody whose sign-in has ended since.
    Ended,
}

impl Visitor {
    pub(crate) fn session(&self) -> Option<&Session> {
        match self {
            Self::Member(session) => Some(session),
            Self::Anonymous | Self::Ended => None,
        }
    }
}

/// Tells the pages below who asks, and renews tokens that have ended.
pub(crate) async fn signed_in(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let (visitor, cookie) = match web.cookie.read(request.headers()) {
        None => (Visitor::Anonymous, None),
        Some(session) if !session.is_stale(web.clock.now()) => (Visitor::Member(Arc::new(session)), None),
        Some(session) => {
            let asking = Asking { headers: asking_headers(request.headers(), request.extensions()), token: None };
            renew(&web, session, &asking).await
        }
    };
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page that signs in or out has said itself what becomes of the session.
    if let Some(cookie) = cookie.filter(|_| !headers.contains_key(header::SET_COOKIE)) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn renew(web: &Web, session: Session, asking: &Asking) -> (Visitor, Option<HeaderValue>) {
    match web.users.refresh(session.refresh_token(), asking).await {
        Ok(pair) => {
            let session = session.renewed(pair, web.clock.now());
            let cookie = web.cookie.set(&session);
            (Visitor::Member(Arc::new(session)), cookie)
        }
        Err(ApiError::Refused { .. }) => (Visitor::Ended, web.cookie.forget()),
        Err(error) => {
            // The session may be good still: what needs it fails on its own, the rest shows.
            tracing::warn!(error = %error, "tokens not renewed");
            (Visitor::Member(Arc::new(session)), None)
        }
    }
}
