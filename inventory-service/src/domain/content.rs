use inventory_api::{Approval, Condition, CreateItemRequest, ItemStatus};
use problem::{FieldErrors, Problem};

use super::category::{Categories, CategoryRef};
use super::offer::Terms;
use super::pickup::Pickup;
use super::text;
use super::words::fold;

/// Characters of an item's name.
pub(crate) const LONGEST_NAME: usize = 120;
/// Characters of an item's description: about four pages.
const LONGEST_DESCRIPTION: usize = 10_000;
/// Characters of a tag.
const LONGEST_TAG: usize = 40;
const MOST_TAGS: usize = 20;

/// What an owner says of an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ItemContent {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: CategoryRef,
    /// Each once, in the owner's order.
    pub(crate) tags: Vec<String>,
    pub(crate) condition: Condition,
    pub(crate) terms: Terms,
    pub(crate) approval: Approval,
    pub(crate) pickup: Option<Pickup>,
    pub(crate) status: ItemStatus,
}

impl ItemContent {
    /// Reads a request; what it leaves out gets its default.
    ///
    /// # Errors
    /// 422 with every bad field.
    pub(crate) fn parse(request: &CreateItemRequest, categories: &Categories) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let name = name(&mut errors, request);
        let category = category(&mut errors, request, categories);
        let description = description(&mut errors, request);
        let tags = tags(&mut errors, request.tags.as_deref().unwrap_or_default());
        let condition = word(&mut errors, "/condition", request.condition.as_deref(), Condition::Good);
        let terms = Terms::parse(&mut errors, request);
        let approval = word(&mut errors, "/approval", request.approval.as_deref(), Approval::Auto);
        let pickup = request.pickup.as_ref().map(|place| Pickup::parse(&mut errors, place));
        let status = status(&mut errors, request);
        let content = || {
            Some(Self {
                name: name?,
                description: description?,
                category: category?,
                tags,
                condition: condition?,
                terms: terms?,
                approval: approval?,
                pickup: pickup.flatten(),
                status: status?,
            })
        };
        errors.finish(content())
    }

    /// What lists are ordered by name by. One letter can fold to eighteen, and PostgreSQL indexes no row above 2,704
    /// bytes, so the key is cut; equal keys are ordered by id.
    pub(crate) fn name_key(&self) -> String {
        fold(&self.name).chars().take(LONGEST_NAME).collect()
    }

    /// What an owner would send to say the same: the document of PUT, into which a PATCH merges.
    pub(crate) fn document(&self) -> CreateItemRequest {
        let mut request = CreateItemRequest {
            name: Some(self.name.clone()),
            category: Some(self.category.slug.to_string()),
            description: Some(self.description.clone()),
            tags: Some(self.tags.clone()),
            condition: Some(self.condition.as_str().to_owned()),
            approval: Some(self.approval.as_str().to_owned()),
            pickup: self.pickup.as_ref().map(Pickup::document),
            status: Some(self.status.as_str().to_owned()),
            ..CreateItemRequest::default()
        };
        self.terms.write(&mut request);
        request
    }
}

fn name(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<String> {
    let text = errors.required("/name", request.name.as_deref())?;
    text::line(text, LONGEST_NAME).map_err(|error| error.note(errors, "/name")).ok()
}

fn description(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<String> {
    let text = request.description.as_deref().unwrap_or_default();
    text::paragraphs(text, LONGEST_DESCRIPTION).map_err(|error| error.note(errors, "/description")).ok()
}

fn category(errors: &mut FieldErrors, request: &CreateItemRequest, categories: &Categories) -> Option<CategoryRef> {
    let slug = errors.required("/category", request.category.as_deref())?;
    let found = categories.get(slug);
    if found.is_none() {
        errors.refuse("/category", "unknown_category", "There is no category with this slug; /categories lists them.");
    }
    found.map(super::category::Category::as_ref)
}

/// The tags without repetitions; empty when one was refused, which is noted.
fn tags(errors: &mut FieldErrors, given: &[String]) -> Vec<String> {
    if given.len() > MOST_TAGS {
        errors.refuse("/tags", "too_many", format!("An item has at most {MOST_TAGS} tags."));
        return Vec::new();
    }
    let mut tags = Vec::with_capacity(given.len());
    for (index, tag) in given.iter().enumerate() {
        match text::line(tag, LONGEST_TAG) {
            Ok(tag) if tags.contains(&tag) => {}
            Ok(tag) => tags.push(tag),
            Err(error) => error.note(errors, &format!("/tags/{index}")),
        }
    }
    tags
}

fn status(errors: &mut FieldErrors, request: &CreateItemRequest) -> Option<ItemStatus> {
    word(errors, "/status", request.status.as_deref(), ItemStatus::Listed).filter(|status| {
        let retires = *status == ItemStatus::Retired;
        if retires {
            errors.refuse("/status", "unknown_value", "It has to be draft, listed or paused; DELETE retires an item.");
        }
        !retires
    })
}

fn word<T>(errors: &mut FieldErrors, pointer: &str, text: Option<&str>, default: T) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    match text {
        None => Some(default),
        Some(text) => errors.parsed(pointer, "unknown_value", text.parse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::category::Category;
    use vocabulary::CategoryId;

    fn tools() -> Categories {
        let category = Category {
            id: CategoryId::new(uuid::Uuid::from_u128(1)),
            slug: "tools".parse().unwrap(),
            name: "Tools".to_owned(),
            parent_id: None,
            version: 1,
        };
        Categories::from_iter([category])
    }

    fn parse(json: &serde_json::Value) -> Result<ItemContent, Vec<String>> {
        let request: CreateItemRequest = serde_json::from_value(json.clone()).unwrap();
        let pointers = |problem: Problem| problem.errors().iter().map(|error| error.pointer.clone()).collect();
        ItemContent::parse(&request, &tools()).map_err(pointers)
    }

    #[test]
    fn a_name_and_a_category_are_enough() {
        let content = parse(&serde_json::json!({ "name": " Drill ", "category": "tools" })).unwrap();
        assert_eq!(content.name, "Drill");
        assert_eq!(content.status, ItemStatus::Listed);
        assert_eq!(content.condition, Condition::Good);
        assert_eq!(content.approval, Approval::Auto);
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let bad = serde_json::json!({
            "name": "\u{0}", "category": "toys", "description": "\u{202e}", "tags": ["ok", ""], "condition": "broken",
            "offer": "rent", "approval": "maybe", "pickup": { "label": "x" }, "status": "retired",
        });
        let expected = [
            "/name",
            "/category",
            "/description",
            "/tags/1",
            "/condition",
            "/offer",
            "/approval",
            "/pickup/lat",
            "/pickup/lon",
            "/pickup/time_zone",
            "/status",
        ];
        assert_eq!(parse(&bad).unwrap_err(), expected);
        assert_eq!(parse(&serde_json::json!({})).unwrap_err(), ["/name", "/category"]);
    }

    #[test]
    fn tags_are_kept_once_and_counted() {
        let tagged = |tags: &[&str]| parse(&serde_json::json!({ "name": "D", "category": "tools", "tags": tags }));
        assert_eq!(tagged(&["diy", " diy ", "wood"]).unwrap().tags, ["diy", "wood"]);
        assert_eq!(tagged(&["t"; 21]).unwrap_err(), ["/tags"]);
    }

    #[test]
    fn content_survives_the_way_through_its_document() {
        let content = parse(&serde_json::json!({
            "name": "Drill", "category": "tools", "description": "a\nb", "tags": ["x"], "condition": "like_new",
            "units": 3, "daily_price": { "amount_minor": 450, "currency": "CHF" }, "max_loan_days": 7,
            "approval": "owner", "status": "paused",
            "pickup": { "label": "Shed", "lat": 48.2, "lon": 16.37, "time_zone": "Europe/Vienna" },
        }))
        .unwrap();
        assert_eq!(ItemContent::parse(&content.document(), &tools()).unwrap(), content);
    }
}
