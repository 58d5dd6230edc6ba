use inventory_api::Category;

use super::Look;

/// A category in its place of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    pub(crate) slug: String,
    pub(crate) name: String,
    /// The slug it belongs to; empty at the top.
    pub(crate) parent: String,
    /// The name behind as many dashes as there are categories above it.
    pub(crate) indented: String,
    pub(crate) version: i64,
    pub(crate) look: Look,
}

/// All categories, each after the one it belongs to.
pub(crate) fn shelves(categories: &[Category]) -> Vec<Shelf> {
    let mut all = Vec::with_capacity(categories.len());
    below(None, 0, categories, &mut all);
    all
}

fn below(parent: Option<&str>, depth: usize, categories: &[Category], all: &mut Vec<Shelf>) {
    // Categories come as a tree; should they ever come as a ring, this ends.
    if all.len() >= categories.len() {
        return;
    }
    for category in categories.iter().filter(|category| category.parent.as_deref() == parent) {
        all.push(Shelf {
            slug: category.slug.clone(),
            name: category.name.clone(),
            parent: category.parent.clone().unwrap_or_default(),
            indented: format!("{}{}", "– ".repeat(depth), category.name),
            version: category.version,
            look: Look::of(&category.slug),
        });
        below(Some(&category.slug), depth + 1, categories, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn children_follow_their_parents() {
        let category = |slug: &str, parent: Option<&str>| -> Category {
            let wire = json!({ "slug": slug, "name": slug, "parent": parent, "items": 0, "version": 1 });
            serde_json::from_value(wire).unwrap()
        };
        let all = [category("b", None), category("c", Some("a")), category("a", None), category("d", Some("c"))];
        let names: Vec<_> = shelves(&all).into_iter().map(|shelf| shelf.indented).collect();
        assert_eq!(names, ["b", "a", "– c", "– – d"]);
    }
}
