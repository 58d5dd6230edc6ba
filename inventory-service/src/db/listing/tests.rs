//! Every list is read through an index: the plans of both databases say so.

mod parts;

use chrono::DateTime;
use sea_orm::Statement;
use service_kit::clock::Clock;
use service_kit::db::{DatabaseSettings, Db};
use test_kit::on_every_database;
use vocabulary::{ItemId, Secret, UserId};

use super::*;
use crate::db::Migrator;
use crate::db::schedules;
use crate::domain::category::{Categories, Category};
use crate::domain::content::ItemContent;
use crate::domain::days::Days;
use crate::domain::sort::Sort;
use crate::domain::words::Search;

const ITEMS: u32 = 3_000;
const OWNERS: u32 = 50;

/// A database with enough rows for an index to be worth it, and the statistics that say so.
async fn filled(url: &str) -> Db {
    let settings = DatabaseSettings { url: Secret::new(url), max_connections: 2 };
    let db = Db::open::<Migrator>(&settings).await.unwrap();
    let (clock, _hands) = Clock::manual(DateTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000));
    let tx = db.begin().await.unwrap();
    let mut all = Categories::default();
    for number in 0..10 {
        let slug: Slug = format!("category-{number}").parse().unwrap();
        let category = Category { id: clock.new_id(), name: slug.to_string(), slug, parent_id: None, version: 1 };
        categories::insert(&tx, &category, clock.now()).await.unwrap();
        all.insert(category);
    }
    let made: Vec<Item> = (0..ITEMS).map(|number| item(number, &clock, &all)).collect();
    for some in made.chunks(500) {
        items::insert(&tx, some).await.unwrap();
    }
    tx.commit().await.unwrap();
    settle(&db).await;
    db
}

/// Statistics, and on PostgreSQL what waits beside a GIN index put into it, as autovacuum would do.
async fn settle(db: &Db) {
    let statement = if db.backend() == DbBackend::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    db.read().execute_unprepared(statement).await.unwrap();
}

fn item(number: u32, clock: &Clock, all: &Categories) -> Item {
    let rare = if number.is_multiple_of(500) { "rare" } else { "usual" };
    let request = serde_json::json!({
        "name": format!("Drill {number} {rare}"), "category": format!("category-{}", number % 10),
        "tags": ["common", rare], "description": "long enough to make rows wide ".repeat(5),
        "daily_price": { "amount_minor": number % 100, "currency": "EUR" },
        "pickup": { "label": "Shed", "time_zone": "UTC",
            "lat": f64::from(number * 37 % 1600) / 10.0 - 80.0, "lon": f64::from(number * 61 % 3600) / 10.0 - 180.0 },
    });
    let content = ItemContent::parse(&serde_json::from_value(request).unwrap(), all).unwrap();
    Item::new(clock.new_id(), owner(number % OWNERS), content, clock.now())
}

fn owner(number: u32) -> UserId {
    UserId::new(uuid::Uuid::from_u128(number.into()))
}

/// The statements of a page of 20, one for each look.
fn of_page(
    db: &Db,
    listing: &Listing,
    subtree: Option<&[CategoryId]>,
    closeness: &Closeness,
) -> Vec<Select<item::Entity>> {
    let question = Question { listing, subtree, closeness, limit: 21 };
    let looks = looks(listing, closeness, db.backend()).into_iter();
    looks.map(|look| select(question, look, db.backend()).unwrap()).collect()
}

/// The statement that looks at everything, of a page of 20.
fn of_all(db: &Db, listing: &Listing, closeness: &Closeness) -> Select<item::Entity> {
    of_page(db, listing, None, closeness).pop().unwrap()
}

/// How the database would answer. PostgreSQL is told that a scan is dear: these tables are so small that reading one whole
/// is at times the cheapest, and what matters is that there is another way.
async fn plan<E: EntityTrait>(db: &Db, select: Select<E>) -> String {
    let Statement { sql, values, db_backend } = select.build(db.backend());
    let on_postgres = db_backend == DbBackend::Postgres;
    let (explain, column) = if on_postgres { ("EXPLAIN ", "QUERY PLAN") } else { ("EXPLAIN QUERY PLAN ", "detail") };
    let tx = db.begin().await.unwrap();
    if on_postgres {
        tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
    }
    let rows = tx.query_all_raw(Statement { sql: format!("{explain}{sql}"), values, db_backend }).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap() + "\n").collect()
}

/// The tables that have a row for each item.
const BIG: [&str; 2] = ["items", "item_words"];

fn reads_all_items(plan: &str) -> bool {
    let read_whole = BIG.map(|table| [format!("Seq Scan on {table}"), format!("SCAN {table}")]);
    read_whole.as_flattened().iter().any(|scan| plan.contains(scan))
}

/// Whether what a search finds is put in order, and cut, before anything is looked up in `items`.
fn looks_up_a_page(plan: &str) -> bool {
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '-', '>']).len();
    let lines: Vec<&str> = plan.lines().collect();
    match lines.iter().position(|line| line.contains("Limit")) {
        Some(limit) => {
            let below = lines[limit + 1..].iter().take_while(|line| depth(line) > depth(lines[limit]));
            below.clone().any(|line| line.contains("item_words"))
                && !below.clone().any(|line| line.contains(" on items"))
        }
        // SQLite does not say where it cuts; rows are put in order once before, and the page once more.
        None => plan.matches("TEMP B-TREE FOR ORDER BY").count() == 2,
    }
}

/// Pages of such a plan cost more the more items there are: all are put in order to show a few.
fn orders_all_items(plan: &str) -> bool {
    plan.contains("Sort") || plan.contains("TEMP B-TREE FOR ORDER BY")
}

/// A booking of every item, which has one unit. Ids are those of the item: what matters is how many rows there are.
async fn book_everything(db: &Db) {
    let tx = db.begin().await.unwrap();
    for statement in [
        "INSERT INTO units (id, item_id, position, label, condition, out_of_service, version, created_at, updated_at)
            SELECT id, id, 1, '1', 'good', FALSE, 1, created_at, created_at FROM items",
        "INSERT INTO reservations (id, item_id, units, starts_at, ends_at, state, version, created_at, updated_at)
            SELECT id, id, 1, created_at, '2028-01-01T00:00:00+00:00', 'confirmed', 1, created_at, created_at FROM items",
        "INSERT INTO bookings (reservation_id, unit_id, item_id, starts_at, blocked_until, state)
            SELECT id, id, id, created_at, '2028-01-01T00:00:00+00:00', 'confirmed' FROM items",
    ] {
        tx.execute_unprepared(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
    settle(db).await;
}

async fn without_index(db: &Db, name: &str) {
    let tx = db.begin().await.unwrap();
    tx.execute_unprepared(&format!("DROP INDEX {name}")).await.unwrap();
    tx.commit().await.unwrap();
}

fn newest(audience: Audience) -> Listing {
    Listing::all(audience)
}

/// Every list on its own: its name, the list, and the subtree that its category stands for.
fn lists(some: &Item, subtree: &[CategoryId]) -> Vec<(String, Listing, Option<Vec<CategoryId>>)> {
    let public = || newest(Audience::Public);
    let mut lists = Vec::new();
    for text in ["created_at", "-created_at", "name", "-name", "daily_price", "-daily_price"] {
        let sort: Sort = text.parse().unwrap();
        let after = Some(match sort.key {
            SortKey::CreatedAt => Place::CreatedAt(some.id),
            SortKey::Name => Place::Name("drill 2".to_owned(), some.id),
            _ => Place::DailyPrice(50, some.id),
        });
        lists.push((format!("first page by {text}"), Listing { sort, ..public() }, None));
        lists.push((format!("later page by {text}"), Listing { sort, after, ..public() }, None));
    }
    let later = || Listing { after: Some(Place::CreatedAt(some.id)), ..public() };
    lists.push(("a category".to_owned(), later(), Some(subtree[..1].to_vec())));
    lists.push(("a subtree".to_owned(), later(), Some(subtree[..3].to_vec())));
    lists.push(("an owner's".to_owned(), Listing { owner: Some(some.owner_id), ..later() }, None));
    lists.push(("one's own".to_owned(), Listing { owner: Some(some.owner_id), ..newest(Audience::Owner) }, None));
    for tag in ["rare", "common"] {
        lists.push((format!("the {tag} tag"), Listing { tag: Some(tag.to_owned()), ..later() }, None));
    }
    let near = Near::parse(&mut problem::FieldErrors::default(), "48.2,16.4", Some("100"));
    let by_distance = || Listing { near, sort: "distance".parse().unwrap(), ..public() };
    lists.push(("near".to_owned(), Listing { near, ..public() }, None));
    lists.push(("nearest".to_owned(), by_distance(), None));
    let far_and_wide = Near::parse(&mut problem::FieldErrors::default(), "48.2,16.4", Some("500"));
    lists.push(("far and wide".to_owned(), Listing { near: far_and_wide, ..by_distance() }, None));
    lists.push(("the newest far and wide".to_owned(), Listing { near: far_and_wide, ..later() }, None));
    let far = Some(Place::Distance(1e-4_f64.to_bits(), some.id));
    lists.push(("a later page of the nearest".to_owned(), Listing { after: far, ..by_distance() }, None));
    lists.push(("the cheap".to_owned(), Listing { max_daily_price: Some(1), ..public() }, None));
    let relevant =
        || Listing { search: Some(Search::new("drill rare")), sort: "relevance".parse().unwrap(), ..public() };
    lists.push(("the most relevant".to_owned(), relevant(), None));
    let after = Some(Place::Relevance(0, some.id));
    lists.push(("a later page of the most relevant".to_owned(), Listing { after, ..relevant() }, None));
    lists.push(("the most relevant of a subtree".to_owned(), relevant(), Some(subtree[..3].to_vec())));
    let tagged = Listing { tag: Some("rare".to_owned()), ..relevant() };
    lists.push(("the most relevant with a tag".to_owned(), tagged, None));
    lists.push(("the most relevant nearby".to_owned(), Listing { near, ..relevant() }, None));
    lists.push(("the most relevant of the cheap".to_owned(), Listing { max_daily_price: Some(1), ..relevant() }, None));
    lists.push(("the nearest that is found".to_owned(), Listing { search: relevant().search, ..by_distance() }, None));
    for words in ["rare", "rar", "drill 77"] {
        lists.push((format!("search for {words}"), Listing { search: Some(Search::new(words)), ..public() }, None));
    }
    lists
}

#[tokio::test]
async fn every_list_is_read_through_an_index() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let all = categories::all(db.read()).await.unwrap();
        let subtree: Vec<_> = all.iter().map(|category| category.id).collect();
        let (some, _) = page(db.read(), &newest(Audience::Public), 1).await.unwrap();
        for (name, listing, subtree) in lists(&some[0], &subtree) {
            for look in of_page(&db, &listing, subtree.as_deref(), &Closeness::Exact) {
                let plan = plan(&db, look).await;
                assert!(!reads_all_items(&plan), "{name}:\n{plan}");
            }
        }
        db.close().await.unwrap();
    })
    .await;
}

/// Searches that are narrowed and ordered beside the words they find.
fn searches(some: &Item) -> Vec<Listing> {
    let search = |words: &str, sort: &str| {
        let listing = newest(Audience::Public);
        Listing { search: Some(Search::new(words)), sort: sort.parse().unwrap(), ..listing }
    };
    let later = Some(Place::Relevance(1, some.id));
    vec![
        search("rare", "relevance"),
        search("drill 77", "relevance"),
        Listing { after: later, ..search("rare", "relevance") },
        Listing { owner: Some(some.owner_id), ..search("rare", "relevance") },
        search("rare", "name"),
        search("rare", "-created_at"),
        search("dri", "-created_at"),
        Listing { after: Some(Place::CreatedAt(some.id)), ..search("rare", "-created_at") },
    ]
}

#[tokio::test]
async fn what_a_search_finds_is_ranked_before_a_page_of_it_is_looked_up() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let (some, _) = page(db.read(), &newest(Audience::Public), 1).await.unwrap();
        let by_words = if db.backend() == DbBackend::Postgres { "item_words_search" } else { "VIRTUAL TABLE INDEX" };
        for listing in searches(&some[0]) {
            // Ids are read in their order, so SQLite's plan does not tell where it cuts them.
            let is_told = db.backend() == DbBackend::Postgres || listing.sort.key != SortKey::CreatedAt;
            for look in of_page(&db, &listing, None, &Closeness::Exact) {
                let plan = plan(&db, look).await;
                assert!(looks_up_a_page(&plan) || !is_told, "{listing:?}:\n{plan}");
            }
            let plan = plan(&db, of_all(&db, &listing, &Closeness::Exact)).await;
            assert!(plan.contains(by_words), "{listing:?}:\n{plan}");
        }
        // Where the price decides, everything that is found has to be looked up: the check would notice.
        let cheap = Listing { max_daily_price: Some(99), ..searches(&some[0]).remove(0) };
        let plan = plan(&db, of_all(&db, &cheap, &Closeness::Exact)).await;
        assert!(!looks_up_a_page(&plan), "{plan}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_search_with_an_error_is_read_through_an_index() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let postgres = db.backend() == DbBackend::Postgres;
        for (words, index) in [("rarre", "item_words_similar"), ("drill 77", "item_words_search")] {
            let search = Search::new(words);
            let similar = search::similar(db.read(), &search).await.unwrap();
            let listing = Listing { search: Some(search), ..newest(Audience::Public) };
            let plan = plan(&db, of_all(&db, &listing, &similar)).await;
            let index = if postgres { index } else { "VIRTUAL TABLE INDEX" };
            assert!(!reads_all_items(&plan) && plan.contains(index), "{words}:\n{plan}");
        }
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_list_without_an_index_would_be_noticed() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let by_condition = item::Entity::find().filter(item::Column::Condition.eq("poor"));
        let plan = plan(&db, by_condition).await;
        assert!(reads_all_items(&plan), "{plan}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_page_in_an_order_is_read_in_that_order() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let (some, _) = page(db.read(), &newest(Audience::Public), 1).await.unwrap();
        let by_order = lists(&some[0], &[some[0].content.category.id; 3]).into_iter();
        for (name, listing, _) in by_order.filter(|(name, ..)| name.contains("page by")) {
            let plan = plan(&db, of_all(&db, &listing, &Closeness::Exact)).await;
            assert!(!orders_all_items(&plan), "{name}:\n{plan}");
        }
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_order_whose_index_is_gone_would_be_noticed() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        without_index(&db, "items_by_name").await;
        let by_name = Listing { sort: "name".parse().unwrap(), ..newest(Audience::Public) };
        let plan = plan(&db, of_all(&db, &by_name, &Closeness::Exact)).await;
        assert!(orders_all_items(&plan), "{plan}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_blocks_the_items_of_a_page_is_read_through_an_index() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        book_everything(&db).await;
        let (some, _) = page(db.read(), &newest(Audience::Public), 20).await.unwrap();
        let ids: Vec<ItemId> = some.iter().map(|item| item.id).collect();
        let blocking = |ids: &[ItemId]| schedules::blocking(ids, some[0].created_at);
        let by_item = |plan: &str| plan.contains("Index Cond: (item_id") || plan.contains("(item_id=?)");
        let indexed = plan(&db, blocking(&ids)).await;
        assert!(by_item(&indexed), "{indexed}");
        without_index(&db, "bookings_of_item").await;
        // Not the same question again, which SQLite would answer with the plan that it has kept.
        let bare = plan(&db, blocking(&ids[1..])).await;
        assert!(!by_item(&bare), "the check would not notice:\n{bare}");
        db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_near_is_found_in_the_index_alone() {
    on_every_database(async |database| {
        let db = filled(database.url()).await;
        let (some, _) = page(db.read(), &newest(Audience::Public), 1).await.unwrap();
        let near = Near::parse(&mut problem::FieldErrors::default(), "48.2,16.4", Some("100"));
        let days = Days::parse(
            &mut problem::FieldErrors::default(),
            ("available_from", Some("2027-01-20")),
            ("available_to", Some("2027-01-22")),
            "2027-01-15".parse().unwrap(),
        );
        let is_covered = |plan: &str| {
            ["Index Only Scan using items_near", "COVERING INDEX items_near"].iter().any(|scan| plan.contains(scan))
        };
        // A column that is computed hides from SQLite that the index has all others.
        let max_daily_price = (db.backend() == DbBackend::Postgres).then_some(50);
        let newest = Listing { near, available: days, max_daily_price, ..newest(Audience::Public) };
        let later = Listing { after: Some(Place::CreatedAt(some[0].id)), ..newest.clone() };
        let nearest = Listing { sort: "distance".parse().unwrap(), ..newest.clone() };
        for listing in [&newest, &nearest, &later] {
            // Of the rest of a list SQLite reads the newest until the page is full.
            if listing.after.is_some() && db.backend() != DbBackend::Postgres {
                continue;
            }
            let plan = plan(&db, of_all(&db, listing, &Closeness::Exact)).await;
            assert!(is_covered(&plan), "{listing:?}:\n{plan}");
        }
        // Who owns an item the index does not know: the check would notice.
        let owned = Listing { owner: Some(some[0].owner_id), ..newest };
        let plan = plan(&db, of_all(&db, &owned, &Closeness::Exact)).await;
        assert!(!is_covered(&plan), "{plan}");
        db.close().await.unwrap();
    })
    .await;
}
