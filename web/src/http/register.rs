use axum::response::{IntoResponse, Response};
use user_api::RegisterRequest;
use vocabulary::Secret;

use super::posted::Posted;
use super::sign_in::{Aside, FormPage, begin, failure, status, with_session};
use super::visit::Visit;
use crate::clients::{ApiError, Asking};
use crate::shown::{Control, Field, Notice, Page, redirect, refuse};

/// Asks for what an account needs.
pub(super) async fn show(visit: Visit) -> Response {
    Page::new(form(&visit, &Posted::default(), Vec::new())).into_response()
}

/// Opens an account, and signs its member in.
pub(super) async fn submit(mut visit: Visit, posted: Posted) -> Response {
    match open(&mut visit, &posted).await {
        Ok(()) => with_session(redirect(&visit.path("/mine?joined=1")), &visit),
        Err(error) => {
            let mut page = form(&visit, &posted, vec![failure(visit.lang, &error)]);
            refuse(visit.lang, &mut page.fields.iter_mut().collect::<Vec<_>>(), error.fields());
            Page::new(page).status(status(&error)).into_response()
        }
    }
}

async fn open(visit: &mut Visit, posted: &Posted) -> Result<(), ApiError> {
    let account = RegisterRequest {
        email: Some(posted.get("email").to_owned()),
        password: Some(Secret::new(posted.verbatim("password"))),
        display_name: Some(posted.get("display_name").to_owned()),
    };
    let anonymous = Asking { token: None, ..visit.asking.clone() };
    visit.web.users.register(&account, &anonymous).await?;
    begin(visit, posted).await
}

fn form(visit: &Visit, posted: &Posted, notices: Vec<Notice>) -> FormPage {
    let w = visit.lang.words();
    FormPage {
        f: visit.frame(),
        heading: w.join_heading,
        notices,
        action: visit.path("/register"),
        hidden: Vec::new(),
        fields: vec![
            Field::line("display_name", w.display_name)
                .required()
                .autocomplete("name")
                .value(posted.get("display_name")),
            Field::new("email", w.email, Control::Input("email"))
                .required()
                .autocomplete("username")
                .value(posted.get("email")),
            Field::new("password", w.password, Control::Input("password"))
                .required()
                .hint(w.password_hint)
                .autocomplete("new-password"),
        ],
        submit: w.register,
        aside: Some(Aside { before: w.have_account, href: visit.path("/sign-in"), text: w.sign_in }),
    }
}
