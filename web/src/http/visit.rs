use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri};
use problem::{Kind, Problem};
use service_kit::http::RequestId;
use url::form_urlencoded;

use super::Web;
use crate::clients::Asking;
use crate::session::{Session, Visitor};
use crate::shown::{Frame, Keep};
use crate::words::Language;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Somebody's look at a page: who, in which language, and what the page may use.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) web: Arc<Web>,
    pub(crate) lang: Language,
    pub(crate) visitor: Visitor,
    pub(crate) asking: Asking,
    here: String,
}

impl Visit {
    /// What stands around the page.
    pub(crate) fn frame(&self) -> Frame {
        frame(&self.web, self.lang, self.here.clone(), self.visitor.session())
    }

    /// The address of a page in this language.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/{}{rest}", self.lang.tag())
    }

    /// The address of a page in this language, with parameters.
    pub(crate) fn link<V: AsRef<str>>(
        &self,
        rest: &str,
        parameters: impl IntoIterator<Item = (&'static str, V)>,
    ) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.path(&format!("{rest}?{query}"))
    }

    /// The member who asks.
    ///
    /// # Errors
    /// 401, which becomes the way to the sign-in page.
    pub(crate) fn session(&self) -> Result<&Session, Problem> {
        self.visitor.session().ok_or_else(|| Problem::new(Kind::InvalidToken))
    }

    /// The administrator who asks, as the user service has it now: for what no service guards itself.
    ///
    /// # Errors
    /// 401 and 403, and 503 when the user service cannot be asked.
    pub(crate) async fn administrator(&self) -> Result<(), Problem> {
        self.session()?;
        let user = self.web.users.me(&self.asking).await?;
        if user.roles.contains(&user_api::Role::Admin) { Ok(()) } else { Err(Problem::new(Kind::Forbidden)) }
    }

    /// The same look by somebody who has just signed in.
    pub(crate) fn signed_in(&mut self, session: Arc<Session>) {
        self.asking.token = Some(session.access_token().clone());
        self.visitor = Visitor::Member(session);
    }

    /// Who may keep a page that shows what these groups name: a member's own pages nobody, for their frame is the member's.
    pub(crate) fn keep(&self, groups: Vec<String>, seconds: u32) -> Keep {
        match self.visitor {
            Visitor::Anonymous => Keep::Gateway { groups, seconds },
            Visitor::Member(_) | Visitor::Ended => Keep::Nobody,
        }
    }
}

impl FromRequestParts<Arc<Web>> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Self::Rejection> {
        let extensions = &parts.extensions;
        let lang = extensions.get::<Language>().copied().ok_or_else(|| Problem::new(Kind::NotFound))?;
        let visitor = extensions.get::<Visitor>().cloned().unwrap_or(Visitor::Anonymous);
        let uri = extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let asking = Asking {
            headers: asking_headers(&parts.headers, extensions),
            token: visitor.session().map(|session| session.access_token().clone()),
        };
        Ok(Self { web: Arc::clone(web), lang, asking, here: after_language(uri), visitor })
    }
}

/// What stands around any page.
pub(super) fn frame(web: &Web, lang: Language, here: String, session: Option<&Session>) -> Frame {
    Frame {
        lang,
        w: lang.words(),
        assets: Arc::clone(&web.assets),
        here,
        form_token: session.map(|session| session.form_token().expose().to_owned()),
        administers: session.is_some_and(|session| session.administers),
    }
}

/// A page's address without its language.
pub(super) fn after_language(uri: &Uri) -> String {
    let whole = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let rest = Language::of_path(uri.path()).map(|language| &whole[1 + language.tag().len()..]);
    rest.unwrap_or_default().to_owned()
}

/// The headers of a request with the id it was given.
pub(crate) fn asking_headers(headers: &HeaderMap, extensions: &Extensions) -> HeaderMap {
    let mut asking = headers.clone();
    let id = extensions.get::<RequestId>().and_then(|id| HeaderValue::try_from(id.as_str()).ok());
    if let Some(id) = id {
        asking.insert(X_REQUEST_ID, id);
    }
    asking
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_its_language_keeps_its_query() {
        let rest = |uri: &'static str| after_language(&Uri::from_static(uri));
        assert_eq!(rest("/de/items?q=a"), "/items?q=a");
        assert_eq!(rest("/en?x=1"), "?x=1");
        assert_eq!(rest("/en"), "");
        assert_eq!(rest("/problems"), "");
    }
}
