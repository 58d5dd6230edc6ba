use std::str::FromStr;

use inventory_api::{CreateItemRequest, Item, MoneyRequest, OfferKind, PickupRequest};
use serde_json::Value;

use super::form::Values;
use crate::shown::{in_field, parse_amount};
use crate::words::Words;

/// What fields the form may leave empty; emptied, they are taken away.
const CLEARABLE: [(&str, Option<OfferKind>); 6] = [
    ("description", None),
    ("tags", None),
    ("pickup", None),
    ("daily_price", Some(OfferKind::Lend)),
    ("deposit", Some(OfferKind::Lend)),
    ("max_loan_days", Some(OfferKind::Lend)),
];

/// A field that cannot be understood, with why.
pub(super) type Misread = (&'static str, &'static str);

impl Values {
    /// What the form says of an item, or every field that cannot be understood. Whether it is acceptable, the inventory
    /// decides.
    pub(super) fn request(&self, w: &'static Words) -> Result<CreateItemRequest, Vec<Misread>> {
        let mut reader = Reader { values: self, w, misread: Vec::new() };
        let mut request = CreateItemRequest {
            name: Some(self.get("name").to_owned()),
            category: Some(self.get("category").to_owned()),
            description: reader.text("description"),
            tags: Some(tags(self.get("tags"))).filter(|tags| !tags.is_empty()),
            condition: reader.text("condition"),
            offer: reader.text("offer"),
            approval: reader.text("approval"),
            pickup: reader.pickup(),
            status: reader.text("status"),
            ..CreateItemRequest::default()
        };
        if self.kind() == OfferKind::Sell {
            request.stock = reader.number("stock");
            request.price = reader.money("price");
        } else {
            request.units = reader.number("units");
            request.daily_price = reader.money("daily_price");
            request.deposit = reader.money("deposit");
            request.max_loan_days = reader.number("max_loan_days");
            request.buffer_hours = reader.number("buffer_hours");
        }
        if reader.misread.is_empty() { Ok(request) } else { Err(reader.misread) }
    }

    /// What the form would show of an item.
    pub(super) fn of(item: &Item) -> Self {
        let mut values = Self::default();
        let text = |value: Option<String>| value.unwrap_or_default();
        let number = |value: Option<u32>| text(value.map(|value| value.to_string()));
        let money = [item.daily_price, item.deposit, item.price];
        let currency = money.iter().flatten().next().map_or("EUR".to_owned(), |money| money.currency.to_string());
        let place = item.pickup.as_ref();
        for (name, value) in [
            ("name", item.name.clone()),
            ("category", item.category.clone()),
            ("description", item.description.clone()),
            ("tags", item.tags.join(", ")),
            ("condition", item.condition.as_str().to_owned()),
            ("offer", item.offer.as_str().to_owned()),
            ("units", number(item.units)),
            ("daily_price", text(item.daily_price.map(in_field))),
            ("deposit", text(item.deposit.map(in_field))),
            ("max_loan_days", number(item.max_loan_days.map(u32::from))),
            ("buffer_hours", number(item.buffer_hours.map(u32::from))),
            ("stock", number(item.stock)),
            ("price", text(item.price.map(in_field))),
            ("currency", currency),
            ("approval", item.approval.as_str().to_owned()),
            ("pickup_label", text(place.map(|place| place.label.clone()))),
            ("pickup_lat", text(place.map(|place| place.lat.to_string()))),
            ("pickup_lon", text(place.map(|place| place.lon.to_string()))),
            ("pickup_time_zone", text(place.map(|place| place.time_zone.clone()))),
        ] {
            values.set(name, value);
        }
        values
    }
}

/// The request as a merge patch (RFC 7396): what was emptied is null, what the form does not know stays as it is.
pub(super) fn patch(request: &CreateItemRequest, kind: OfferKind) -> Value {
    // Our own request types always have a JSON form.
    let mut patch = serde_json::to_value(request).unwrap_or_default();
    if let Some(members) = patch.as_object_mut() {
        for (name, of) in CLEARABLE {
            if of.is_none_or(|of| of == kind) {
                members.entry(name).or_insert(Value::Null);
            }
        }
    }
    patch
}

struct Reader<'a> {
    values: &'a Values,
    w: &'static Words,
    misread: Vec<Misread>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        Some(self.values.get(name)).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    fn number<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        let read = text.replace(',', ".").parse().ok();
        if read.is_none() {
            self.misread.push((name, self.w.refused_number));
        }
        read
    }

    fn money(&mut self, name: &'static str) -> Option<MoneyRequest> {
        let text = self.text(name)?;
        let currency = self.values.get("currency");
        let amount_minor = parse_amount(&text, currency);
        if amount_minor.is_none() {
            self.misread.push((name, self.w.refused_money));
        }
        Some(MoneyRequest { amount_minor, currency: Some(currency.to_owned()) })
    }

    /// A place of which anything is said has to be said whole; the inventory names what lacks.
    fn pickup(&mut self) -> Option<PickupRequest> {
        let place = PickupRequest {
            label: self.text("pickup_label"),
            lat: self.number("pickup_lat"),
            lon: self.number("pickup_lon"),
            time_zone: self.text("pickup_time_zone"),
        };
        let is_said = ["pickup_label", "pickup_lat", "pickup_lon"].iter().any(|name| self.text(name).is_some());
        is_said.then_some(place)
    }
}

fn tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn values(pairs: &[(&'static str, &str)]) -> Values {
        let mut values = Values::default();
        for (name, value) in pairs {
            values.set(name, (*value).to_owned());
        }
        values
    }

    #[test]
    fn what_was_emptied_is_null_and_what_is_not_asked_stays() {
        let form = values(&[("name", "Drill"), ("category", "tools"), ("currency", "EUR"), ("deposit", "10")]);
        let patch = patch(&form.request(Language::English.words()).unwrap(), OfferKind::Lend);
        assert_eq!(patch["daily_price"], Value::Null);
        assert!(patch.as_object().unwrap().contains_key("pickup"));
        assert_eq!(patch["deposit"]["amount_minor"], 1_000);
        assert!(patch.get("status").is_none() && patch.get("price").is_none() && patch.get("offer").is_none());
    }

    #[test]
    fn every_field_that_cannot_be_understood_is_named() {
        let form = values(&[("daily_price", "much"), ("units", "two"), ("currency", "EUR"), ("pickup_lat", "north")]);
        let mut names: Vec<_> =
            form.request(Language::English.words()).unwrap_err().into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["daily_price", "pickup_lat", "units"]);
    }

    #[test]
    fn a_zone_alone_is_no_place() {
        let form = values(&[("pickup_time_zone", "Europe/Vienna")]);
        assert_eq!(form.request(Language::English.words()).unwrap().pickup, None);
    }
}
