use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::thread;
use std::time::Duration;

use test_kit::process::{self, Process};
use test_kit::wait_until;

const DEADLINE: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Process {
    Process::start(Command::new("sh").args(["-c", script]))
}

/// Whether the process is there and no zombie, which is a process that has ended and nobody has waited for.
fn runs(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test]
async fn a_ready_line_yields_the_address_whatever_came_before_it() {
    let mut process = shell("echo starting; echo ready http://127.0.0.1:1234; exec sleep 600");
    assert_eq!(process.ready(DEADLINE).await, "http://127.0.0.1:1234");
    assert_eq!(process.stdout(), "starting\nready http://127.0.0.1:1234");
}

#[tokio::test]
#[should_panic(expected = "no such port")]
async fn a_program_that_ends_before_it_is_ready_shows_what_it_said() {
    shell("echo no such port >&2; exit 1").ready(DEADLINE).await;
}

#[tokio::test]
#[should_panic(expected = "no line \"ready \" within 50ms")]
async fn a_program_that_is_never_ready_fails_at_the_deadline() {
    shell("exec sleep 600").ready(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_terminated_program_ends_in_its_own_way() {
    let mut process = shell("trap 'echo drained; exit 7' TERM; echo ready now; while :; do sleep 0.01; done");
    process.ready(DEADLINE).await;
    assert_eq!(process.terminate(DEADLINE).await.code(), Some(7));
    assert!(process.stdout().ends_with("drained"));
}

#[tokio::test]
async fn a_program_may_be_terminated_twice() {
    let mut process = shell("exec sleep 600");
    assert_eq!(process.terminate(DEADLINE).await.signal(), Some(15));
    assert_eq!(process.terminate(DEADLINE).await.signal(), Some(15));
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_is_gone_when_its_test_panics() {
    let process = shell("exec sleep 600");
    let id = process.id();
    assert!(runs(id));
    std::panic::catch_unwind(AssertUnwindSafe(move || {
        let _held = process;
        panic!("as a failing test does");
    }))
    .unwrap_err();
    assert!(!runs(id));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_tied_program_ends_with_the_thread_that_started_it() {
    let starter = thread::spawn(|| {
        let process = Process::start(process::command("sh").args(["-c", "echo started; exec sleep 600"]));
        let id = process.id();
        while process.stdout().is_empty() {
            thread::yield_now();
        }
        // As a killed test does: no destructor runs.
        std::mem::forget(process);
        id
    });
    let id = starter.join().unwrap();
    wait_until("the program ends", DEADLINE, async || !runs(id)).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_program_that_ignores_being_asked_is_stopped_all_the_same() {
    let mut process = shell("trap '' TERM; echo ready now; while :; do sleep 0.01; done");
    process.ready(DEADLINE).await;
    process.stop(Duration::from_millis(50));
    assert!(!runs(process.id()));
}

#[tokio::test(start_paused = true)]
async fn waiting_returns_when_the_condition_holds() {
    let mut asked = 0;
    wait_until("asked three times", DEADLINE, async || {
        asked += 1;
        asked == 3
    })
    .await;
    assert_eq!(asked, 3);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the moon: not within 30s")]
async fn waiting_names_what_never_came() {
    wait_until("the moon", DEADLINE, async || false).await;
}
