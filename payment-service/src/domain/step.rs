use std::fmt;
use std::str::FromStr;

use payment_api::OrderId;

/// The name of a step of an order's saga: 1 to 40 small letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Step(String);

/// The text cannot be the name of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A step has 1 to 40 small letters, digits and hyphens, such as capture-1.")]
pub(crate) struct ParseStepError;

/// What asked for a payment: it is the same payment for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) order_id: OrderId,
    pub(crate) step: Step,
}

impl Step {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The step of the `number`th renewal; no saga can name it.
    pub(crate) fn renewal(number: usize) -> Self {
        Self(format!("renewal.{number}"))
    }

    /// What a database has kept.
    pub(crate) fn kept(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Step {
    type Err = ParseStepError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned())).ok_or(ParseStepError)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.order_id, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_short_plain_name() {
        assert!("capture-1".parse::<Step>().is_ok());
        for text in ["", "Capture", "a b", "a/b", "renewal.1", &"x".repeat(41)] {
            assert_eq!(text.parse::<Step>(), Err(ParseStepError), "{text}");
        }
    }
}
