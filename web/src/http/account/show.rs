use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use problem::Problem;
use serde::Deserialize;
use user_api::UserSession;

use crate::clients::ApiError;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Control, Field, Frame, Notice, Page, moment, refuse};
use crate::words::{Language, Words};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Came {
    saved: Option<String>,
    stale: Option<String>,
    password: Option<String>,
}

#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    f: Frame,
    notices: Vec<Notice>,
    email: String,
    version: i64,
    profile: Vec<Field>,
    password: Vec<Field>,
    sessions: Vec<Device>,
    erase: Field,
}

struct Device {
    id: String,
    name: String,
    current: bool,
    last_used: String,
    last_used_iso: String,
}

/// Who the member is here, and on which devices.
pub(in crate::http) async fn show(visit: Visit, Query(came): Query<Came>) -> Result<Response, Problem> {
    visit.session()?;
    let w = visit.lang.words();
    let happened = [
        came.saved.map(|_| Notice::calm(w.saved)),
        came.stale.map(|_| Notice::urgent(w.changed_meanwhile)),
        came.password.map(|_| Notice::calm(w.password_changed)),
    ];
    Ok(Page::new(AccountPage::new(&visit, happened.into_iter().flatten().collect(), None).await?).into_response())
}

/// The page after a form on it was not done.
pub(super) async fn after(visit: &Visit, error: ApiError) -> Result<Response, Problem> {
    let page = AccountPage::new(visit, vec![sign_in::failure(visit.lang, &error)], Some(&error)).await?;
    Ok(Page::new(page).status(sign_in::status(&error)).into_response())
}

impl AccountPage {
    pub(super) async fn new(
        visit: &Visit,
        mut notices: Vec<Notice>,
        refused: Option<&ApiError>,
    ) -> Result<Self, Problem> {
        let users = &visit.web.users;
        let (user, sessions) = tokio::join!(users.me(&visit.asking), users.sessions(&visit.asking));
        let w = visit.lang.words();
        let user = user?;
        let sessions = sessions.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "the account misses its sessions");
            notices.push(Notice::calm(w.sessions_missing));
            Vec::new()
        });
        let mut profile =
            vec![Field::line("display_name", w.display_name).required().autocomplete("name").value(user.display_name)];
        let mut password = password_fields(w);
        if let Some(error) = refused {
            let mut fields: Vec<_> = profile.iter_mut().chain(&mut password).collect();
            refuse(visit.lang, &mut fields, error.fields());
        }
        Ok(Self {
            f: visit.frame(),
            notices,
            email: user.email,
            version: user.version,
            profile,
            password,
            sessions: sessions.into_iter().map(|session| device(visit.lang, session)).collect(),
            erase: Field::new("confirm_email", w.owning.erase_confirm, Control::Input("email")).required(),
        })
    }

    /// Shows why the account was not deleted, with what was typed.
    pub(super) fn mistrust(&mut self, typed: &str, why: &str) {
        typed.clone_into(&mut self.erase.value);
        self.erase.error = Some(why.to_owned());
    }
}

fn password_fields(w: &Words) -> Vec<Field> {
    let field = |name, label| Field::new(name, label, Control::Input("password")).required();
    vec![
        field("current_password", w.current_password).autocomplete("current-password"),
        field("new_password", w.new_password).hint(w.password_hint).autocomplete("new-password"),
    ]
}

fn device(language: Language, session: UserSession) -> Device {
    Device {
        id: session.id.to_string(),
        name: session.device.unwrap_or_else(|| language.words().unknown_device.to_owned()),
        current: session.current,
        last_used: moment(language, session.last_used_at),
        last_used_iso: session.last_used_at.to_rfc3339(),
    }
}
