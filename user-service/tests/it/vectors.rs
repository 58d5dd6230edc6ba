//! The cases of Project Wycheproof for JWS (`json_web_signature_test.json`) and for Ed25519 (`ed25519_test.json`), made with this
//! service's own key, so that nothing but the fault in question can be why a token is refused.

use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::attacks::{attack, forged};
use crate::forgery::{decode, encode, with};

/// The order of the group of Ed25519, little-endian (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// 2^255 - 19, over which the curve is.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    (prime[0], prime[31]) = (0xed, 0x7f);
    prime
};

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// The next character in the place of the first, or of the last, where it changes only bits that stand for nothing.
fn bumped(text: &str, place: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let digit = BASE64URL.iter().position(|digit| *digit == bytes[place]).unwrap();
    bytes[place] = BASE64URL[(digit + 1) % 64];
    String::from_utf8(bytes).unwrap()
}

/// The JSON with white space until its last character has bits that stand for nothing, and one of them set.
fn with_unused_bits(json: &Value) -> String {
    let padded = (0..3).map(|spaces| encode(format!("{json}{}", " ".repeat(spaces))));
    let loose = padded.into_iter().find(|text| text.len() % 4 != 0).unwrap();
    bumped(&loose, loose.len() - 1)
}

#[tokio::test]
async fn no_part_may_be_missing_or_changed_or_one_too_many() {
    attack(async |_, _, member| {
        let [header, claims, signature] = parts(&member.access_token);
        let token = &member.access_token;
        [
            ("rejectsModifiedSignature", format!("{header}.{claims}.{}", bumped(signature, 0))),
            ("rejectsMissingSignature", format!("{header}.{claims}.")),
            ("rejectsMissingSignatureAndSeparator", format!("{header}.{claims}")),
            ("rejectsModifiedPayload", format!("{header}.{}.{signature}", bumped(claims, 0))),
            ("rejectsMissingPayload", format!("{header}..{signature}")),
            ("rejectsMissingPayloadAndSeparator", format!("{header}.{signature}")),
            ("rejectsModifiedHeader", format!("{}.{claims}.{signature}", bumped(header, 30))),
            ("rejectsMissingHeader", format!(".{claims}.{signature}")),
            ("rejectsMissingHeaderAndSeparator", format!("{claims}.{signature}")),
            ("rejectsMissingHeaderAndSignature", format!(".{claims}.")),
            ("rejectsMissingHeaderSignatureAndSeparators", claims.to_owned()),
            ("rejectsEmptyString", String::new()),
            ("rejectsExtraEmptyComponent", format!("{token}.")),
            ("rejectsExtraComponent", format!("{token}.foo")),
            ("an empty component before", format!(".{token}")),
            ("parts in another order", format!("{claims}.{header}.{signature}")),
        ]
        .map(|(name, token)| forged(name, token))
        .into()
    })
    .await;
}

#[tokio::test]
async fn a_part_is_base64url_and_nothing_else_even_where_it_is_signed_so() {
    attack(async |app, forge, member| {
        let [header, claims, signature] = parts(&member.access_token);
        let signed = |header: &str, claims: &str| forge.sign_message(&format!("{header}.{claims}"));
        let spaced = forge.header.to_string().replace(':', " : ").replace(',', ",\n\t");
        for honest in [signed(header, claims), signed(&encode(spaced), claims)] {
            assert!(app.is_active(&honest).await, "the control: white space in JSON is none of ours to judge");
        }
        let middle = |text: &str, odd: &str| format!("{}{odd}{}", &text[..9], &text[9..]);
        let mut tokens = vec![
            forged("ModifiedUnusedBitsInHeader", signed(&with_unused_bits(&forge.header), claims)),
            forged("ModifiedUnusedBitsInPayload", signed(header, &with_unused_bits(&forge.claims))),
            forged("modified unused bits in the signature", format!("{header}.{claims}.{}", bumped(signature, 85))),
            forged("invalidBase64Padding", format!("{header}.{claims}.{signature}==")),
        ];
        for odd in ["    ", "####", "?", "=", "==", "\n", "\t", "+", "/", "%3D", "\u{feff}", "\u{200b}"] {
            tokens.extend([
                forged(format!("{odd:?} after the header"), signed(&format!("{header}{odd}"), claims)),
                forged(format!("{odd:?} before the header"), signed(&format!("{odd}{header}"), claims)),
                forged(format!("{odd:?} in the header"), signed(&middle(header, odd), claims)),
                forged(format!("{odd:?} before the payload"), signed(header, &format!("{odd}{claims}"))),
                forged(format!("{odd:?} after the payload"), signed(header, &format!("{claims}{odd}"))),
                forged(format!("{odd:?} in the payload"), signed(header, &middle(claims, odd))),
                forged(format!("{odd:?} before the signature"), format!("{header}.{claims}.{odd}{signature}")),
                forged(format!("{odd:?} after the signature"), format!("{header}.{claims}.{signature}{odd}")),
                forged(format!("{odd:?} in the signature"), format!("{header}.{claims}.{}", middle(signature, odd))),
            ]);
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_header_or_claims_that_are_not_quite_json_are_none() {
    attack(async |_, forge, _| {
        let (header, claims) = (forge.header.to_string(), forge.claims.to_string());
        let mut tokens = Vec::new();
        let bytes = |text: &str| text.as_bytes().to_vec();
        let damaged = |text: &str| {
            [
                ("a byte order mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
                ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
                ("bytes that are no UTF-8", [&text.as_bytes()[..2], b"\xff", &text.as_bytes()[2..]].concat()),
                ("a null byte at the end", bytes(&format!("{text}\0"))),
                ("something after it", bytes(&format!("{text}{text}"))),
                ("a comma too many", bytes(&text.replacen('}', ",}", 1))),
                ("a comment", bytes(&text.replacen('{', "{/**/", 1))),
                ("single quotes", bytes(&text.replace('"', "'"))),
                ("no end", bytes(&text[..text.len() - 1])),
                ("nothing", Vec::new()),
                ("null", bytes("null")),
            ]
        };
        for (name, odd) in damaged(&header) {
            tokens
                .push(forged(format!("header: {name}"), forge.sign_message(&[encode(odd), encode(&claims)].join("."))));
        }
        for (name, odd) in damaged(&claims) {
            tokens
                .push(forged(format!("claims: {name}"), forge.sign_message(&[encode(&header), encode(odd)].join("."))));
        }
        for member in ["typ", "kid"] {
            let twice = header.replacen('{', &format!("{{{}:{},", json!(member), forge.header[member]), 1);
            tokens.push(forged(format!("{member} comes twice"), forge.sign_text(&twice, &claims)));
        }
        for member in ["exp", "iss", "aud", "sid"] {
            let twice = claims.replacen('{', &format!("{{{}:{},", json!(member), forge.claims[member]), 1);
            tokens.push(forged(format!("{member} comes twice"), forge.sign_text(&header, &twice)));
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn the_public_key_in_no_form_is_a_secret() {
    attack(async |_, forge, _| {
        // RFC 8410 §4: the prefix of a SubjectPublicKeyInfo of Ed25519.
        let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let der = [&prefix[..], forge.public_key()].concat();
        let body = STANDARD.encode(&der);
        let jwk = json!({ "crv": "Ed25519", "kty": "OKP", "x": encode(forge.public_key()) }).to_string();
        let pem =
            |end: &str| format!("-----BEGIN PUBLIC KEY-----{end}{body}{end}-----END PUBLIC KEY-----{end}").into_bytes();
        let forms = [
            ("DER", der.clone()),
            ("PEM", pem("\n")),
            ("PEM of Windows", pem("\r\n")),
            ("the body of PEM", body.clone().into_bytes()),
            ("JWK", jwk.into_bytes()),
            ("its coordinate", encode(forge.public_key()).into_bytes()),
            ("its name", forge.kid.clone().into_bytes()),
        ];
        let algorithms = [("HS256", HMAC_SHA256), ("HS384", HMAC_SHA384), ("HS512", HMAC_SHA512)];
        let confused = forms.iter().flat_map(|(form, secret)| {
            algorithms.map(|(alg, hash)| forged(format!("{alg} with {form}"), forge.confused_with(alg, hash, secret)))
        });
        confused.collect()
    })
    .await;
}

/// Little-endian addition, in which what does not fit is lost.
fn sum(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let bytes = one.iter().zip(other).map(|(one, other)| {
        let sum = u16::from(*one) + u16::from(*other) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    bytes.collect()
}

fn bit(number: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[number / 8] = 1 << (number % 8);
    bytes
}

#[tokio::test]
async fn of_all_signatures_that_look_like_it_only_the_one_counts() {
    attack(async |_, _, member| {
        let [header, claims, signature] = parts(&member.access_token);
        let signature = decode(signature);
        let (r, s) = signature.split_at(32);
        let mut cases: Vec<(String, Vec<u8>)> = vec![
            ("s missing".into(), r.into()),
            ("signature too short".into(), signature[..63].into()),
            ("signature too long".into(), [r, s, &[0]].concat()),
            ("prepending 0 byte".into(), [&[0], r, s].concat()),
            ("prepending 0 byte to s".into(), [r, &[0], s].concat()),
            ("dropping a byte".into(), [r, &s[1..]].concat()),
            ("R and s exchanged".into(), [s, r].concat()),
            ("all bits flipped in R".into(), [&r.iter().map(|byte| !byte).collect::<Vec<_>>(), s].concat()),
            ("s + p".into(), [r, &sum(s, &PRIME)].concat()),
            ("R + p".into(), [&sum(r, &PRIME), s].concat()),
        ];
        let mut more = ORDER.to_vec();
        for times in [1, 2, 4, 8] {
            cases.push((format!("s + {times} L"), [r, &sum(s, &more)].concat()));
            more = sum(&more, &more);
        }
        for number in [253, 254, 255] {
            cases.push((format!("s + 2^{number}"), [r, &sum(s, &bit(number))].concat()));
        }
        for number in [0, 1, 2, 7, 8, 16, 31, 32, 63, 64, 97, 127, 240, 247, 248, 253, 254, 255] {
            let flipped: Vec<u8> = r.iter().zip(bit(number)).map(|(byte, bit)| byte ^ bit).collect();
            cases.push((format!("bit {number} of R flipped"), [&flipped, s].concat()));
        }
        // Points of small order, and numbers at the ends of their ranges.
        let one = bit(0);
        let minus_one = sum(&PRIME, &[0xff; 32]);
        let last = sum(&ORDER, &[0xff; 32]);
        let y1_with_sign = sum(&one, &bit(255));
        let of_r: [&[u8]; 7] = [&[0; 32], &one, &y1_with_sign, &PRIME, &minus_one, &[0xff; 32], r];
        let of_s: [&[u8]; 6] = [&[0; 32], &one, &last, &ORDER, &PRIME, &[0xff; 32]];
        for (number, special) in of_r.into_iter().flat_map(|r| of_s.map(|s| [r, s].concat())).enumerate() {
            cases.push((format!("special values for r and s {number}"), special));
        }
        cases.into_iter().map(|(name, odd)| forged(name, format!("{header}.{claims}.{}", encode(odd)))).collect()
    })
    .await;
}

#[tokio::test]
async fn a_key_in_the_token_is_no_key_whatever_it_says_of_itself() {
    attack(async |_, forge, _| {
        let ours = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(forge.public_key()), "kid": forge.kid });
        let with_jwk = |jwk: &Value| forge.headed(&with(&forge.header, "jwk", jwk.clone()));
        ["rejectWrongUse", "rejectWrongKeyOps", "our own key"]
            .into_iter()
            .zip([with(&ours, "use", json!("enc")), with(&ours, "key_ops", json!(["encrypt"])), ours.clone()])
            .map(|(name, jwk)| forged(name, with_jwk(&jwk)))
            .collect()
    })
    .await;
}
