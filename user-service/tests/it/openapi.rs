/// What `lendery openapi --service users` prints.
#[test]
fn the_document_that_others_read_is_that_of_the_code() {
    let kept = include_str!("../../api/openapi.json");
    let code = user_service::openapi().to_pretty_json().unwrap() + "\n";
    assert!(kept == code, "api/openapi.json differs from the code: run `cargo xtask openapi`");
}

#[test]
fn every_operation_says_who_may_and_what_it_answers() {
    let document = serde_json::to_value(user_service::openapi()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            operations += 1;
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name}");
            assert!(!operation["tags"].as_array().unwrap().is_empty(), "{name}");
            assert!(operation["responses"]["503"].is_object(), "{name}");
            let asks = |scheme: &str| operation["security"].to_string().contains(scheme);
            assert_eq!(asks("service"), path.starts_with("/internal/"), "{name}");
            assert_eq!(
                operation["responses"]["401"].is_object(),
                asks("member") || asks("service") || open(path),
                "{name}"
            );
        }
    }
    assert_eq!(operations, 30);
}

/// Operations that answer 401 to those who bring the wrong secret, not to those who bring none.
fn open(path: &str) -> bool {
    ["/api/v1/auth/login", "/api/v1/auth/refresh"].contains(&path)
}
