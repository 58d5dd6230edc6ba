use std::sync::Arc;

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use problem::Kind;
use serde::Deserialize;
use user_api::LoginRequest;
use vocabulary::Secret;

use super::posted::Posted;
use super::visit::Visit;
use crate::clients::{ApiError, Asking};
use crate::session::Session;
use crate::shown::{Control, Field, Frame, Notice, Page, redirect, refuse};
use crate::words::{Language, title};

/// A form on a page of its own.
#[derive(Template)]
#[template(path = "form.html")]
pub(super) struct FormPage {
    pub(super) f: Frame,
    pub(super) heading: &'static str,
    pub(super) notices: Vec<Notice>,
    pub(super) action: String,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
    pub(super) submit: &'static str,
    pub(super) aside: Option<Aside>,
}

/// Where else somebody may have wanted to go.
pub(super) struct Aside {
    pub(super) before: &'static str,
    pub(super) href: String,
    pub(super) text: &'static str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Came {
    back: Option<String>,
    erased: Option<String>,
}

/// Asks who somebody is.
pub(super) async fn show(visit: Visit, Query(came): Query<Came>) -> Response {
    let w = visit.lang.words();
    let sent = came.back.as_ref().map(|_| Notice::calm(w.sign_in_first));
    let erased = came.erased.map(|_| Notice::calm(w.owning.erased));
    let notices = sent.into_iter().chain(erased).collect();
    Page::new(form(&visit, &Posted::default(), own_page(came.back.as_deref()), notices)).into_response()
}

/// Signs somebody in, and sends them where they wanted to go.
pub(super) async fn submit(mut visit: Visit, posted: Posted) -> Response {
    let back = own_page(Some(posted.get("back")));
    match begin(&mut visit, &posted).await {
        Ok(()) => {
            let to = back.unwrap_or_else(|| visit.path("/mine"));
            with_session(redirect(&to), &visit)
        }
        Err(error) => {
            let mut page = form(&visit, &posted, back, vec![failure(visit.lang, &error)]);
            refuse(visit.lang, &mut page.fields.iter_mut().collect::<Vec<_>>(), error.fields());
            Page::new(page).status(status(&error)).into_response()
        }
    }
}

/// The two fields that sign somebody in.
pub(super) fn fields(language: Language, posted: &Posted) -> Vec<Field> {
    let w = language.words();
    vec![
        Field::new("email", w.email, Control::Input("email"))
            .required()
            .autocomplete("username")
            .value(posted.get("email")),
        // A password is never sent back.
        Field::new("password", w.password, Control::Input("password")).required().autocomplete("current-password"),
    ]
}

/// Begins a session for whoever the form names; [`with_session`] gives it to the browser.
pub(super) async fn begin(visit: &mut Visit, posted: &Posted) -> Result<(), ApiError> {
    let request = LoginRequest {
        email: Some(posted.get("email").to_owned()),
        password: Some(Secret::new(posted.verbatim("password"))),
        refresh_token: visit.visitor.session().map(|session| session.refresh_token().clone()),
    };
    let anonymous = Asking { token: None, ..visit.asking.clone() };
    let pair = visit.web.users.login(&request, &anonymous).await?;
    let form_token = visit.web.seal.mark(pair.user_id.uuid().as_bytes());
    let session = Session::begin(pair, form_token, visit.web.clock.now());
    let asking = Asking { token: Some(session.access_token().clone()), ..anonymous };
    // Only the navigation depends on it.
    let administers = match visit.web.users.me(&asking).await {
        Ok(user) => user.roles.contains(&user_api::Role::Admin),
        Err(error) => {
            tracing::warn!(error = %error, "signed in without knowing the roles");
            false
        }
    };
    visit.signed_in(Arc::new(session.administering(administers)));
    Ok(())
}

/// The answer with the session of this visit.
pub(super) fn with_session(mut response: Response, visit: &Visit) -> Response {
    let cookie = visit.visitor.session().and_then(|session| visit.web.cookie.set(session));
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// Why a form was not done, above it.
pub(super) fn failure(language: Language, error: &ApiError) -> Notice {
    let w = language.words();
    match (error, error.kind()) {
        (ApiError::Missing { .. }, _) => {
            tracing::warn!(error = %error, "a form misses a service");
            Notice::urgent(w.try_again)
        }
        (_, Kind::InvalidFields) => Notice::urgent(w.look_at_fields),
        (_, kind) => Notice::urgent(match error.detail() {
            Some(detail) if language == Language::English => detail,
            _ => title(language, kind),
        }),
    }
}

/// The status of a page with a form that was not done.
pub(super) fn status(error: &ApiError) -> StatusCode {
    match error {
        ApiError::Refused { status, .. } => *status,
        ApiError::Missing { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn form(visit: &Visit, posted: &Posted, back: Option<String>, notices: Vec<Notice>) -> FormPage {
    let w = visit.lang.words();
    FormPage {
        f: visit.frame(),
        heading: w.sign_in,
        notices,
        action: visit.path("/sign-in"),
        hidden: back.map(|back| ("back", back)).into_iter().collect(),
        fields: fields(visit.lang, posted),
        submit: w.sign_in,
        aside: Some(Aside { before: w.no_account, href: visit.path("/register"), text: w.register }),
    }
}

/// An address to go on to, if it is one of our pages: nobody is sent elsewhere from here.
fn own_page(back: Option<&str>) -> Option<String> {
    let back = back?;
    let plain = back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (plain && Language::of_path(back.split('?').next()?).is_some()).then(|| back.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        for back in ["/en/mine", "/de?x=1", "/en/items?q=a%20b"] {
            assert_eq!(own_page(Some(back)).as_deref(), Some(back));
        }
        for back in ["", "//evil.example/en", "https://evil.example/en", "/\\evil", "/en\\..", "/fr", "/en x", "en"] {
            assert_eq!(own_page(Some(back)), None, "{back}");
        }
    }
}
