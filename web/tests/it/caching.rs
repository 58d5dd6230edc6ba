use crate::site::{Html, ITEM, OWNER, Site, header};

#[tokio::test]
async fn anonymous_pages_are_kept_by_the_gateway_under_the_groups_of_what_they_show() {
    let site = Site::start().await;
    let (item, member) = (format!("/en/items/{ITEM}"), format!("/de/members/{OWNER}"));
    for (path, group) in [
        ("/en", "\"items\", \"categories\"".to_owned()),
        ("/de/items?q=drill", "\"items\", \"categories\"".to_owned()),
        (&item, format!("\"item:{ITEM}\", \"user:{OWNER}\", \"categories\"")),
        (&member, format!("\"items\", \"user:{OWNER}\"")),
    ] {
        let page = site.get(path).await.expect(200);
        assert_eq!(header(&page, "cache-groups"), group, "{path}");
        assert_eq!(header(&page, "cache-control"), "public, no-cache", "{path}");
        assert!(header(&page, "cdn-cache-control").starts_with("max-age="), "{path}");
        let again = site.get_with(path, "if-none-match", header(&page, "etag")).await.expect(304);
        assert!(again.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_members_pages_are_kept_by_nobody() {
    let site = Site::start().await;
    let browser = site.sign_in().await;
    for path in ["/en", "/en/items", "/en/mine", "/en/account"] {
        let page = browser.get(path).await.expect(200);
        assert_eq!(header(&page, "cache-control"), "private, no-store", "{path}");
        assert_eq!(header(&page, "cache-groups"), "", "{path}");
    }
}

#[tokio::test]
async fn an_address_without_a_language_leads_to_the_one_liked_best() {
    let site = Site::start().await;
    for (path, languages, to) in [
        ("/", "de-AT,en;q=0.5", "/de"),
        ("/", "fr", "/en"),
        ("/problems/not-found", "de", "/de/problems/not-found"),
        ("/items/x?y=1", "en", "/en/items/x?y=1"),
    ] {
        let answer = site.get_with(path, "accept-language", languages).await.expect(302);
        assert_eq!(header(&answer, "location"), to);
        assert_eq!(header(&answer, "vary"), "accept-language");
    }
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages_and_says_so() {
    let site = Site::start().await;
    for (language, word) in [("en", "Power tools"), ("de", "Kategorie")] {
        let page = site.get(&format!("/{language}")).await.expect(200).html();
        assert!(page.contains(&format!("<html lang=\"{language}\">")) && page.contains(word), "{page}");
    }
    let item = site.get(&format!("/de/items/{ITEM}")).await.expect(200).html();
    assert!(item.contains("4,50\u{a0}€ pro Tag") && item.contains("November 2026"), "{item}");
    let item = site.get(&format!("/en/items/{ITEM}")).await.expect(200).html();
    assert!(item.contains("€4.50 a day") && item.contains("2 free"), "{item}");
}

#[tokio::test]
async fn files_are_kept_for_ever_under_the_hash_of_what_is_in_them() {
    let site = Site::start().await;
    let page = site.get("/en").await.html();
    for ending in [".css", ".svg"] {
        let address = page.split('"').find(|part| part.starts_with("/assets/web/") && part.ends_with(ending)).unwrap();
        let file = site.get(address).await.expect(200);
        assert_eq!(header(&file, "cache-control"), "public, max-age=31536000, immutable");
    }
    site.get("/assets/web/lendery.other.css").await.expect(404);
}

#[test]
fn no_path_of_the_pages_belongs_to_the_api_or_its_reference() {
    for path in web::PATHS {
        for others in ["/api", "/docs", "/openapi.json", "/setup", "/.well-known", "/internal"] {
            assert!(!path.starts_with(others), "{path}");
        }
    }
}

#[tokio::test]
async fn a_search_asks_the_inventory_in_its_own_words() {
    let site = Site::start().await;
    let search =
        "/en/items?q=+drill+&category=&max_price=3,50&near=48.2,16.37&from=2026-12-01&to=2026-12-05&utm_source=x";
    site.get(search).await.expect(200);
    let asked = &site.inventory.asked("GET /api/v1/items")[0].query;
    let expected = "q=drill&max_daily_price=350&near=48.2%2C16.37&available_from=2026-12-01&available_to=2026-12-05&sort=relevance&limit=24";
    assert_eq!(asked, expected);
}
