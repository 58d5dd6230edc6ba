use order_api::OrderEvent;
use problem::ProblemBody;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What the OpenAPI document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lendery orders", description = "Carts, and orders on their way from asking to giving back."),
    components(schemas(ProblemBody, OrderEvent)),
    modifiers(&Schemes),
    tags(
        (name = "cart", description = "What a member has set their mind on"),
        (name = "orders", description = "What was ordered, and how far it has come"),
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
