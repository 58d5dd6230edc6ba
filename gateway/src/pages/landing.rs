use super::html::Page;

/// Where somebody begins who knows only the address.
pub(super) fn page() -> Page {
    Page::new(
        "Lendery",
        "<h1>Lendery</h1>\n\
         <p>People list things, others borrow or rent them. This is the way in for programs.</p>\n\
         <ul>\n\
         <li><a href=\"/docs\">API reference</a></li>\n\
         <li><a href=\"/openapi.json\">The same as OpenAPI</a></li>\n\
         <li><a href=\"/api/v1/items\">What is listed</a></li>\n\
         <li><a href=\"/api/v1/categories\">Categories</a></li>\n\
         <li><a href=\"/problems\">What errors mean</a></li>\n\
         </ul>",
    )
}
