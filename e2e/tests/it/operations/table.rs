//! The table.

/// The callers, in the order of the columns.
pub(super) const CALLERS: [&str; 9] = [
    "anonymous",
    "with an expired token",
    "with a revoked token",
    "a disabled member",
    "with a token for another audience",
    "with a refresh token",
    "another member",
    "an administrator",
    "a service",
];

/// The service whose document tells the public routes of all services.
pub(super) const GATEWAY: &str = "gateway";

/// A method, a path, and what each caller is answered.
pub(super) type Operation = (&'static str, &'static str, [u16; CALLERS.len()]);

/// For everybody, whatever they carry.
const fn open(status: u16) -> [u16; CALLERS.len()] {
    [status; CALLERS.len()]
}

/// For those who have signed in.
const fn signed_in(member: u16, administrator: u16) -> [u16; CALLERS.len()] {
    [401, 401, 401, 401, 401, 401, member, administrator, 401]
}

/// For services alone.
const fn services(status: u16) -> [u16; CALLERS.len()] {
    [401, 401, 401, 401, 401, 401, 401, 401, status]
}

/// What belongs to somebody belongs to a victim who is none of the callers. Requests carry no `If-Match` and the empty body
/// of their media type, so who passes is answered 422 or 428 where there is something to say, and harms nothing.
pub(super) const TABLES: [(&str, &[Operation]); 5] =
    [("inventory", INVENTORY), ("orders", ORDERS), ("payments", PAYMENTS), (GATEWAY, WAREHOUSE), ("users", USERS)];

const INVENTORY: &[Operation] = &[
    ("get", "/api/v1/categories", open(200)),
    ("post", "/api/v1/categories", signed_in(403, 422)),
    ("get", "/api/v1/categories/{slug}", open(200)),
    ("put", "/api/v1/categories/{slug}", signed_in(403, 428)),
    ("delete", "/api/v1/categories/{slug}", signed_in(403, 428)),
    ("get", "/api/v1/items", open(200)),
    ("post", "/api/v1/items", signed_in(422, 422)),
    ("post", "/api/v1/items/batch", signed_in(422, 422)),
    ("get", "/api/v1/items/{id}", open(200)),
    ("put", "/api/v1/items/{id}", signed_in(403, 428)),
    ("patch", "/api/v1/items/{id}", signed_in(403, 428)),
    ("delete", "/api/v1/items/{id}", signed_in(403, 428)),
    ("get", "/api/v1/items/{id}/availability", open(200)),
    ("get", "/api/v1/items/{id}/units", signed_in(403, 200)),
    ("post", "/api/v1/items/{id}/units", signed_in(403, 201)),
    ("patch", "/api/v1/items/{id}/units/{unit_id}", signed_in(403, 428)),
    ("delete", "/api/v1/items/{id}/units/{unit_id}", signed_in(403, 428)),
    ("post", "/api/v1/items/{id}/photos", signed_in(403, 422)),
    ("put", "/api/v1/items/{id}/photos", signed_in(403, 428)),
    ("delete", "/api/v1/items/{id}/photos/{photo_id}", signed_in(403, 404)),
    ("get", "/api/v1/photos/{id}", open(404)),
    ("get", "/api/v1/photos/{id}/thumbnail", open(404)),
    ("get", "/api/v1/items/{id}/history", signed_in(403, 200)),
    ("get", "/api/v1/users/me/items", signed_in(200, 200)),
    ("get", "/api/v1/users/me/items/export", signed_in(200, 200)),
    ("get", "/internal/v1/events", services(200)),
    ("get", "/internal/v1/items/export", services(422)),
    ("post", "/internal/v1/items/import", services(422)),
    ("get", "/internal/v1/items/{id}/free", services(422)),
    ("post", "/internal/v1/reservations", services(400)),
    ("get", "/internal/v1/reservations/{id}", services(404)),
    ("post", "/internal/v1/reservations/{id}/check-out", services(404)),
    ("post", "/internal/v1/reservations/{id}/confirm", services(404)),
    ("post", "/internal/v1/reservations/{id}/extend", services(422)),
    ("post", "/internal/v1/reservations/{id}/release", services(204)),
    ("post", "/internal/v1/reservations/{id}/return", services(404)),
];

/// The administrator may cancel, and does; after that nothing of the order can be done.
const ORDERS: &[Operation] = &[
    ("get", "/api/v1/cart", signed_in(200, 200)),
    ("delete", "/api/v1/cart", signed_in(204, 204)),
    ("put", "/api/v1/cart/lines/{item_id}", signed_in(422, 422)),
    ("delete", "/api/v1/cart/lines/{item_id}", signed_in(204, 204)),
    ("post", "/api/v1/cart/quote", signed_in(200, 200)),
    ("get", "/api/v1/orders", signed_in(200, 200)),
    ("post", "/api/v1/orders", signed_in(400, 400)),
    ("get", "/api/v1/orders/{id}", signed_in(404, 200)),
    ("get", "/api/v1/orders/{id}/events", signed_in(404, 200)),
    ("post", "/api/v1/orders/{id}/approve", signed_in(404, 409)),
    ("post", "/api/v1/orders/{id}/cancel", signed_in(404, 200)),
    ("post", "/api/v1/orders/{id}/decline", signed_in(404, 409)),
    ("post", "/api/v1/orders/{id}/hand-over", signed_in(404, 409)),
    ("post", "/api/v1/orders/{id}/return", signed_in(404, 409)),
    ("get", "/api/v1/orders/{id}/steps", signed_in(404, 200)),
    ("post", "/api/v1/orders/{id}/steps/{number}/accept", signed_in(404, 409)),
    ("post", "/api/v1/orders/{id}/steps/{number}/retry", signed_in(404, 409)),
    ("post", "/api/v1/orders/{id}/steps/{number}/undo", signed_in(404, 409)),
    ("get", "/internal/v1/events", services(200)),
    ("get", "/internal/v1/orders/stuck", services(200)),
    ("post", "/internal/v1/orders/{id}/steps/{number}/decision", services(422)),
];

const PAYMENTS: &[Operation] = &[
    ("post", "/api/v1/payments/webhooks/{provider}", open(404)),
    ("get", "/api/v1/payments", signed_in(403, 200)),
    ("get", "/api/v1/payments/{id}", signed_in(404, 200)),
    ("post", "/api/v1/payments/{id}/paid", signed_in(403, 409)),
    ("get", "/internal/v1/events", services(200)),
    ("get", "/internal/v1/desk/payments", services(200)),
    ("post", "/internal/v1/desk/payments/{id}/paid", services(409)),
    ("post", "/internal/v1/payments", services(422)),
    ("post", "/internal/v1/payments/check", services(422)),
    ("get", "/internal/v1/payments/{id}", services(200)),
    ("get", "/internal/v1/payments/{order_id}/{step}", services(404)),
    ("post", "/internal/v1/payments/{order_id}/{step}/capture", services(422)),
    ("post", "/internal/v1/payments/{order_id}/{step}/refund", services(422)),
    ("post", "/internal/v1/payments/{order_id}/{step}/void", services(422)),
];

/// Reached through the gateway, whose document tells the public routes of all services.
const WAREHOUSE: &[Operation] = &[
    ("post", "/api/v1/warehouse/reconciliations", signed_in(403, 202)),
    ("get", "/api/v1/warehouse/reports", signed_in(403, 200)),
    ("get", "/api/v1/warehouse/reports/{name}", signed_in(403, 404)),
    ("get", "/api/v1/warehouse/runs", signed_in(403, 200)),
    ("post", "/api/v1/warehouse/runs", signed_in(403, 202)),
];

/// Logging out comes last: it ends what the callers are.
const USERS: &[Operation] = &[
    ("post", "/api/v1/auth/register", open(422)),
    ("post", "/api/v1/auth/login", open(422)),
    ("post", "/api/v1/auth/refresh", open(422)),
    ("post", "/api/v1/auth/password-reset", open(422)),
    ("get", "/api/v1/auth/sessions", signed_in(200, 200)),
    ("delete", "/api/v1/auth/sessions/{id}", signed_in(404, 404)),
    ("get", "/api/v1/auth/events", signed_in(403, 200)),
    ("get", "/api/v1/users/me", signed_in(200, 200)),
    ("patch", "/api/v1/users/me", signed_in(428, 428)),
    ("delete", "/api/v1/users/me", signed_in(428, 428)),
    ("put", "/api/v1/users/me/password", signed_in(422, 422)),
    ("get", "/api/v1/users/me/export", signed_in(200, 200)),
    ("get", "/api/v1/users", signed_in(403, 200)),
    ("get", "/api/v1/users/{id}", signed_in(403, 200)),
    ("patch", "/api/v1/users/{id}", signed_in(403, 428)),
    ("delete", "/api/v1/users/{id}", signed_in(403, 428)),
    ("post", "/api/v1/users/{id}/password-reset", signed_in(403, 200)),
    ("get", "/api/v1/users/{id}/profile", open(200)),
    ("get", "/.well-known/jwks.json", open(200)),
    ("get", "/setup", open(403)),
    ("post", "/setup", open(422)),
    ("get", "/setup/password", open(403)),
    ("post", "/setup/password", open(422)),
    ("post", "/internal/v1/validate-token", services(422)),
    ("get", "/internal/v1/users", services(422)),
    ("post", "/internal/v1/admins", services(422)),
    ("post", "/internal/v1/setup-token", services(409)),
    ("get", "/internal/v1/keys", services(200)),
    ("post", "/internal/v1/keys/rotate", services(200)),
    ("post", "/api/v1/auth/logout", signed_in(204, 204)),
];
