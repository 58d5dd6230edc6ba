//! What the operator does beside a running platform.

use crate::platform::Platform;
use crate::programs::text;

#[tokio::test]
async fn the_cache_is_purged_by_a_command() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let outcome = async || {
        let answer = platform.web.get("/api/v1/items").await.expect(200);
        answer.header("cache-status").unwrap().split("; ").nth(1).unwrap().to_owned()
    };
    assert_eq!((outcome().await.as_str(), outcome().await.as_str()), ("fwd=uri-miss", "hit"));
    let purged = platform.command(&["cache", "purge", "--group", "items"]).await;
    assert_eq!(text(&purged.stdout), "1 stored addresses are purged.\n", "{}", text(&purged.stderr));
    assert_eq!(outcome().await, "fwd=stale");
    let purged = platform.command(&["cache", "purge", "--all", "--hard"]).await;
    assert!(purged.status.success(), "{}", text(&purged.stderr));
    assert_eq!(outcome().await, "fwd=uri-miss");

    let unclear = platform.command(&["cache", "purge", "--all", "--prefix", "/"]).await;
    assert_eq!(unclear.status.code(), Some(2), "{}", text(&unclear.stderr));
    let unsaid = platform.command(&["cache", "purge"]).await;
    assert_eq!(unsaid.status.code(), Some(2), "{}", text(&unsaid.stderr));
    assert!(platform.stop().await);
    let nobody = crate::platform::command(directory.path(), &["cache", "purge", "--all"]).await;
    assert!(text(&nobody.stderr).contains("no lendery is running"), "{}", text(&nobody.stderr));
}
