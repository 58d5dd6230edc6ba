use std::io;
use std::time::Duration;

use tokio::time::Instant;

const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a failed `accept` says about the ones to come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AcceptFailure {
    /// A client gave up, or the network did, before the connection was taken.
    OfOneConnection,
    /// Out of file descriptors or memory: the same call fails at once until something is closed.
    OutOfResources,
    /// The socket does not listen.
    OfTheListener,
}

impl AcceptFailure {
    pub(super) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused | Kind::Interrupted => {
                Self::OfOneConnection
            }
            Kind::InvalidInput => Self::OfTheListener,
            _ => Self::OutOfResources,
        }
    }
}

/// Waits longer after each failure in a row, so that being out of file descriptors does not become a busy loop.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    last_wait: Option<Duration>,
    until: Option<Instant>,
}

impl Backoff {
    pub(super) async fn wait(&self) {
        if let Some(until) = self.until {
            tokio::time::sleep_until(until).await;
        }
    }

    pub(super) fn failed(&mut self, error: &io::Error) {
        let wait = match self.last_wait {
            None => {
                tracing::warn!(error = %error, "no connection can be accepted at the moment");
                FIRST_WAIT
            }
            Some(last) => (last * 2).min(LONGEST_WAIT),
        };
        self.last_wait = Some(wait);
        self.until = Some(Instant::now() + wait);
    }

    pub(super) fn reset(&mut self) {
        if self.last_wait.is_some() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_in_a_row_waits_longer_up_to_a_second() {
        let mut backoff = Backoff::default();
        let out_of_files = io::Error::from_raw_os_error(24);
        let mut waits_ms = Vec::new();
        for _ in 0..10 {
            backoff.failed(&out_of_files);
            let before = Instant::now();
            backoff.wait().await;
            waits_ms.push(before.elapsed().as_millis());
        }
        assert_eq!(waits_ms, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);

        backoff.reset();
        let before = Instant::now();
        backoff.wait().await;
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[test]
    fn being_out_of_files_is_no_reason_to_stop_listening() {
        let emfile = io::Error::from_raw_os_error(24);
        assert_eq!(AcceptFailure::of(&emfile), AcceptFailure::OutOfResources);
        let einval = io::Error::from_raw_os_error(22);
        assert_eq!(AcceptFailure::of(&einval), AcceptFailure::OfTheListener);
        let aborted = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(AcceptFailure::of(&aborted), AcceptFailure::OfOneConnection);
    }
}
