use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use inventory_api::{CreateCategoryRequest, ReplaceCategoryRequest};
use problem::{FieldErrors, Problem};
use vocabulary::CategoryId;

use super::slug::Slug;
use super::text;

/// Characters of a category's name.
pub(crate) const LONGEST_NAME: usize = 80;

/// A kind of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) id: CategoryId,
    pub(crate) slug: Slug,
    pub(crate) name: String,
    pub(crate) parent_id: Option<CategoryId>,
    pub(crate) version: i64,
}

/// What an item remembers of its category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CategoryRef {
    pub(crate) id: CategoryId,
    pub(crate) slug: Slug,
}

/// A category to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewCategory {
    pub(crate) slug: Slug,
    pub(crate) name: String,
    pub(crate) parent_id: Option<CategoryId>,
}

/// All categories, by slug: there are few enough to look at all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Categories(BTreeMap<Slug, Category>);

impl Categories {
    pub(crate) fn get(&self, slug: &str) -> Option<&Category> {
        // No other text can be a key, so what is no slug is not found either.
        let slug: Slug = slug.parse().ok()?;
        self.0.get(&slug)
    }

    pub(crate) fn insert(&mut self, category: Category) {
        self.0.insert(category.slug.clone(), category);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Category> {
        self.0.values()
    }

    /// As many as a page has, from behind this slug on, and the last of them if others follow.
    pub(crate) fn page(&self, after: Option<&Slug>, limit: u64) -> (Vec<&Category>, Option<&Slug>) {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut rest = self.0.range::<Slug, _>(behind).map(|(_, category)| category);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        let last = page.last().map(|category| &category.slug);
        (page, last.filter(|_| rest.next().is_some()))
    }

    pub(crate) fn slug_of(&self, id: CategoryId) -> Option<&Slug> {
        self.iter().find(|category| category.id == id).map(|category| &category.slug)
    }

    /// A category and all that belong to it, directly or not.
    pub(crate) fn subtree(&self, root: CategoryId) -> Vec<CategoryId> {
        let mut found = vec![root];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            let children = self.iter().filter(|child| child.parent_id == Some(parent)).map(|child| child.id);
            // A circle cannot be made; should one be there all the same, it is walked once.
            let new: Vec<_> = children.filter(|child| !found.contains(child)).collect();
            found.extend(new);
            next += 1;
        }
        found
    }
}

/// All categories, and how much is listed in each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) categories: Categories,
    /// Listed items of each category itself; those without any are left out.
    pub(crate) listed: HashMap<CategoryId, u64>,
}

impl Tree {
    /// Listed items of a category and of all that belong to it.
    pub(crate) fn listed_below(&self, root: CategoryId) -> u64 {
        self.categories.subtree(root).iter().filter_map(|id| self.listed.get(id)).sum()
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        Self(categories.into_iter().map(|category| (category.slug.clone(), category)).collect())
    }
}

impl NewCategory {
    /// Reads a request.
    ///
    /// # Errors
    /// 422 with every bad field.
    pub(crate) fn parse(request: &CreateCategoryRequest, all: &Categories) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let name = name(&mut errors, request.name.as_deref());
        let parent_id = parent(&mut errors, request.parent.as_deref(), all);
        let slug = match (request.slug.as_deref(), &name) {
            (Some(text), _) => errors.parsed("/slug", "malformed", text.parse()),
            (None, Some(name)) => {
                let made = Slug::of_name(name);
                if made.is_none() {
                    errors.refuse("/slug", "required", "The name has no letters or digits to make a slug from.");
                }
                made
            }
            (None, None) => None,
        };
        errors.finish(slug.zip(name).map(|(slug, name)| Self { slug, name, parent_id }))
    }
}

impl Category {
    /// The category as a request wants it from now on.
    ///
    /// # Errors
    /// 422 with every bad field; a parent within the category's own subtree is one.
    pub(crate) fn replaced(self, request: &ReplaceCategoryRequest, all: &Categories) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let name = name(&mut errors, request.name.as_deref());
        let parent_id = parent(&mut errors, request.parent.as_deref(), all);
        if parent_id.is_some_and(|parent| all.subtree(self.id).contains(&parent)) {
            errors.refuse("/parent", "circular", "A category cannot belong to itself or to one of its own.");
        }
        errors.finish(name.map(|name| Self { name, parent_id, version: self.version + 1, ..self }))
    }

    pub(crate) fn as_ref(&self) -> CategoryRef {
        CategoryRef { id: self.id, slug: self.slug.clone() }
    }
}

fn name(errors: &mut FieldErrors, text: Option<&str>) -> Option<String> {
    let text = errors.required("/name", text)?;
    text::line(text, LONGEST_NAME).map_err(|error| error.note(errors, "/name")).ok()
}

fn parent(errors: &mut FieldErrors, slug: Option<&str>, all: &Categories) -> Option<CategoryId> {
    let found = all.get(slug?).map(|category| category.id);
    if found.is_none() {
        errors.refuse("/parent", "unknown_category", "There is no category with this slug.");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn tree(edges: &[(u128, Option<u128>)]) -> Categories {
        let id = |number| CategoryId::new(Uuid::from_u128(number));
        let category = |(number, parent): &(u128, Option<u128>)| Category {
            id: id(*number),
            slug: format!("c{number}").parse().unwrap(),
            name: format!("C {number}"),
            parent_id: parent.map(id),
            version: 1,
        };
        edges.iter().map(category).collect()
    }

    fn below(all: &Categories, slug: &str) -> Vec<u128> {
        all.subtree(all.get(slug).unwrap().id).iter().map(|id| id.uuid().as_u128()).collect()
    }

    #[test]
    fn a_subtree_is_a_category_with_all_below_it() {
        let all = tree(&[(1, None), (2, Some(1)), (3, Some(2)), (4, None)]);
        assert_eq!(below(&all, "c1"), [1, 2, 3]);
        assert_eq!(below(&all, "c2"), [2, 3]);
        assert_eq!(below(&all, "c4"), [4]);
    }

    #[test]
    fn a_circle_is_walked_once() {
        assert_eq!(below(&tree(&[(1, Some(2)), (2, Some(1))]), "c1"), [1, 2]);
    }

    #[test]
    fn a_category_cannot_move_below_itself() {
        let all = tree(&[(1, None), (2, Some(1)), (3, Some(2)), (4, None)]);
        let moved = |parent: &str| {
            let request = ReplaceCategoryRequest { name: Some("C".to_owned()), parent: Some(parent.to_owned()) };
            all.get("c1").unwrap().clone().replaced(&request, &all)
        };
        assert_eq!(moved("c4").unwrap().version, 2);
        for parent in ["c1", "c2", "c3", "c9", "no slug"] {
            assert_eq!(moved(parent).unwrap_err().errors()[0].pointer, "/parent", "{parent}");
        }
    }

    #[test]
    fn a_slug_is_made_from_the_name_unless_it_is_given() {
        let parse = |name: &str, slug: Option<&str>| {
            let slug = slug.map(ToOwned::to_owned);
            let request = CreateCategoryRequest { name: Some(name.to_owned()), slug, parent: None };
            NewCategory::parse(&request, &Categories::default()).map(|new| new.slug.to_string())
        };
        assert_eq!(parse("Power tools", None).unwrap(), "power-tools");
        assert_eq!(parse("Power tools", Some("tools")).unwrap(), "tools");
        assert_eq!(parse("!", None).unwrap_err().errors()[0].pointer, "/slug");
        assert_eq!(parse("Power tools", Some("Tools")).unwrap_err().errors()[0].pointer, "/slug");
    }
}
