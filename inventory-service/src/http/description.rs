use problem::ProblemBody;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What the OpenAPI document says besides its operations.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lendery inventory", description = "Items that members offer, and their categories."),
    components(schemas(ProblemBody)),
    modifiers(&Schemes),
    tags(
        (name = "items", description = "What members offer"),
        (name = "units", description = "The things that an item stands for, for its owner"),
        (name = "categories", description = "The tree of kinds of things"),
        (name = "reservations", description = "Units and pieces set aside, for services"),
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
