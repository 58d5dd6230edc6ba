use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// Where `cargo xtask test` says which server the tests of its run share.
const SHARED: &str = "LENDERY_TEST_POSTGRES";

/// Starts and, when its standard input ends, stops a server; `xtask` runs the same script.
const SCRIPT: &str = include_str!("../../postgres.sh");

/// A PostgreSQL server in a temporary directory, gone with everything in it when this value is dropped or its process
/// ends in whatever way.
#[derive(Debug)]
pub struct Server {
    url: String,
    keeper: Child,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server with `settings` such as `fsync=on` over defaults that trade durability for speed. Blocks about a
    /// second, until it accepts connections.
    pub fn start(settings: &[&str]) -> Self {
        let mut keeper = Command::new("sh")
            .args(["-c", SCRIPT, "postgres.sh"])
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A test runner that kills the test's process group must not kill what cleans up after the test.
            .process_group(0)
            .spawn()
            .expect("sh runs");
        let mut url = String::new();
        let mut answers = BufReader::new(keeper.stdout.take().expect("standard output is piped"));
        answers.read_line(&mut url).expect("standard output is text");
        if url.is_empty() {
            let mut reason = String::new();
            let mut stderr = keeper.stderr.take().expect("standard error is piped");
            stderr.read_to_string(&mut reason).expect("standard error is text");
            panic!("no PostgreSQL for this test: {reason}");
        }
        Self { url: url.trim_end().to_owned(), keeper, answers }
    }

    /// Kills the server outright; its directory stays until this value is dropped.
    pub fn crash(&mut self) {
        self.order("crash");
    }

    /// Stops the server in the middle of everything: it says nothing any more, and its connections stay open.
    pub fn freeze(&mut self) {
        self.order("freeze");
    }

    fn order(&mut self, order: &str) {
        let mut stdin = self.keeper.stdin.as_ref().expect("standard input is piped");
        writeln!(stdin, "{order}").expect("the keeper listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("standard output is text");
        assert_eq!(answer.trim_end(), order, "the keeper of the server does not obey");
    }

    /// The URL of its maintenance database, as the superuser.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The script ends once the server has; a failure to wait leaves nothing else to do.
        let _ = self.keeper.wait();
    }
}

/// The URL of the server that this process's tests share.
pub(super) async fn shared_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "the test runner's one word to the test kit, not configuration")]
    match std::env::var(SHARED) {
        Ok(url) => url,
        Err(_) => private_url().await,
    }
}

/// The URL of a server that only this process uses.
pub(super) async fn private_url() -> String {
    tokio::task::spawn_blocking(own_url).await.expect("a PostgreSQL server of this process's own")
}

fn own_url() -> String {
    // The one static of this house: this server outlives every value a test holds, and a process's end closes the pipe
    // that keeps it, so nothing needs to be dropped.
    static OWN: OnceLock<Server> = OnceLock::new();
    OWN.get_or_init(|| Server::start(&[])).url().to_owned()
}
