use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Form;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, Uri, header};
use problem::{Kind, Problem};

use super::Web;
use crate::session::Visitor;

/// The fields of a form that one of our own pages has sent.
///
/// That it was ours is known from what browsers say about a request's origin (Fetch Metadata, and `Origin` of RFC 6454), which
/// no page can forge; for members the form also carries their session's token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Posted(BTreeMap<String, String>);

impl Posted {
    /// What was typed, without the white space around it; empty when there is no such field.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.verbatim(name).trim()
    }

    /// What was typed, white space included: passwords may begin with it.
    pub(crate) fn verbatim(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The version that the form was made of.
    ///
    /// # Errors
    /// 400 when it is no number.
    pub(crate) fn version(&self) -> Result<i64, Problem> {
        self.get("version").parse().map_err(|_| Problem::because(Kind::MalformedRequest, "The form has no version."))
    }
}

impl Posted {
    /// The fields, unless another sign-in of the member made the form.
    ///
    /// # Errors
    /// 403 when the form does not carry this session's token.
    pub(super) fn of(
        pairs: impl IntoIterator<Item = (String, String)>,
        visitor: Option<&Visitor>,
    ) -> Result<Self, Problem> {
        // Browsers send line breaks as CR LF.
        let pairs = pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n")));
        let posted = Self(pairs.collect());
        let session = visitor.and_then(Visitor::session);
        match session.map(|session| session.form_token().expose().as_bytes()) {
            Some(token) if verify_slices_are_equal(token, posted.get("form_token").as_bytes()).is_err() => {
                Err(Problem::because(Kind::Forbidden, "The form belongs to another sign-in. Open its page again."))
            }
            _ => Ok(posted),
        }
    }
}

impl FromRequest<Arc<Web>> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Self::Rejection> {
        check_own(request.headers())?;
        let visitor = request.extensions().get::<Visitor>().cloned();
        let form: Result<Form<Vec<(String, String)>>, _> = Form::from_request(request, web).await;
        let Form(pairs) = form.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::because(Kind::BodyTooLarge, "A form has at most 65,536 bytes."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Kind::UnsupportedMediaType),
            _ => Problem::because(Kind::MalformedRequest, rejection.body_text()),
        })?;
        Self::of(pairs, visitor.as_ref())
    }
}

/// # Errors
/// 403 when another site has sent the form.
pub(super) fn check_own(headers: &HeaderMap) -> Result<(), Problem> {
    if is_own(headers) { Ok(()) } else { Err(Problem::because(Kind::Forbidden, "The form was sent by another site.")) }
}

/// Whether a request comes from one of our own pages. Programs that send neither header carry no one's cookies.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
    let from = origin.parse::<Uri>().ok().and_then(|origin| origin.authority().map(ToString::to_string));
    from.is_some_and(|from| host.is_some_and(|host| from.eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(&pairs.collect())
    }

    #[test]
    fn only_our_own_pages_may_send_forms() {
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(own(&[("sec-fetch-site", "none")]));
        assert!(own(&[("origin", "http://lend.example"), ("host", "lend.example")]));
        assert!(own(&[("origin", "https://lend.example:8443"), ("x-forwarded-host", "lend.example:8443")]));
        assert!(own(&[]));
    }

    #[test]
    fn other_sites_may_not() {
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(!own(&[("sec-fetch-site", "cross-site"), ("origin", "http://lend.example"), ("host", "lend.example")]));
        assert!(!own(&[("origin", "http://evil.example"), ("host", "lend.example")]));
        assert!(!own(&[("origin", "http://lend.example:81"), ("host", "lend.example")]));
        assert!(!own(&[("origin", "null"), ("host", "lend.example")]));
        assert!(!own(&[("origin", "http://lend.example")]));
    }
}
