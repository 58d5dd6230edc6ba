use problem::ProblemBody;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What the OpenAPI document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lendery payments", description = "Money held, taken and given back for orders."),
    components(schemas(ProblemBody)),
    modifiers(&Schemes),
    tags(
        (name = "payments", description = "What was paid for orders"),
        (name = "internal", description = "For services and the operator, never public")
    )
)]
pub(super) struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in
            [("member", "The access token of a login"), ("service", "The secret that services show each other")]
        {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}
