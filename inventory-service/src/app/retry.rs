use std::time::Duration;

use super::AppError;

/// Attempts at a use case that others get in the way of. Who waits for the same item stands in line for its row, so it is
/// rare that one is not enough.
const ATTEMPTS: u32 = 5;
/// Before the second attempt; each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(5);

/// Does the use case again when another transaction was in the way, a bounded number of times.
pub(super) async fn retrying<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, AppError>
where
    F: Future<Output = Result<T, AppError>>,
{
    for earlier in 0..ATTEMPTS - 1 {
        match attempt().await {
            Err(error) if error.is_passing() => tokio::time::sleep(PAUSE * 2_u32.pow(earlier)).await,
            ended => return ended,
        }
    }
    attempt().await
}
