use http::StatusCode;

/// Every kind of problem that Lendery answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    MalformedRequest,
    MalformedJson,
    UnknownField,
    UnknownParameter,
    InvalidCursor,
    InvalidToken,
    WrongCredentials,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    EmailTaken,
    RequestInFlight,
    Gone,
    StaleVersion,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidFields,
    KeyReused,
    MissingPrecondition,
    TooManyRequests,
    HeadersTooLarge,
    Internal,
    Unavailable,
}

impl Kind {
    /// All kinds, in the order of their status codes.
    pub const ALL: [Self; 24] = [
        Self::MalformedRequest,
        Self::MalformedJson,
        Self::UnknownField,
        Self::UnknownParameter,
        Self::InvalidCursor,
        Self::InvalidToken,
        Self::WrongCredentials,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::EmailTaken,
        Self::RequestInFlight,
        Self::Gone,
        Self::StaleVersion,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidFields,
        Self::KeyReused,
        Self::MissingPrecondition,
        Self::TooManyRequests,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The last part of its address, in kebab case.
    pub fn slug(self) -> &'static str {
        self.facts().0
    }

    /// The slug in snake case, the `code` member of the document.
    pub fn code(self) -> String {
        self.slug().replace('-', "_")
    }

    /// The status code it is answered with.
    pub fn status(self) -> StatusCode {
        self.facts().1
    }

    /// One line that is the same for every problem of this kind.
    pub fn title(self) -> &'static str {
        self.facts().2
    }

    /// What it means and what helps, for the page behind its address.
    pub fn explanation(self) -> &'static str {
        self.facts().3
    }

    /// The kind whose page has this slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    #[expect(clippy::too_many_lines, reason = "a table is read row by row")]
    const fn facts(self) -> (&'static str, StatusCode, &'static str, &'static str) {
        match self {
            Self::MalformedRequest => (
                "malformed-request",
                StatusCode::BAD_REQUEST,
                "The request is not well formed",
                "The address or a header could not be understood. The detail says which.",
            ),
            Self::MalformedJson => (
                "malformed-json",
                StatusCode::BAD_REQUEST,
                "The body is not JSON",
                "The body ends early or breaks the grammar of JSON. The detail says where.",
            ),
            Self::UnknownField => (
                "unknown-field",
                StatusCode::BAD_REQUEST,
                "The body has a field that does not exist",
                "Unknown fields are refused so that a misspelt one is not lost in silence. The API reference lists the fields.",
            ),
            Self::UnknownParameter => (
                "unknown-parameter",
                StatusCode::BAD_REQUEST,
                "The query has a parameter that does not exist",
                "Unknown or repeated parameters are refused so that a misspelt filter does not show everything.",
            ),
            Self::InvalidCursor => (
                "invalid-cursor",
                StatusCode::BAD_REQUEST,
                "The cursor does not belong to this list",
                "A cursor is valid only with the filters and the order it was made for. Start again without one.",
            ),
            Self::InvalidToken => (
                "invalid-token",
                StatusCode::UNAUTHORIZED,
                "Sign in first",
                "The call needs an access token that is valid now. Sign in, or use the refresh token to get a new one.",
            ),
            Self::WrongCredentials => (
                "wrong-credentials",
                StatusCode::UNAUTHORIZED,
                "E-mail and password do not match",
                "Nobody has this e-mail with this password. The answer is the same whether the e-mail is known or not.",
            ),
            Self::Forbidden => (
                "forbidden",
                StatusCode::FORBIDDEN,
                "This is not yours to do",
                "Only the owner, or an administrator, may do this.",
            ),
            Self::NotFound => (
                "not-found",
                StatusCode::NOT_FOUND,
                "There is nothing at this address",
                "The address is misspelt, or what was there is not for you to see.",
            ),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The resource does not have this method",
                "The header Allow lists the methods of the resource.",
            ),
            Self::Conflict => (
                "conflict",
                StatusCode::CONFLICT,
                "The state of things does not allow this",
                "What the request asks for contradicts what is there now. The detail says what.",
            ),
            Self::EmailTaken => (
                "email-taken",
                StatusCode::CONFLICT,
                "The e-mail belongs to an account",
                "Sign in with it, or register with another one.",
            ),
            Self::RequestInFlight => (
                "request-in-flight",
                StatusCode::CONFLICT,
                "The same request is being worked on",
                "A request with this Idempotency-Key has not ended yet. Repeat it a little later for its answer.",
            ),
            Self::Gone => {
                ("gone", StatusCode::GONE, "What was here has been retired", "Its owner has taken it off for good.")
            }
            Self::StaleVersion => (
                "stale-version",
                StatusCode::PRECONDITION_FAILED,
                "Somebody changed it in the meantime",
                "If-Match names an older version. Read it again, merge, and send the change with the new ETag.",
            ),
            Self::BodyTooLarge => (
                "body-too-large",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is too large",
                "The detail says how many bytes are accepted here.",
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body has the wrong media type",
                "The header Content-Type has to name the type that the call accepts. The detail says which.",
            ),
            Self::InvalidFields => (
                "invalid-fields",
                StatusCode::UNPROCESSABLE_ENTITY,
                "Some fields have values that are not accepted",
                "The member errors lists every refused field with the reason.",
            ),
            Self::KeyReused => (
                "key-reused",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The Idempotency-Key was used for another request",
                "A key stands for one request. Send a new request with a key of its own.",
            ),
            Self::MissingPrecondition => (
                "missing-precondition",
                StatusCode::PRECONDITION_REQUIRED,
                "The change does not say which version it is for",
                "Send If-Match with the ETag you have read, so that nobody's change is lost.",
            ),
            Self::TooManyRequests => (
                "too-many-requests",
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                "Wait as long as Retry-After says.",
            ),
            Self::HeadersTooLarge => (
                "headers-too-large",
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The headers are too large",
                "There are too many header fields, or they are too long.",
            ),
            Self::Internal => (
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on our side",
                "The operator finds the cause in the logs under the request id.",
            ),
            Self::Unavailable => (
                "unavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "A part of Lendery does not answer",
                "Nothing was changed. Try again after the time in Retry-After.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_a_slug_of_its_own() {
        let slugs: HashSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::from_slug(kind.slug()), Some(kind));
        }
    }

    #[test]
    fn kinds_are_listed_by_status() {
        assert!(Kind::ALL.is_sorted_by_key(|kind| kind.status().as_u16()));
    }
}
