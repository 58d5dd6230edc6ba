use ::http::StatusCode;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use problem::{Kind, Problem};
use serde::Deserialize;
use user_api::RegisterRequest;
use utoipa::ToSchema;
use vocabulary::Secret;

use crate::domain::setup_token::SetupToken;

/// What the page sends. A field that is missing is as one left empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct SetupForm {
    pub(super) token: String,
    pub(super) email: String,
    #[schema(value_type = String)]
    pub(super) password: Secret,
    pub(super) display_name: String,
}

impl SetupForm {
    pub(super) fn token(&self) -> SetupToken {
        SetupToken::presented(self.token.as_str())
    }

    pub(super) fn account(&self) -> RegisterRequest {
        RegisterRequest {
            email: Some(self.email.clone()),
            password: Some(self.password.clone()),
            display_name: Some(self.display_name.clone()),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for SetupForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        match Form::from_request(request, state).await {
            Ok(Form(form)) => Ok(form),
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
