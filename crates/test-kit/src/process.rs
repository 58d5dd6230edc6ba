//! A real program as a child process: its output line by line, its ready line, signals, and its end with the test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use crate::wait::PAUSE;

/// What a program prints, with the address it serves on, once it does.
const READY: &str = "ready ";

/// A command for `program` which, once it runs, on Linux gets SIGTERM when the thread that started it ends, be it by a
/// SIGKILL of the whole test process.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let tied = cfg!(target_os = "linux") && Command::new("setpriv").arg("--version").output().is_ok();
    if !tied {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]).arg(program);
    command
}

/// A running program; dropping it kills it and waits until it is gone.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Process {
    /// Starts `command` with an empty standard input, and collects what it prints.
    pub fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stdout = Lines::collect(child.stdout.take().expect("standard output is piped"));
        let stderr = Lines::collect(child.stderr.take().expect("standard error is piped"));
        Self { child, stdout, stderr }
    }

    /// The base URL of the program's `ready http://HOST:PORT` line, as soon as it is printed.
    pub async fn ready(&mut self, deadline: Duration) -> String {
        let line = self.stdout_line(READY, deadline).await;
        line.strip_prefix(READY).unwrap_or(&line).trim_end().to_owned()
    }

    /// The first line on standard output that begins with `prefix`, as soon as it is printed. Panics with everything the
    /// program said once `deadline` has passed or the program has ended without such a line.
    pub async fn stdout_line(&mut self, prefix: &str, deadline: Duration) -> String {
        let started = Instant::now();
        loop {
            // Asked before the lines are searched, so that a program's last words still count.
            let ended = self.exit_status().filter(|_| self.stdout.closed());
            if let Some(line) = self.stdout.first_with(prefix) {
                return line;
            }
            assert!(
                ended.is_none() && started.elapsed() < deadline,
                "no line {prefix:?} within {deadline:?} (exit status: {ended:?})\nstdout:\n{}\nstderr:\n{}",
                self.stdout(),
                self.stderr()
            );
            sleep(PAUSE).await;
        }
    }

    /// Everything on standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Everything on standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The operating system's number for this process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, then as [`Process::end`].
    pub async fn terminate(&mut self, deadline: Duration) -> ExitStatus {
        self.ask_to_end();
        self.end(deadline).await
    }

    /// SIGTERM, and SIGKILL when it has not ended within `deadline`. Blocks: it is for destructors, which cannot await, of
    /// programs whose own children would outlive a SIGKILL.
    pub fn stop(&mut self, deadline: Duration) {
        self.ask_to_end();
        let started = std::time::Instant::now();
        while self.exit_status().is_none() && started.elapsed() < deadline {
            thread::sleep(PAUSE);
        }
        self.kill();
    }

    /// SIGKILL, then waits until the process is gone: what a power cut looks like to everybody else.
    pub fn kill(&mut self) {
        // Both fail only for a process that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The exit status of a program that ends by itself, once all it printed is there to read; panics when it has not
    /// ended within `deadline`.
    pub async fn end(&mut self, deadline: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            let ended = self.exit_status().filter(|_| self.stdout.closed() && self.stderr.closed());
            if let Some(status) = ended {
                return status;
            }
            assert!(
                started.elapsed() < deadline,
                "the program still runs after {deadline:?}\nstdout:\n{}\nstderr:\n{}",
                self.stdout(),
                self.stderr()
            );
            sleep(PAUSE).await;
        }
    }

    fn ask_to_end(&mut self) {
        // A process that has been waited for no longer owns its number.
        if self.exit_status().is_none() {
            let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw).expect("a child has a process id");
            kill_process(id, Signal::TERM).expect("a child takes signals");
        }
    }

    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The lines of one stream, collected by a thread until the stream ends.
#[derive(Debug, Clone, Default)]
struct Lines {
    state: Arc<Mutex<Collected>>,
}

#[derive(Debug, Default)]
struct Collected {
    lines: Vec<String>,
    closed: bool,
}

impl Lines {
    fn collect(stream: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let writer = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                writer.state().lines.push(String::from_utf8_lossy(&line).into_owned());
            }
            writer.state().closed = true;
        });
        lines
    }

    fn state(&self) -> MutexGuard<'_, Collected> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn first_with(&self, prefix: &str) -> Option<String> {
        self.state().lines.iter().find(|line| line.starts_with(prefix)).cloned()
    }

    fn text(&self) -> String {
        self.state().lines.join("\n")
    }

    fn closed(&self) -> bool {
        self.state().closed
    }
}
