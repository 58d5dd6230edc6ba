use std::sync::Arc;

use http::uri::{self, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Uri, header};

use crate::balance::Address;
use crate::request_body::{Progress, Sent};
use crate::settings::PeerSettings;
use crate::{CallContext, RequestBody};

/// A request ready to go out, once or, if it can be replayed, more than once, each time wherever it is aimed at.
pub(crate) struct Outgoing {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    body: RequestBody,
    idempotent: bool,
}

impl Outgoing {
    /// Stamps `request` with what every attempt carries.
    ///
    /// # Errors
    /// The reason why it cannot be sent to anybody.
    pub(crate) fn prepare(
        settings: &PeerSettings,
        request: Request<RequestBody>,
        context: &CallContext,
    ) -> Result<Self, &'static str> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.into_parts().path_and_query.ok_or("it has no path")?;
        if !target.path().starts_with('/') {
            return Err("its path does not begin with a slash");
        }
        let mut headers = parts.headers;
        context.stamp(&mut headers);
        if let Some(credential) = &settings.credential {
            headers.insert(header::AUTHORIZATION, credential.header());
        }
        // The safe methods but TRACE. PUT and DELETE are idempotent too (RFC 9110 §9.2.2), yet not with `If-Match`, which
        // this platform asks of them: repeated, they would answer 412 to a write that succeeded.
        let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        Ok(Self { idempotent: is_safe || context.is_idempotent(), method: parts.method, target, headers, body })
    }

    pub(crate) fn has_whole_body(&self) -> bool {
        self.body.is_whole()
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// What is needed to send it again.
    pub(crate) fn spare(&self) -> Spare {
        let Self { method, target, headers, idempotent, .. } = self;
        Spare {
            method: method.clone(),
            target: target.clone(),
            headers: headers.clone(),
            body: self.body.replay(),
            idempotent: *idempotent,
        }
    }

    /// Where it would go at this address.
    ///
    /// Some readers of an address resolve dot segments, encoded ones too (WHATWG URL §4.5), so `/api/%2e%2e/internal` would
    /// leave the path that the caller has checked: a path which such a reader would change is refused.
    ///
    /// # Errors
    /// The reason why it cannot be sent.
    pub(crate) fn aim(&self, address: &Address) -> Result<Uri, &'static str> {
        if !is_normal(self.target.path()) {
            return Err("its path is not in normal form");
        }
        let mut parts = uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(address.authority.clone());
        parts.path_and_query = Some(self.target.clone());
        Uri::from_parts(parts).map_err(|_| "its path and the address make no URI")
    }

    /// The request as the client takes it, and a view of its body's progress.
    pub(crate) fn into_parts(mut self, to: Uri, address: &Address) -> (Request<Sent>, Arc<Progress>) {
        if let Some(host) = &address.host {
            self.headers.entry(header::HOST).or_insert_with(|| host.clone());
        }
        let (body, progress) = self.body.watched();
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = to;
        *request.headers_mut() = self.headers;
        (request, progress)
    }
}

/// A request that was sent, without its body where that was a stream.
pub(crate) struct Spare {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    body: Option<RequestBody>,
    idempotent: bool,
}

impl Spare {
    /// Whether sending it again does no harm, and everything is there for it.
    pub(crate) fn may_be_repeated(&self) -> bool {
        self.idempotent && self.body.is_some()
    }

    /// The request once more, if its body is still there: with the stream that the first attempt did not begin to send, if there was one.
    pub(crate) fn again(self, untouched: Option<RequestBody>) -> Option<Outgoing> {
        let Self { method, target, headers, body, idempotent } = self;
        Some(Outgoing { method, target, headers, body: body.or(untouched)?, idempotent })
    }
}

/// Whether a URL parser leaves the path as it is: no dot segment, however it is spelled, and nothing that it would encode.
fn is_normal(path: &str) -> bool {
    const DOTS: [&str; 6] = [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"];
    let is_kept =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}');
    let is_dots = |segment: &str| DOTS.iter().any(|dots| segment.eq_ignore_ascii_case(dots));
    path.bytes().all(is_kept) && !path.split('/').any(is_dots)
}
