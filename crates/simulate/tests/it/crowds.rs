use simulate::{Kind, plot};

use crate::counting::Platform;

#[tokio::test]
async fn every_request_of_a_crowd_is_in_its_report() {
    let platform = Platform::start().await;
    let report = platform.simulate(&["3"], &["1"]).await.unwrap().remove(0);
    let count = |kind| report.of(kind).map_or(0, |kind| kind.count);
    let seen = [
        (Kind::Register, "register"),
        (Kind::SignIn, "login"),
        (Kind::Item, "item"),
        (Kind::Calendar, "calendar"),
        (Kind::Order, "order"),
        (Kind::Progress, "progress"),
    ];
    for (kind, what) in seen {
        assert_eq!(count(kind), platform.count(what), "{what}");
        assert!(count(kind) > 0, "{what}");
    }
    assert_eq!(count(Kind::List), platform.count("list") - 1, "what is on offer is asked for first, and not measured");
    let orders: u64 = report.orders.values().sum();
    assert_eq!(usize::try_from(orders).unwrap(), count(Kind::Order));
    assert!(report.orders["confirmed"] > 0 && count(Kind::Settled) > 0);
    assert!(report.throughput > 0.0);
    for kind in &report.kinds {
        assert_eq!((kind.refused, kind.failed), (0, 0), "{kind:?}");
        assert!(kind.p50 <= kind.p90 && kind.p90 <= kind.p99, "{kind:?}");
    }
}

#[tokio::test]
async fn crowds_after_one_another_are_the_same_people_and_draw_one_picture() {
    let platform = Platform::start().await;
    let reports = platform.simulate(&["1", "4"], &["0", "0.5"]).await.unwrap();
    assert_eq!(reports.len(), 4);
    assert_eq!(platform.count("register"), 4);
    let bought = reports.iter().map(|report| report.of(Kind::Order).is_some());
    assert_eq!(bought.collect::<Vec<_>>(), [false, false, true, true], "with probability 0 nobody orders");
    let svg = plot(&reports);
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    for text in ["answered requests a second", "list and search, ms", "place an order, ms", "4 × 0.5", "p99"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[tokio::test]
async fn members_wait_while_the_platform_is_busy_and_that_is_counted() {
    let platform = Platform::busy(2).await;
    let report = platform.simulate(&["2"], &["0"]).await.unwrap().remove(0);
    let register = report.of(Kind::Register).unwrap();
    assert_eq!((register.count, register.refused, register.failed), (4, 2, 0));
}
