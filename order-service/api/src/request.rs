use std::fmt;

use inventory_api::PeriodRequest;
use payment_api::Provider;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{ItemId, Money, Secret};

/// What a line of a cart is from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CartLineRequest {
    /// 1 to 10,000; 1 unless it is given.
    #[schema(nullable = false, minimum = 1, maximum = 10_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
    /// Required for what is lent; what is sold or given has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodRequest>,
}

/// Some units of an item, as they are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LineRequest {
    #[schema(required, nullable = false)]
    pub item_id: Option<ItemId>,
    /// 1 to 10,000; 1 unless it is given.
    #[schema(nullable = false, minimum = 1, maximum = 10_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
    /// Required for what is lent; what is sold or given has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodRequest>,
}

/// Places an order. Fields are optional here so that all missing ones are reported at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceOrderRequest {
    #[schema(required, nullable = false)]
    pub lines: Option<LinesRequest>,
    /// Required unless everything is free of charge and without a deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentRequest>,
}

/// What is ordered: 1 to 50 lines, each item once; or `"cart"`, which is empty afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LinesRequest {
    Cart(CartWord),
    Lines(Vec<LineRequest>),
}

/// The one word that may stand for lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CartWord {
    /// What is in the cart.
    Cart,
}

/// Who moves the money, and what they need to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentRequest {
    #[schema(required, nullable = false, value_type = Provider)]
    pub provider: Option<String>,
    /// What the provider gave the payer, 1 to 255 visible ASCII characters; `desk` takes none. It is forgotten as soon as
    /// the money is held.
    #[schema(nullable = false, max_length = 255)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// Says no to what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeclineRequest {
    /// A sentence for who ordered it, at most 500 characters.
    #[schema(nullable = false, max_length = 500)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Hands over the caller's things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HandOverRequest {
    /// On the condition of what changes hands, at most 2,000 characters.
    #[schema(nullable = false, max_length = 2_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Takes the caller's things back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnRequest {
    /// On the condition of what comes back, at most 2,000 characters.
    #[schema(nullable = false, max_length = 2_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is kept of the deposit of these things; nothing unless it is given.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Money>,
    /// Why it is kept, 1 to 500 characters; required with `keep`.
    #[schema(nullable = false, min_length = 1, max_length = 500)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<'de> Deserialize<'de> for LinesRequest {
    /// By hand, so that what is wrong inside a line is named by its place; an untagged enum would only say that nothing fits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LinesVisitor)
    }
}

struct LinesVisitor;

impl<'de> Visitor<'de> for LinesVisitor {
    type Value = LinesRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lines, or \"cart\"")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        if word == "cart" { Ok(LinesRequest::Cart(CartWord::Cart)) } else { Err(E::unknown_variant(word, &["cart"])) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, lines: A) -> Result<Self::Value, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(lines)).map(LinesRequest::Lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<PlaceOrderRequest, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_ordered_is_a_list_or_the_cart() {
        assert_eq!(parsed(r#"{"lines":"cart"}"#).unwrap().lines, Some(LinesRequest::Cart(CartWord::Cart)));
        let lines = parsed(r#"{"lines":[{"units":2}]}"#).unwrap().lines.unwrap();
        assert_eq!(lines, LinesRequest::Lines(vec![LineRequest { units: Some(2), ..LineRequest::default() }]));
        assert_eq!(serde_json::to_string(&LinesRequest::Cart(CartWord::Cart)).unwrap(), r#""cart""#);
    }

    #[test]
    fn what_is_wrong_in_a_line_is_named() {
        assert!(parsed(r#"{"lines":[{"unit":2}]}"#).unwrap_err().contains("unknown field `unit`"));
        assert!(parsed(r#"{"lines":"basket"}"#).unwrap_err().contains("`cart`"));
        assert!(parsed(r#"{"lines":7}"#).unwrap_err().contains("a list of lines"));
    }
}
