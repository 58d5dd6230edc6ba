use ::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use problem::Problem;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem;\
    color-scheme:light dark}label{display:block;margin-top:1rem;font-weight:600}input{box-sizing:border-box;width:100%;\
    padding:.5rem;font:inherit}button{margin-top:1.5rem;padding:.5rem 1.25rem;font:inherit}\
    .refused,.problem{color:#b3261e}@media(prefers-color-scheme:dark){.refused,.problem{color:#f2b8b5}}";

/// A form that a link leads to.
pub(super) struct Form<'a> {
    pub(super) title: &'a str,
    /// Where it is sent.
    pub(super) action: &'a str,
    /// What it does.
    pub(super) purpose: &'a str,
    pub(super) button: &'a str,
    /// What the link ended with.
    pub(super) token: &'a str,
    pub(super) fields: &'a [Field<'a>],
}

/// A field of a form.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// The `type` of the input.
    pub(super) kind: &'a str,
    /// What browsers may fill in.
    pub(super) autocomplete: &'a str,
    /// What was typed; empty for a password, which is never sent back.
    pub(super) value: &'a str,
}

/// The form, with what was wrong with it.
pub(super) fn form(form: &Form<'_>, problem: Option<&Problem>) -> Response {
    let fields: String = form.fields.iter().map(|field| input(field, problem)).collect();
    let body = format!(
        "<p>{}</p>{}<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         {fields}<button>{}</button></form>",
        form.purpose,
        problem.map(complaint).unwrap_or_default(),
        form.action,
        escaped(form.token),
        form.button,
    );
    page(problem, form.title, &body)
}

/// The end of it: a sentence whose words are ours, with somebody's text in strong letters.
pub(super) fn done(title: &str, before: &str, strong: &str, after: &str) -> Response {
    let body =
        format!("<p>{before}<strong>{}</strong>{after}</p><p><a href=\"/\">Go to Lendery</a></p>", escaped(strong));
    page(None, title, &body)
}

/// What keeps the form from being shown.
pub(super) fn refusal(problem: &Problem) -> Response {
    page(Some(problem), "This link does not work", &complaint(problem))
}

fn complaint(problem: &Problem) -> String {
    let words = problem.detail().unwrap_or(problem.kind().title());
    format!("<p class=\"problem\" role=\"alert\">{}</p>", escaped(words))
}

fn input(field: &Field<'_>, problem: Option<&Problem>) -> String {
    let Field { name, label, kind, autocomplete, value } = field;
    let errors = problem.map(Problem::errors).unwrap_or_default();
    let refused = errors.iter().find(|error| error.pointer.trim_start_matches('/') == *name);
    let (marks, reason) = match refused {
        None => (String::new(), String::new()),
        Some(error) => (
            format!(" aria-invalid=\"true\" aria-describedby=\"{name}-refused\""),
            format!("<span class=\"refused\" id=\"{name}-refused\">{}</span>", escaped(&error.detail)),
        ),
    };
    format!(
        "<label for=\"{name}\">{label}</label><input id=\"{name}\" name=\"{name}\" type=\"{kind}\" \
         autocomplete=\"{autocomplete}\" value=\"{}\" required{marks}>{reason}",
        escaped(value)
    )
}

fn page(problem: Option<&Problem>, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let mut response = Html(html).into_response();
    if let Some(problem) = problem {
        *response.status_mut() = problem.kind().status();
        response.headers_mut().extend(problem.headers().clone());
    }
    protect(&mut response);
    response
}

/// No script, no frame, nothing from elsewhere, no trace of the token in other sites' logs or in caches.
fn protect(response: &mut Response) {
    let style = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let rules: [(HeaderName, &'static str); 3] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers.extend(rules.map(|(name, value)| (name, HeaderValue::from_static(value))));
}

/// Text as it stands between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
