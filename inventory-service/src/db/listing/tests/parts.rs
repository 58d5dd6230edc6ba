//! What is found in a part of a list is the beginning of what is found in all of it, so that a page is the same wherever it
//! was found.

use super::*;

async fn ids(db: &Db, select: Select<item::Entity>) -> Vec<ItemId> {
    items::load(db.read(), select).await.unwrap().iter().map(|item| item.id).collect()
}

/// Lists that are looked for in parts, each from its beginning and from a place within.
async fn in_parts(db: &Db) -> Vec<Listing> {
    // Where the degrees are narrow there are more items in a circle.
    let near = Near::parse(&mut problem::FieldErrors::default(), "79,0", Some("500"));
    let search = |words: &str| Some(Search::new(words));
    let mut lists = Vec::new();
    for (sort, words, near) in [
        ("-created_at", search("rare"), None),
        ("created_at", search("usual"), None),
        ("-created_at", search("usual"), near),
        ("-created_at", None, near),
        ("created_at", None, near),
        ("relevance", search("usual"), None),
        ("relevance", search("drill 7"), None),
        ("-relevance", search("usual"), None),
        ("distance", None, near),
    ] {
        let first = Listing {
            search: words,
            near,
            sort: sort.parse().unwrap(),
            max_daily_price: Some(70),
            ..newest(Audience::Public)
        };
        let (page, place) = page(db.read(), &first, 3).await.unwrap();
        assert_eq!((page.len(), place.is_some()), (3, true), "{first:?}");
        lists.push(Listing { max_daily_price: None, ..first.clone() });
        lists.push(Listing { after: place.clone(), ..first.clone() });
        lists.push(first);
    }
    lists
}

/// Small parts, which end within the list.
fn shrunk(look: Look) -> Look {
    match look {
        Look::Ahead { rank, .. } => Look::Ahead { rows: 400, rank },
        Look::Within(_) | Look::All => look,
    }
}

#[tokio::test]
async fn a_part_of_a_list_has_the_beginning_of_it() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let (mut found, mut cut) = (0, 0);
        for listing in in_parts(&db).await {
            let question = Question { listing: &listing, subtree: None, closeness: &Closeness::Exact, limit: 500 };
            let whole = ids(&db, select(question, Look::All, db.backend()).unwrap()).await;
            for look in looks(&listing, &Closeness::Exact, db.backend()).into_iter().map(shrunk) {
                let part = ids(&db, select(question, look, db.backend()).unwrap()).await;
                assert!(whole.starts_with(&part), "{look:?} of {listing:?}:\n{part:?}\n{whole:?}");
                found += part.len();
                cut += usize::from(look != Look::All && part.len() < whole.len());
            }
        }
        assert!(found > 1_000 && cut > 3, "found {found}, cut {cut}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_through_the_whole_of_a_list() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        for first in in_parts(&db).await {
            let question = Question { listing: &first, subtree: None, closeness: &Closeness::Exact, limit: 5_000 };
            let whole = ids(&db, select(question, Look::All, db.backend()).unwrap()).await;
            let (mut listing, mut walked) = (first.clone(), Vec::new());
            loop {
                let (page, next) = page(db.read(), &listing, 700).await.unwrap();
                walked.extend(page.iter().map(|item| item.id));
                listing.after = next;
                if listing.after.is_none() {
                    break;
                }
            }
            assert!(walked == whole, "{first:?}: {} of {}", walked.len(), whole.len());
        }
        db.close().await.unwrap();
    })
    .await;
}
