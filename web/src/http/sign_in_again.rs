use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::posted::Posted;
use super::sign_in::{self, Aside, FormPage};
use super::visit::Visit;
use crate::session::Visitor;
use crate::shown::{Notice, Page};

/// Whether there is a member now: there was one, or the form also brought what signs one in. Otherwise the answer asks for
/// that and keeps these fields of the form, so that it is done as soon as somebody has signed in.
pub(super) async fn signed_in(
    visit: &mut Visit,
    posted: &Posted,
    kept: &[&'static str],
    action: String,
) -> Result<(), Response> {
    if visit.visitor.session().is_some() {
        return Ok(());
    }
    let w = visit.lang.words();
    let (status, notice) = if posted.get("email").is_empty() {
        let ended = matches!(visit.visitor, Visitor::Ended);
        (StatusCode::UNAUTHORIZED, Notice::urgent(if ended { w.sign_in_ended } else { w.sign_in_first }))
    } else {
        match sign_in::begin(visit, posted).await {
            Ok(()) => return Ok(()),
            Err(error) => (sign_in::status(&error), sign_in::failure(visit.lang, &error)),
        }
    };
    let page = FormPage {
        f: visit.frame(),
        heading: w.sign_in,
        notices: vec![notice],
        action,
        hidden: kept.iter().map(|name| (*name, posted.get(name).to_owned())).collect(),
        fields: sign_in::fields(visit.lang, posted),
        submit: w.sign_in,
        aside: Some(Aside { before: w.no_account, href: visit.path("/register"), text: w.register }),
    };
    Err(Page::new(page).status(status).into_response())
}
