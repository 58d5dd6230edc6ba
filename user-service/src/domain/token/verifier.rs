use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::proven::ProvenTokens;
use super::{Claims, SigningKey, TYPE, TokenParties};

/// Longer texts are refused before anything is decoded. Ours have about 500 bytes.
const MOST_BYTES: usize = 4096;

/// How far the clocks of two instances may be apart, in seconds.
const LEEWAY: i64 = 5;

/// The one place that decides whether a text is an access token of ours.
///
/// jsonwebtoken checks the signature. What it accepts by default is too much (tokens without issuer or audience, any type,
/// unknown critical headers, times by a clock of its own), so everything else is checked here.
pub(crate) struct TokenVerifier {
    parties: TokenParties,
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
    proven: ProvenTokens,
}

/// Why a text is not an access token that is good now. Clients learn only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is too long")]
    TooLong,
    #[error("the token is not three parts of base64url")]
    Shape,
    #[error("the header is not exactly that of an access token")]
    Header,
    #[error("the key is not one of ours")]
    UnknownKey,
    #[error("the signature does not match, or the claims are not those of an access token")]
    Signature,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
}

/// All that a header of ours holds. Any other member is refused, known to the standards or not: `crit` because nothing
/// critical is understood here, `jku`, `jwk`, `x5u` and `x5c` because keys are never taken from a token (RFC 8725 §3.10).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

impl TokenVerifier {
    pub(crate) fn new(parties: TokenParties, keys: &[SigningKey]) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&parties.issuer]);
        validation.set_audience(&[&parties.audience]);
        // The library asks the machine's clock; times are checked below against the one that was passed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let keys = keys.iter().map(|key| (key.kid().to_owned(), key.decoding())).collect();
        Self { parties, keys, validation, proven: ProvenTokens::new() }
    }

    /// The claims of a token that is genuine and good at `now`. Whether its session lives is another question.
    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, TokenError> {
        if token.len() > MOST_BYTES {
            return Err(TokenError::TooLong);
        }
        let claims = self.proven.claims(token, || self.prove(token))?;
        check_times(&claims, now.timestamp())?;
        Ok(claims)
    }

    /// Everything about a token that no time changes.
    fn prove(&self, token: &str) -> Result<Claims, TokenError> {
        let header = strict_header(token)?;
        if header.alg != "EdDSA" || header.typ != TYPE {
            return Err(TokenError::Header);
        }
        let key = self.keys.get(&header.kid).ok_or(TokenError::UnknownKey)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        let claims = decoded.map_err(|_| TokenError::Signature)?.claims;
        if claims.iss != self.parties.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.aud != self.parties.audience {
            return Err(TokenError::Audience);
        }
        Ok(claims)
    }
}

fn check_times(claims: &Claims, now: i64) -> Result<(), TokenError> {
    // Saturating, because claims hold whatever number was signed.
    if claims.exp.saturating_add(LEEWAY) <= now {
        return Err(TokenError::Expired);
    }
    let latest_start = now.saturating_add(LEEWAY);
    if claims.iat > latest_start || claims.nbf.is_some_and(|nbf| nbf > latest_start) {
        return Err(TokenError::NotYet);
    }
    Ok(())
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenVerifier").field("parties", &self.parties).finish_non_exhaustive()
    }
}

fn strict_header(token: &str) -> Result<StrictHeader, TokenError> {
    let of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let parts: Vec<&str> = token.split('.').collect();
    let well_formed = |part: &&str| !part.is_empty() && part.bytes().all(of_base64url);
    if parts.len() != 3 || !parts.iter().all(well_formed) {
        return Err(TokenError::Shape);
    }
    let json = URL_SAFE_NO_PAD.decode(parts[0]).map_err(|_| TokenError::Shape)?;
    // serde takes an array for a struct as well, field by field; a header is an object.
    if json.first() != Some(&b'{') {
        return Err(TokenError::Header);
    }
    serde_json::from_slice(&json).map_err(|_| TokenError::Header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::TokenSigner;
    use chrono::TimeDelta;

    fn parties() -> TokenParties {
        TokenParties { issuer: "issuer".to_owned(), audience: "audience".to_owned() }
    }

    #[test]
    fn times_are_held_against_the_given_clock_with_five_seconds_of_leeway() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let key = SigningKey::from_seed([7; 32]).unwrap();
        let verifier = TokenVerifier::new(parties(), std::slice::from_ref(&key));
        let token = TokenSigner::new(&key).sign(&Claims::sample(now)).unwrap();
        for (seconds, expected) in [
            (-6, Err(TokenError::NotYet)),
            (-5, Ok(())),
            (0, Ok(())),
            (304, Ok(())),
            (305, Err(TokenError::Expired)),
            (355, Err(TokenError::Expired)),
        ] {
            let verified = verifier.verify(&token, now + TimeDelta::seconds(seconds)).map(drop);
            assert_eq!(verified, expected, "{seconds} s after issue");
        }
    }

    #[test]
    fn numbers_at_the_end_of_their_range_are_judged_like_others() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let key = SigningKey::from_seed([7; 32]).unwrap();
        let verifier = TokenVerifier::new(parties(), std::slice::from_ref(&key));
        let verify = |claims| verifier.verify(&TokenSigner::new(&key).sign(&claims).unwrap(), now).map(drop);
        let sample = Claims::sample(now);
        assert_eq!(verify(Claims { exp: 0, ..sample.clone() }), Err(TokenError::Expired));
        assert!(verify(Claims { exp: i64::MIN, ..sample.clone() }).is_err());
        assert_eq!(verify(Claims { iat: i64::MAX, ..sample.clone() }), Err(TokenError::NotYet));
        assert_eq!(verify(Claims { nbf: Some(i64::MAX), ..sample.clone() }), Err(TokenError::NotYet));
        assert_eq!(verify(Claims { exp: i64::MAX, ..sample }), Ok(()));
    }
}
