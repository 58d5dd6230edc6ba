//! Restarting every process, one at a time, under load: nobody notices.

mod load;
pub(crate) mod town;

use std::time::Duration;

use test_kit::wait_until;

use crate::platform::START;
use load::Load;
use town::Town;

/// Answers of each kind between two restarts, so that each of them meets a load.
const ANSWERS: usize = 20;

mod soak {
    #[tokio::test]
    #[ignore = "takes minutes: `cargo xtask soak`"]
    async fn no_request_fails_while_every_process_is_restarted_20_times() {
        super::restart_all(20).await;
    }
}

async fn restart_all(rounds: usize) {
    let mut town = Town::open().await;
    let load = Load::begin(&town.gateways(), &town.member);
    for round in 1..=rounds {
        for number in 0..town.processes.len() {
            load.until_answered(ANSWERS).await;
            town.processes[number].restart().await;
            let name = town.processes[number].name;
            assert_eq!(load.failures(), Vec::<String>::new(), "{name}, round {round}: {}", town.said());
        }
        eprintln!("round {round}");
    }
    load.until_answered(ANSWERS).await;
    assert_eq!(load.failures(), Vec::<String>::new());

    // The negative control: processes that stop without a word are noticed.
    for process in town.processes.iter_mut().filter(|process| process.name == "inventory-service") {
        process.kill();
    }
    wait_until("a failure to be noticed", START, async || !load.failures().is_empty()).await;
    load.end(Duration::from_secs(60)).await;
}
