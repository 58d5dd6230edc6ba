//! Everything that must not pass for an access token, each beside a control that does.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::http::send;
use test_kit::on_every_database;

use crate::app::{Member, TestApp};
use crate::forgery::{Forge, decode, encode, sign_with, with};

/// Longer heads of requests are refused as such.
const HEADER_BYTES: usize = 16 * 1024;

/// What is wrong with a token, and the token.
pub(crate) type Forged = (String, String);

pub(crate) fn forged(name: impl Into<String>, token: impl Into<String>) -> Forged {
    (name.into(), token.into())
}

/// Every token has to be called inactive, and to open nothing.
async fn are_refused(app: &TestApp, tokens: Vec<Forged>) {
    for (name, token) in tokens {
        assert_eq!(app.validate(&token).await, json!({ "active": false }), "{name}");
        // What a header cannot carry does not arrive.
        if token.len() < HEADER_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let answer = app.web.with_token(token.as_str()).get("/api/v1/users/me").await;
            assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid_token"), "{name}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{name}");
        }
    }
}

/// Runs `tokens` against a fresh service, after showing that an honest forgery would pass.
pub(crate) async fn attack(tokens: impl AsyncFn(&TestApp, &Forge, &Member) -> Vec<Forged>) {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let member = app.member("ada@example.org").await;
        let forge = Forge::of(&app, &member).await;
        let honest = forge.sign(&forge.header, &forge.claims);
        assert!(app.is_active(&honest).await, "the control: what is forged with nothing wrong passes");
        are_refused(&app, tokens(&app, &forge, &member).await).await;
        assert!(app.is_active(&member.access_token).await);
    })
    .await;
}

#[tokio::test]
async fn times_are_checked() {
    attack(async |app, forge, _| {
        let now = app.clock.now().timestamp();
        let claim = |name: &str, to: Value| forge.claiming(&with(&forge.claims, name, to));
        assert!(app.is_active(&claim("nbf", json!(now + 5))).await, "the control: within the leeway");
        assert!(app.is_active(&claim("exp", json!(now - 4))).await, "the control: within the leeway");
        vec![
            forged("expired 55 s ago", claim("exp", json!(now - 55))),
            forged("expired 5 s ago", claim("exp", json!(now - 5))),
            forged("no exp", claim("exp", Value::Null)),
            forged("exp is text", claim("exp", json!((now + 300).to_string()))),
            forged("exp has a fraction", claim("exp", json!(300.5))),
            forged("exp is beyond numbers", claim("exp", json!(1e300))),
            forged("exp is negative", claim("exp", json!(-1))),
            forged("exp is a list", claim("exp", json!([now + 300]))),
            forged("nbf in the future", claim("nbf", json!(now + 60))),
            forged("nbf is text", claim("nbf", json!("soon"))),
            forged("iat in the future", claim("iat", json!(now + 60))),
            forged("no iat", claim("iat", Value::Null)),
            forged("issued before the password was set", claim("iat", json!(now - 3600))),
        ]
    })
    .await;
}

#[tokio::test]
async fn who_issued_it_for_whom_is_checked() {
    attack(async |app, forge, member| {
        let other = app.member("bela@example.org").await;
        let claim = |name: &str, to: Value| forge.claiming(&with(&forge.claims, name, to));
        vec![
            forged("no aud", claim("aud", Value::Null)),
            forged("another aud", claim("aud", json!("elsewhere"))),
            forged("empty aud", claim("aud", json!(""))),
            forged("a list of aud", claim("aud", json!(["lendery", "elsewhere"]))),
            forged("no iss", claim("iss", Value::Null)),
            forged("another iss", claim("iss", json!("https://evil.example"))),
            forged("a longer iss", claim("iss", json!("lendery.evil.example"))),
            forged("a list of iss", claim("iss", json!(["lendery"]))),
            forged("no sub", claim("sub", Value::Null)),
            forged("another sub in this session", claim("sub", json!(other.id))),
            forged("sub is no id", claim("sub", json!("' OR '1'='1"))),
            forged("no sid", claim("sid", Value::Null)),
            forged("a session that never was", claim("sid", json!(member.id))),
            forged("no jti", claim("jti", Value::Null)),
            forged("no password", claim("pwd", Value::Null)),
            forged("of another password", claim("pwd", json!(0))),
            forged("a role that does not exist", claim("roles", json!(["root"]))),
            forged("claims are a list", forge.sign_text(&forge.header.to_string(), "[]")),
            forged("claims are text", forge.sign_text(&forge.header.to_string(), "\"active\"")),
            forged("claims are not JSON", forge.sign_text(&forge.header.to_string(), "{")),
            forged(
                "sub comes twice",
                forge.sign_text(
                    &forge.header.to_string(),
                    &forge.claims.to_string().replacen('{', &format!("{{\"sub\":\"{}\",", other.id), 1),
                ),
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn the_header_has_to_be_exactly_ours() {
    attack(async |_, forge, _| {
        let head = |name: &str, to: Value| forge.headed(&with(&forge.header, name, to));
        let mut tokens = vec![
            forged("no typ", head("typ", Value::Null)),
            forged("no kid", head("kid", Value::Null)),
            forged("an unknown critical header", head("crit", json!(["b64"]))),
            forged("a critical header that is known", head("crit", json!(["exp"]))),
            forged("an empty list of critical headers", head("crit", json!([]))),
            forged("an unencoded payload", head("b64", json!(false))),
            forged("a compressed payload", head("zip", json!("DEF"))),
            forged("an encrypted payload", head("enc", json!("A256GCM"))),
            forged("a content type", head("cty", json!("JWT"))),
            forged("a header is a list", forge.sign_text("[\"EdDSA\",\"at+jwt\"]", &forge.claims.to_string())),
            forged(
                "a header is a list of the right words",
                forge.sign_text(&json!(["EdDSA", "at+jwt", forge.kid]).to_string(), &forge.claims.to_string()),
            ),
            forged(
                "alg comes twice",
                forge.sign_text(
                    &forge.header.to_string().replacen('{', "{\"alg\":\"none\",", 1),
                    &forge.claims.to_string(),
                ),
            ),
        ];
        for typ in ["JWT", "AT+JWT", "at+JWT", "application/at+jwt", "at+jwt ", "", "logout+jwt", "dpop+jwt"] {
            tokens.push(forged(format!("typ {typ:?}"), head("typ", json!(typ))));
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn the_algorithm_is_ours_to_choose() {
    attack(async |_, forge, member| {
        let mut tokens = Vec::new();
        let signature = member.access_token.rsplit('.').next().unwrap();
        for none in ["none", "None", "NONE", "nOnE", "NoNe", "none ", "", "null", "0", "noone"] {
            tokens.push(forged(format!("alg {none:?}, unsigned"), forge.unsigned(none)));
            tokens.push(forged(format!("alg {none:?}, signed"), forge.unsigned(none) + signature));
        }
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(forge.public_key()));
        for secret in [forge.public_key(), encode(forge.public_key()).as_bytes(), pem.as_bytes(), b"", b"\0", b"secret"]
        {
            tokens.push(forged("HMAC with a secret that everybody knows", forge.confused(secret)));
        }
        for alg in ["HS256", "HS512", "RS256", "PS256", "ES256", "EdDSA ", "eddsa", "Ed448", "Ed25519"] {
            tokens.push(forged(format!("alg {alg:?}"), forge.headed(&with(&forge.header, "alg", json!(alg)))));
        }
        for alg in [json!(["EdDSA"]), json!(0), json!({ "name": "EdDSA" }), json!(true)] {
            tokens.push(forged(format!("alg {alg}"), forge.headed(&with(&forge.header, "alg", alg))));
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn keys_come_from_our_own_table_only() {
    attack(async |_, forge, _| {
        let evil = Ed25519KeyPair::from_seed_unchecked(&[66; 32]).unwrap();
        let claims = forge.claims.to_string();
        let evil_signs = |header: &Value| sign_with(&evil, &header.to_string(), &claims);
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(evil.public_key()), "kid": forge.kid });
        let mut tokens = vec![
            forged("another key under our kid", evil_signs(&forge.header)),
            forged("a key in the token", evil_signs(&with(&forge.header, "jwk", jwk))),
            forged("the address of a key", evil_signs(&with(&forge.header, "jku", json!("http://127.0.0.1:9/keys")))),
            forged(
                "the address of a certificate",
                evil_signs(&with(&forge.header, "x5u", json!("http://127.0.0.1:9/"))),
            ),
            forged("a certificate", evil_signs(&with(&forge.header, "x5c", json!(["MIIB"])))),
            forged("a thumbprint", evil_signs(&with(&forge.header, "x5t#S256", json!("AAAA")))),
            forged("an address of keys, signed by ours", forge.headed(&with(&forge.header, "jku", json!("http://x/")))),
        ];
        let long = "k".repeat(2_000);
        for kid in [
            "",
            "../../../../../../dev/null",
            "/dev/null",
            "' OR '1'='1",
            "'; DROP TABLE signing_keys; --",
            "x' UNION SELECT 'k",
            "|/bin/true",
            "http://127.0.0.1:9/key",
            "\u{0}",
            &long,
        ] {
            let header = with(&forge.header, "kid", json!(kid));
            tokens.push(forged(format!("kid {kid:?}"), evil_signs(&header)));
            tokens.push(forged(format!("kid {kid:?}, signed by ours"), forge.headed(&header)));
        }
        for kid in [json!(7), json!([forge.kid]), json!({ "$ne": "" }), json!(true)] {
            tokens.push(forged(format!("kid {kid}"), forge.headed(&with(&forge.header, "kid", kid))));
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn only_the_compact_form_with_its_own_signature_passes() {
    attack(async |app, _, member| {
        let token = &member.access_token;
        let parts: Vec<&str> = token.split('.').collect();
        let (header, claims, signature) = (parts[0], parts[1], parts[2]);
        let other = app.member("bela@example.org").await;
        let others: Vec<&str> = other.access_token.split('.').collect();
        let mut flipped = decode(signature);
        flipped[10] ^= 1;
        let json_form = json!({ "payload": claims, "protected": header, "signature": signature });
        let general = json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] });
        vec![
            forged("nothing", ""),
            forged("dots", ".."),
            forged("two parts", format!("{header}.{claims}")),
            forged("an empty signature", format!("{header}.{claims}.")),
            forged("four parts", format!("{token}.{signature}")),
            forged("five parts", format!("{token}.{signature}.{signature}")),
            forged("a flipped bit", format!("{header}.{claims}.{}", encode(flipped))),
            forged("half a signature", format!("{header}.{claims}.{}", &signature[..40])),
            forged(
                "a signature twice",
                format!("{header}.{claims}.{}", encode([decode(signature), decode(signature)].concat())),
            ),
            forged("an all-zero signature", format!("{header}.{claims}.{}", encode([0; 64]))),
            forged("another's claims", format!("{header}.{}.{signature}", others[1])),
            forged("padding", format!("{header}.{claims}.{}", URL_SAFE.encode(decode(signature)))),
            forged("the other alphabet", format!("{header}.{claims}.+/{}", &signature[2..])),
            forged("a space before", format!(" {token}")),
            forged("a space after", format!("{token} ")),
            forged("a line break", format!("{header}.{claims}.\n{signature}")),
            forged("a null byte", format!("{token}\u{0}")),
            forged("the word Bearer", format!("Bearer {token}")),
            forged("beyond ASCII", format!("{token}é")),
            forged("the flattened JSON form", json_form.to_string()),
            forged("the general JSON form", general.to_string()),
            forged("a refresh token", member.refresh_token.clone()),
            forged("8 KB of letters", "a".repeat(8_192)),
            forged("8 KB of claims", format!("{header}.{}.{signature}", "a".repeat(8_192))),
            forged("8 KB of dots", ".".repeat(8_192)),
            forged("60 KB", format!("{token}{}", "a".repeat(60_000))),
        ]
    })
    .await;
}

#[tokio::test]
async fn an_honest_token_may_have_4096_bytes_and_not_one_more() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let member = app.member("ada@example.org").await;
        let forge = Forge::of(&app, &member).await;
        // Three bytes more of claims are four more of a token, and one more is one or two.
        let of_length = |bytes: usize| {
            let padded = (2_000..3_000).map(|pad| forge.claiming(&with(&forge.claims, "pad", json!("x".repeat(pad)))));
            padded.filter(|token| token.len() <= bytes).max_by_key(String::len).unwrap()
        };
        let longest = of_length(4_096);
        assert!(longest.len() >= 4_095, "{}", longest.len());
        assert!(app.is_active(&longest).await);
        app.web.with_token(longest.as_str()).get("/api/v1/users/me").await.expect(200);
        let beyond = of_length(4_098);
        assert!(beyond.len() > 4_096);
        are_refused(&app, vec![forged(format!("{} bytes", beyond.len()), beyond)]).await;
    })
    .await;
}

#[tokio::test]
async fn a_token_counts_only_in_one_authorization_header() {
    on_every_database(async |database| {
        let app = TestApp::start(&database).await;
        let ada = app.member("ada@example.org").await;
        let me = || app.web.request(Method::GET, "/api/v1/users/me");
        let bearer = format!("Bearer {}", ada.access_token);
        send(me().header("authorization", &bearer)).await.expect(200);
        send(me().header("authorization", format!("bearer {}", ada.access_token))).await.expect(200);
        let twice = me().header("authorization", &bearer).header("authorization", &bearer);
        let other = me().header("authorization", "Bearer x").header("authorization", &bearer);
        let list = me().header("authorization", format!("{bearer}, {bearer}"));
        let basic =
            me().header("authorization", format!("Basic {}", STANDARD.encode("ada@example.org:nine grey herons")));
        let bare = me().header("authorization", &ada.access_token);
        let spoofed = me().header("x-user-id", &ada.id).header("x-forwarded-user", &ada.id).header("x-roles", "admin");
        let cookie = me().header("cookie", format!("access_token={}", ada.access_token));
        for request in [twice, other, list, basic, bare, spoofed, cookie] {
            assert_eq!(send(request).await.expect(401).problem(), "invalid_token");
        }
        let query = app.web.get(&format!("/api/v1/users/me?access_token={}", ada.access_token)).await;
        query.expect(401);
    })
    .await;
}
