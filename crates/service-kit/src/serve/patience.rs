use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time::{Instant as TokioInstant, sleep_until};

/// The timer of one connection, which hyper sets anew for each request and which nearly never rings. The scheduler hears of it
/// once: its own timer stays where it was set first, and when that rings before the time it is set to the last deadline.
#[derive(Debug, Clone, Default)]
pub(super) struct Patience {
    alarm: Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>,
}

/// A wait until one deadline. A connection waits for one thing at a time.
struct Wait {
    deadline: TokioInstant,
    patience: Patience,
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.wait_until(TokioInstant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.wait_until(deadline.into())
    }

    fn now(&self) -> Instant {
        TokioInstant::now().into()
    }
}

impl Patience {
    fn wait_until(&self, deadline: TokioInstant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { deadline, patience: self.clone() })
    }
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.patience.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(self.deadline)));
        if alarm.deadline() > self.deadline {
            alarm.as_mut().reset(self.deadline);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if alarm.deadline() >= self.deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(self.deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_own_deadline_whatever_was_waited_for_before() {
        let patience = Patience::default();
        let began = TokioInstant::now();
        let mut first = patience.sleep(MOMENT);
        assert!(futures_util::poll!(&mut first).is_pending());
        tokio::time::advance(MOMENT / 2).await;
        drop(first);
        patience.sleep(MOMENT).await;
        assert_eq!(began.elapsed(), MOMENT * 3 / 2);
        patience.sleep(MOMENT).await;
        assert_eq!(began.elapsed(), MOMENT * 5 / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_wait_is_not_kept_up_by_a_longer_one() {
        let patience = Patience::default();
        let began = TokioInstant::now();
        let mut long = patience.sleep(MOMENT);
        assert!(futures_util::poll!(&mut long).is_pending());
        patience.sleep(MOMENT / 10).await;
        assert_eq!(began.elapsed(), MOMENT / 10);
        long.await;
        assert_eq!(began.elapsed(), MOMENT);
    }
}
