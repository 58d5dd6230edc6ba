//! `lendery simulate`: members who do not exist, beside a platform that does.

use std::process::Output;

use crate::platform::{Platform, lendery};
use crate::programs::{finished, text};

async fn simulate(directory: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = lendery(directory);
    command.current_dir(directory).arg("simulate").args(arguments);
    finished(command).await
}

#[tokio::test]
async fn crowds_of_several_sizes_are_told_in_tables_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::up_with(directory.path(), &["--demo"]).await;
    let base = platform.web.base();
    let crowds = ["--members", "1,3", "--seconds", "2", "--buy-probability", "0,1", "--base", base];
    let output = simulate(directory.path(), &crowds).await;
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    for crowd in ["1 members, who order with probability 0:", "3 members, who order with probability 1:"] {
        assert!(said.contains(crowd), "{crowd} in {said}");
    }
    for word in ["answered requests a second", "p50 ms", "p99 ms", "register", "list and search", "place an order"] {
        assert!(said.contains(word), "{word} in {said}");
    }
    let orders: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("orders: ")).collect();
    assert_eq!((orders.len(), orders[0]), (4, "none"), "{said}");
    assert!(orders[2].contains("confirmed") || orders[3].contains("confirmed"), "{said}");
    let plot = std::fs::read_to_string(directory.path().join("simulation.svg")).unwrap();
    assert!(plot.starts_with("<svg") && plot.contains("place an order, ms"), "{plot}");
}

#[tokio::test]
async fn what_cannot_be_simulated_is_refused_with_the_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let usual = |members, seconds, buys, base| {
        vec!["--members", members, "--seconds", seconds, "--buy-probability", buys, "--base", base]
    };
    // Nobody listens there (tcpmux, RFC 1078).
    let nobody = "http://127.0.0.1:1";
    for (arguments, code, remedy) in [
        (usual("0", "1", "0.1", nobody), 2, "1 to 10000 members"),
        (usual("10001", "1", "0.1", nobody), 2, "1 to 10000 members"),
        (usual("5,,6", "1", "0.1", nobody), 2, "1 to 10000 members"),
        (usual("5", "0", "0.1", nobody), 2, "1 to 3600 seconds"),
        (usual("5", "1", "2", nobody), 2, "from 0 to 1"),
        (usual("5", "1", "5%", nobody), 2, "from 0 to 1"),
        (usual("5", "1", "0.1", "127.0.0.1:8080"), 2, "such as http://127.0.0.1:8080"),
        (usual("5", "1", "0.1", nobody), 1, "start Lendery there with `lendery up`"),
        ([usual("5", "1", "0.1", nobody), vec!["--plot", "none/x.svg"]].concat(), 1, "name another --plot"),
        (vec!["--members", "5"], 2, "--seconds"),
    ] {
        let output = simulate(directory.path(), &arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(remedy) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
}
