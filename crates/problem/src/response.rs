use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use crate::{CONTENT_TYPE, Problem};

impl Problem {
    /// The response with the request's id in it.
    pub fn into_response_for(self, request_id: Option<&str>) -> Response {
        let mut response = Response::new(Body::from(self.to_json(request_id)));
        *response.status_mut() = self.kind().status();
        let headers = response.headers_mut();
        headers.extend(self.headers().iter().map(|(name, value)| (name.clone(), value.clone())));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Kept beside the body so that an outer layer, which knows the request's id, can write it again.
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_response_for(None)
    }
}
