use chrono::{DateTime, NaiveDate, Utc};
use inventory_api::{Item, ItemStatus, OfferKind};
use serde::Deserialize;
use vocabulary::Money;

use crate::http::visit::Visit;
use crate::shown::{Control, Field, LoanDays, amount, day, day_count, zone};
use crate::words::{Language, Words};

/// What somebody would like to have, as an address or a form says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Wanted {
    pub(in crate::http) from: String,
    pub(in crate::http) to: String,
    pub(in crate::http) units: String,
}

/// What was understood of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Choice {
    /// None for what is sold or given.
    pub(in crate::http) days: Option<LoanDays>,
    pub(in crate::http) units: u32,
}

/// A field that cannot be understood, with why.
pub(in crate::http) type Misread = (&'static str, &'static str);

/// The form in which days or pieces are chosen.
pub(super) struct Borrow {
    pub(super) fields: Vec<Field>,
    pub(super) heading: &'static str,
    pub(super) lent: bool,
    pub(super) wanted: Wanted,
    pub(super) priced: Option<Priced>,
}

/// What the choice costs.
pub(super) struct Priced {
    pub(super) days: String,
    pub(super) total: String,
    pub(super) deposit: Option<String>,
}

impl Wanted {
    /// What is wanted of this item.
    ///
    /// # Errors
    /// The fields that cannot be understood, or that this item is not lent for.
    pub(in crate::http) fn of(
        &self,
        item: &Item,
        now: DateTime<Utc>,
        w: &'static Words,
    ) -> Result<Choice, Vec<Misread>> {
        let mut misread = Vec::new();
        let units = match self.units.trim() {
            "" => Some(1),
            text => text.parse().ok().filter(|units| *units > 0),
        };
        if units.is_none() {
            misread.push(("units", w.orders.units_unreadable));
        }
        let days = (item.offer == OfferKind::Lend).then(|| self.days(item, now, w)).transpose();
        match (units, days) {
            (Some(units), Ok(days)) => Ok(Choice { days, units }),
            (_, days) => Err(misread.into_iter().chain(days.err()).collect()),
        }
    }

    fn days(&self, item: &Item, now: DateTime<Utc>, w: &'static Words) -> Result<LoanDays, Misread> {
        let date = |text: &str| text.trim().parse::<NaiveDate>();
        let first = date(&self.from).map_err(|_| ("from", w.orders.days_unreadable))?;
        let last = date(&self.to).map_err(|_| ("to", w.orders.days_unreadable))?;
        let days = LoanDays { first, last };
        if first < now.with_timezone(&zone(item)).date_naive() {
            return Err(("from", w.orders.days_past));
        }
        if last < first {
            return Err(("to", w.orders.days_backwards));
        }
        match item.max_loan_days {
            Some(most) if days.count() > i64::from(most) => Err(("to", w.orders.too_many_days)),
            _ => Ok(days),
        }
    }
}

impl Borrow {
    /// The form for this item with what was chosen so far; none where there is nothing to choose.
    pub(super) async fn of(visit: &Visit, item: &Item, wanted: Wanted) -> Option<Self> {
        let yours = visit.visitor.session().is_some_and(|session| session.user_id == item.owner_id);
        if item.status != ItemStatus::Listed || yours || item.stock == Some(0) {
            return None;
        }
        let w = visit.lang.words();
        let lent = item.offer == OfferKind::Lend;
        let mut borrow = Self {
            fields: fields(item, &wanted, w),
            heading: if lent { w.orders.choose_days } else { w.orders.buy_it },
            lent,
            wanted,
            priced: None,
        };
        if lent && !borrow.wanted.from.is_empty() {
            borrow.price(visit, item).await;
        }
        Some(borrow)
    }

    async fn price(&mut self, visit: &Visit, item: &Item) {
        let choice = match self.wanted.of(item, visit.web.clock.now(), visit.lang.words()) {
            Ok(choice) => choice,
            Err(misread) => return misread.into_iter().for_each(|(name, why)| self.refuse(name, why.to_owned())),
        };
        let Some(days) = choice.days else { return };
        if let Some(taken) = taken(visit, item, days, choice.units).await {
            let why = visit.lang.words().orders.not_free_then;
            return self.refuse("from", format!("{why} {taken}."));
        }
        self.priced = Some(priced(visit.lang, item, days, choice.units));
    }

    fn refuse(&mut self, name: &str, why: String) {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.error = Some(why);
        }
    }
}

fn fields(item: &Item, wanted: &Wanted, w: &'static Words) -> Vec<Field> {
    let date = |name, label, value: &str| Field::new(name, label, Control::Input("date")).required().value(value);
    let mut fields = Vec::new();
    if item.offer == OfferKind::Lend {
        fields.push(date("from", w.fetch_on, &wanted.from));
        fields.push(date("to", w.bring_back_on, &wanted.to));
    }
    if item.units.or(item.stock).is_some_and(|units| units > 1) {
        let units = if wanted.units.is_empty() { "1" } else { &wanted.units };
        fields.push(Field::new("units", w.orders.how_many_units, Control::Input("number")).required().value(units));
    }
    fields
}

/// The days on which not so many units are free. While that cannot be asked, none: the cart asks again.
async fn taken(visit: &Visit, item: &Item, days: LoanDays, units: u32) -> Option<String> {
    let end = days.last.succ_opt()?;
    let span = Some((days.first.to_string(), end.to_string()));
    let known = visit.web.inventory.availability(item.id, span, &visit.asking).await;
    let known = known.inspect_err(|error| tracing::warn!(error = %error, "days are priced without being asked for"));
    let taken = known.ok()?.days.into_iter().filter(|known| known.free < units);
    let taken: Vec<_> = taken.map(|known| day(visit.lang, known.date)).collect();
    (!taken.is_empty()).then(|| taken.join(", "))
}

fn priced(language: Language, item: &Item, days: LoanDays, units: u32) -> Priced {
    let times = |money: Money, factor: i64| Money {
        amount_minor: money.amount_minor.saturating_mul(factor).saturating_mul(i64::from(units)),
        ..money
    };
    let price = item.daily_price.filter(|price| price.amount_minor > 0);
    Priced {
        days: day_count(language, days.count()),
        total: price.map_or_else(
            || language.words().free_of_charge.to_owned(),
            |price| amount(language, times(price, days.count())),
        ),
        deposit: item.deposit.map(|deposit| amount(language, times(deposit, 1))),
    }
}
