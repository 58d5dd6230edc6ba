use std::collections::BTreeMap;

use inventory_api::{Category, OfferKind};

use crate::http::posted::Posted;
use crate::shown::{Choice, Control, Field, shelves};
use crate::words::Language;

/// The fields of an item's form, in no order.
const NAMES: [&str; 20] = [
    "name",
    "category",
    "description",
    "tags",
    "condition",
    "offer",
    "units",
    "daily_price",
    "deposit",
    "max_loan_days",
    "buffer_hours",
    "stock",
    "price",
    "currency",
    "approval",
    "pickup_label",
    "pickup_lat",
    "pickup_lon",
    "pickup_time_zone",
    "status",
];

/// Currencies to choose from; an item in another keeps it.
const CURRENCIES: [&str; 6] = ["EUR", "CHF", "GBP", "USD", "JPY", "SEK"];

/// What stands in the fields of an item's form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values(BTreeMap<&'static str, String>);

/// Fields that belong together.
pub(super) struct Group {
    pub(super) legend: &'static str,
    /// A class of the style sheet, which hides what does not matter to the kind of offer.
    pub(super) class: &'static str,
    pub(super) fields: Vec<Field>,
}

impl Values {
    /// What an empty form shows.
    pub(super) fn new() -> Self {
        let mut values = Self::default();
        let defaults = [
            ("condition", "good"),
            ("offer", "lend"),
            ("units", "1"),
            ("currency", "EUR"),
            ("approval", "auto"),
            ("status", "listed"),
        ];
        for (name, value) in defaults {
            values.set(name, value.to_owned());
        }
        values
    }

    pub(super) fn posted(posted: &Posted) -> Self {
        Self(NAMES.into_iter().map(|name| (name, posted.get(name).to_owned())).collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }

    pub(super) fn kind(&self) -> OfferKind {
        self.get("offer").parse().unwrap_or(OfferKind::Lend)
    }

    /// The form with these values. What becomes of an item is chosen once; `is_new` asks for it, and whether it is seen.
    pub(super) fn groups(&self, language: Language, categories: &[Category], is_new: bool) -> Vec<Group> {
        let mut groups = vec![self.thing(language, categories, is_new)];
        if is_new || self.kind() == OfferKind::Lend {
            groups.push(lend(language));
        }
        if is_new || self.kind() == OfferKind::Sell {
            groups.push(sell(language));
        }
        groups.push(who(language, is_new));
        groups.push(place(language));
        for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
            self.get(field.name).clone_into(&mut field.value);
        }
        groups
    }

    fn thing(&self, language: Language, categories: &[Category], is_new: bool) -> Group {
        let w = language.words();
        let mut choices: Vec<_> =
            shelves(categories).into_iter().map(|shelf| Choice { value: shelf.slug, label: shelf.indented }).collect();
        // So that nothing is lost while the categories cannot be read.
        let chosen = self.get("category");
        if !choices.iter().any(|choice| choice.value == chosen) {
            choices.insert(0, Choice::new(chosen, chosen));
        }
        let conditions = [
            ("new", w.condition_new),
            ("like_new", w.condition_like_new),
            ("good", w.condition_good),
            ("fair", w.condition_fair),
            ("poor", w.condition_poor),
        ];
        let mut fields = vec![
            Field::line("name", w.name).required(),
            Field::new("category", w.category, Control::Select(choices)).required(),
            Field::new("description", w.description, Control::Text),
            Field::new("condition", w.condition, Control::Select(choose(&conditions))),
            Field::line("tags", w.tags).hint(w.tags_hint),
            self.currency(language),
        ];
        if is_new {
            let kinds = choose(&[("lend", w.offer_lend), ("sell", w.offer_sell)]);
            fields.push(Field::new("offer", w.offer_kind, Control::Radios(kinds)));
        }
        Group { legend: w.group_thing, class: "", fields }
    }

    fn currency(&self, language: Language) -> Field {
        let chosen = self.get("currency");
        let others = CURRENCIES.into_iter().filter(|code| *code != chosen);
        let codes = Some(chosen).filter(|code| !code.is_empty()).into_iter().chain(others);
        let choices = codes.map(|code| Choice::new(code, code)).collect();
        Field::new("currency", language.words().currency, Control::Select(choices))
    }
}

fn lend(language: Language) -> Group {
    let w = language.words();
    let fields = vec![
        Field::new("units", w.units, Control::Input("number")),
        Field::line("daily_price", w.daily_price).hint(w.daily_price_hint),
        Field::line("deposit", w.deposit),
        Field::new("max_loan_days", w.max_loan_days, Control::Input("number")),
        Field::new("buffer_hours", w.buffer_hours, Control::Input("number")),
    ];
    Group { legend: w.group_lend, class: "lend", fields }
}

fn sell(language: Language) -> Group {
    let w = language.words();
    let fields =
        vec![Field::new("stock", w.stock, Control::Input("number")), Field::line("price", w.price).hint(w.price_hint)];
    Group { legend: w.group_sell, class: "sell", fields }
}

fn who(language: Language, is_new: bool) -> Group {
    let w = language.words();
    let approvals = choose(&[("auto", w.approval_auto), ("owner", w.approval_me)]);
    let mut fields = vec![Field::new("approval", w.approval, Control::Radios(approvals))];
    if is_new {
        let statuses = choose(&[("listed", w.status_listed), ("draft", w.status_draft)]);
        fields.push(Field::new("status", w.status, Control::Radios(statuses)));
    }
    Group { legend: w.group_who, class: "", fields }
}

fn place(language: Language) -> Group {
    let w = language.words();
    let fields = vec![
        Field::line("pickup_label", w.pickup_label).hint(w.pickup_hint),
        Field::line("pickup_lat", w.latitude),
        Field::line("pickup_lon", w.longitude),
        Field::line("pickup_time_zone", w.time_zone).hint(w.time_zone_hint),
    ];
    Group { legend: w.group_where, class: "", fields }
}

fn choose(pairs: &[(&str, &str)]) -> Vec<Choice> {
    pairs.iter().map(|(value, label)| Choice::new(value, label)).collect()
}
