use problem::ProblemBody;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What the OpenAPI document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lendery warehouse", description = "What was lent, ordered and paid, and how the copying of it goes."),
    components(schemas(ProblemBody)),
    modifiers(&Schemes),
    tags((name = "warehouse", description = "Runs and reports, for administrators"))
)]
pub(super) struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The access token of a login".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("member", SecurityScheme::Http(scheme));
    }
}
