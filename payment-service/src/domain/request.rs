//! Requests, parsed into what cannot be wrong.

use std::str::FromStr;

use payment_api::{AuthoriseRequest, CheckRequest, MOST_MINOR, PartRequest, Provider, VoidRequest};
use problem::{FieldErrors, Problem};
use sha2::{Digest, Sha256};
use vocabulary::{Currency, Money, Secret};

use super::payment::Terms;
use super::step::{Key, Step};

/// A hold that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct NewPayment {
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    pub(crate) token: Option<Secret>,
}

/// A part of a payment that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) step: Step,
    pub(crate) amount: Money,
}

impl NewPayment {
    /// # Errors
    /// 422 with every field that is wrong.
    pub(crate) fn parse(request: AuthoriseRequest) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let order_id = errors.required("/order_id", request.order_id);
        let step = step(&mut errors, request.step.as_deref());
        let payer_id = errors.required("/payer_id", request.payer_id);
        let provider = errors.required("/provider", request.provider);
        let money = errors.required("/amount", request.amount);
        let deposit = request.deposit.map_or(0, |deposit| deposit.amount_minor);
        within(&mut errors, "/amount/amount_minor", money.map_or(0, |money| money.amount_minor), 0);
        within(&mut errors, "/deposit/amount_minor", deposit, 0);
        if let (Some(money), Some(deposit)) = (money, request.deposit) {
            same_currency(&mut errors, "/deposit/currency", deposit.currency, money.currency);
        }
        if money.is_some_and(|money| money.amount_minor == 0 && deposit == 0) {
            errors.refuse("/amount/amount_minor", "out_of_range", "Nothing has to be paid; no payment is needed.");
        }
        let token = token(&mut errors, provider, request.token);
        let key = order_id.zip(step).map(|(order_id, step)| Key { order_id, step });
        let whole = key.zip(payer_id).zip(provider.zip(money));
        let parsed = whole.map(|((key, payer_id), (provider, money))| {
            let (amount, currency) = (money.amount_minor, money.currency);
            Self { key, terms: Terms { payer_id, provider, amount, deposit, currency }, token }
        });
        errors.finish(parsed)
    }

    /// By which a request that comes again is told from another one with the same key.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let Terms { payer_id, provider, amount, deposit, currency } = self.terms;
        let token = self.token.as_ref().map_or("", |token| token.expose());
        let text = format!("{payer_id} {} {amount} {deposit} {currency} {token}", provider.as_str());
        Sha256::digest(text.as_bytes()).to_vec()
    }
}

impl Part {
    /// # Errors
    /// 422 with every field that is wrong.
    pub(crate) fn parse(request: &PartRequest) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let step = step(&mut errors, request.step.as_deref());
        let amount = errors.required("/amount", request.amount);
        if let Some(amount) = amount {
            within(&mut errors, "/amount/amount_minor", amount.amount_minor, 1);
        }
        errors.finish(step.zip(amount).map(|(step, amount)| Self { step, amount }))
    }

    /// # Errors
    /// 422 when the part is in another currency than the payment.
    pub(crate) fn check_currency(&self, currency: Currency) -> Result<(), Problem> {
        let mut errors = FieldErrors::default();
        same_currency(&mut errors, "/amount/currency", self.amount.currency, currency);
        errors.finish(Some(()))
    }
}

/// Who would move the money of a payment that was only thought of, with which token. Notes what could not be asked for.
pub(crate) fn intended(errors: &mut FieldErrors, request: CheckRequest) -> Option<(Provider, Option<Secret>)> {
    let provider = errors.required("/provider", request.provider);
    let token = token(errors, provider, request.token);
    for (pointer, money) in [("/amount/amount_minor", request.amount), ("/deposit/amount_minor", request.deposit)] {
        within(errors, pointer, money.map_or(0, |money| money.amount_minor), 0);
    }
    Some((provider?, token))
}

/// The step of a request to void.
///
/// # Errors
/// 422 when it is missing or malformed.
pub(crate) fn void_step(request: &VoidRequest) -> Result<Step, Problem> {
    let mut errors = FieldErrors::default();
    let step = step(&mut errors, request.step.as_deref());
    errors.finish(step)
}

fn step(errors: &mut FieldErrors, text: Option<&str>) -> Option<Step> {
    let text = errors.required("/step", text)?;
    errors.parsed("/step", "malformed", Step::from_str(text))
}

fn token(errors: &mut FieldErrors, provider: Option<Provider>, token: Option<Secret>) -> Option<Secret> {
    if provider == Some(Provider::Desk) {
        if token.is_some() {
            errors.refuse("/token", "not_allowed", "The desk takes no token.");
        }
        return None;
    }
    let token = errors.required("/token", token)?;
    let fits = (1..=255).contains(&token.expose().len()) && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if !fits {
        errors.refuse("/token", "malformed", "A token has 1 to 255 visible ASCII characters.");
    }
    Some(token)
}

fn within(errors: &mut FieldErrors, pointer: &str, amount: i64, least: i64) {
    if !(least..=MOST_MINOR).contains(&amount) {
        errors.refuse(pointer, "out_of_range", format!("It is a whole number from {least} to {MOST_MINOR}."));
    }
}

fn same_currency(errors: &mut FieldErrors, pointer: &str, given: Currency, wanted: Currency) {
    if given != wanted {
        errors.refuse(pointer, "other_currency", format!("A payment has one currency; this one is in {wanted}."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use payment_api::OrderId;
    use uuid::Uuid;
    use vocabulary::UserId;

    fn request() -> AuthoriseRequest {
        AuthoriseRequest {
            order_id: Some(OrderId::new(Uuid::nil())),
            step: Some("authorise".to_owned()),
            payer_id: Some(UserId::new(Uuid::nil())),
            amount: Some(Money { amount_minor: 5, currency: Currency::EUR }),
            deposit: None,
            provider: Some(Provider::Test),
            token: Some(Secret::new("tok_approved")),
        }
    }

    fn refused(request: AuthoriseRequest) -> Vec<String> {
        let problem = NewPayment::parse(request).unwrap_err();
        problem.errors().iter().map(|error| error.pointer.clone()).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let all = ["/order_id", "/step", "/payer_id", "/provider", "/amount", "/token"];
        assert_eq!(refused(AuthoriseRequest::default()), all);
        let usd = Some(Money { amount_minor: -1, currency: "USD".parse().unwrap() });
        let bad = AuthoriseRequest { deposit: usd, token: Some(Secret::new("two words")), ..request() };
        assert_eq!(refused(bad), ["/deposit/amount_minor", "/deposit/currency", "/token"]);
        for amount_minor in [0, -1, i64::MAX] {
            let amount = Some(Money { amount_minor, currency: Currency::EUR });
            assert_eq!(refused(AuthoriseRequest { amount, ..request() }), ["/amount/amount_minor"]);
        }
        assert_eq!(refused(AuthoriseRequest { provider: Some(Provider::Desk), ..request() }), ["/token"]);
    }

    #[test]
    fn another_token_is_another_request() {
        let first = NewPayment::parse(request()).unwrap().fingerprint();
        let other = AuthoriseRequest { token: Some(Secret::new("tok_declined")), ..request() };
        assert_eq!(NewPayment::parse(request()).unwrap().fingerprint(), first);
        assert_ne!(NewPayment::parse(other).unwrap().fingerprint(), first);
    }
}
