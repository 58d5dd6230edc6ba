use std::sync::Arc;

use http::{HeaderMap, Method, Request, header};
use url::Url;

use crate::request_body::Progress;
use crate::settings::PeerSettings;
use crate::{CallContext, PeerError, RequestBody};

/// A request ready to go out, once or, if it can be replayed, more than once.
pub(crate) struct Outgoing {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: RequestBody,
    idempotent: bool,
}

impl Outgoing {
    /// Aims `request` at the upstream and stamps it with what every attempt carries.
    pub(crate) fn prepare(
        settings: &PeerSettings,
        request: Request<RequestBody>,
        context: &CallContext,
    ) -> Result<Self, PeerError> {
        let (parts, body) = request.into_parts();
        let url = aim(settings, &parts.uri)
            .map_err(|reason| PeerError::InvalidRequest { peer: Arc::from(settings.name.as_str()), reason })?;
        let mut headers = parts.headers;
        context.stamp(&mut headers);
        if let Some(credential) = &settings.credential {
            headers.insert(header::AUTHORIZATION, credential.header());
        }
        // The safe methods but TRACE. PUT and DELETE are idempotent too (RFC 9110 §9.2.2), yet not with `If-Match`, which
        // this platform asks of them: repeated, they would answer 412 to a write that succeeded.
        let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        Ok(Self { idempotent: is_safe || context.is_idempotent(), method: parts.method, url, headers, body })
    }

    /// A second copy, if sending it again does no harm and its body is still at hand.
    pub(crate) fn replay(&self) -> Option<Self> {
        let body = self.idempotent.then(|| self.body.replay()).flatten()?;
        let Self { method, url, headers, idempotent, .. } = self;
        let (method, url, headers) = (method.clone(), url.clone(), headers.clone());
        Some(Self { method, url, headers, body, idempotent: *idempotent })
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The request as the client takes it, and a view of its body's progress.
    pub(crate) fn into_parts(self) -> (reqwest::Request, Arc<Progress>) {
        let (body, progress) = self.body.watched();
        let mut request = reqwest::Request::new(self.method, self.url);
        *request.headers_mut() = self.headers;
        *request.body_mut() = body;
        (request, progress)
    }
}

/// Joins the upstream's origin and the request's path and query.
///
/// The URL parser resolves dot segments, encoded ones too (WHATWG URL §4.5), so `/api/%2e%2e/internal` would leave the
/// path that the caller has checked: a path which does not come through unchanged is refused.
fn aim(settings: &PeerSettings, uri: &http::Uri) -> Result<Url, &'static str> {
    let target = uri.path_and_query().ok_or("it has no path")?;
    if !target.path().starts_with('/') {
        return Err("its path does not begin with a slash");
    }
    let mut url = settings.base.clone();
    url.set_path(target.path());
    url.set_query(target.query());
    if url.path() != target.path() {
        return Err("its path is not in normal form");
    }
    Ok(url)
}
