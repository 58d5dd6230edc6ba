use ::http::StatusCode;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use problem::{Kind, Problem};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use user_api::RegisterRequest;
use utoipa::ToSchema;
use vocabulary::Secret;

use super::page::{self, Field};
use crate::domain::link_token::LinkToken;

/// What the page sends. A field that is missing is as one left empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct SetupForm {
    #[schema(max_length = 43)]
    pub(super) token: String,
    /// At most 254 characters, with one `@`.
    #[schema(max_length = 254)]
    pub(super) email: String,
    /// 8 to 128 characters of any script; the most common passwords are refused.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub(super) password: Secret,
    /// What others see, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    pub(super) display_name: String,
}

impl SetupForm {
    /// The page with what was typed, and what was wrong with it.
    pub(super) fn page(&self, problem: Option<&Problem>) -> Response {
        let field = |name, label, kind, autocomplete, value| Field { name, label, kind, autocomplete, value };
        let fields = [
            field("email", "E-mail", "email", "username", self.email.as_str()),
            field("display_name", "Name that others see", "text", "name", &self.display_name),
            field("password", "Password, at least 8 characters", "password", "new-password", ""),
        ];
        let form = page::Form {
            title: "Set Lendery up",
            action: "/setup",
            purpose: "This makes the account of the first administrator, who looks after everybody's things and accounts.",
            button: "Become the administrator",
            token: &self.token,
            fields: &fields,
        };
        page::form(&form, problem)
    }

    pub(super) fn token(&self) -> LinkToken {
        LinkToken::presented(self.token.as_str())
    }

    pub(super) fn account(&self) -> RegisterRequest {
        RegisterRequest {
            email: Some(self.email.clone()),
            password: Some(self.password.clone()),
            display_name: Some(self.display_name.clone()),
        }
    }
}

/// What the page for a new password sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct ResetForm {
    #[schema(max_length = 43)]
    pub(super) token: String,
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub(super) new_password: Secret,
}

impl ResetForm {
    /// The page, and what was wrong with what was typed.
    pub(super) fn page(&self, problem: Option<&Problem>) -> Response {
        let field = Field {
            name: "new_password",
            label: "New password, at least 8 characters",
            kind: "password",
            autocomplete: "new-password",
            value: "",
        };
        let form = page::Form {
            title: "Set a new password",
            action: "/setup/password",
            purpose: "This sets a new password for your account, and signs it out everywhere.",
            button: "Set the password",
            token: &self.token,
            fields: &[field],
        };
        page::form(&form, problem)
    }

    pub(super) fn token(&self) -> LinkToken {
        LinkToken::presented(self.token.as_str())
    }
}

/// A form of a page, whatever is in it.
pub(in crate::http) struct Submitted<T>(pub(super) T);

impl<S, T> FromRequest<S> for Submitted<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        match Form::from_request(request, state).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(FormRejection::InvalidFormContentType(_)) => {
                Err(Problem::because(Kind::UnsupportedMediaType, "This page takes application/x-www-form-urlencoded."))
            }
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::because(Kind::BodyTooLarge, "A form here has at most 65,536 bytes."))
            }
            Err(rejection) => Err(Problem::because(Kind::MalformedRequest, rejection.body_text())),
        }
    }
}
