//! How many photos are worked on, and what happens to those who have to wait.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use photos::{Busy, Format, Limits, PrepareError, Processor, Refusal, Settings};

use crate::samples::{file, quarters};

fn processor(workers: usize, waiting: usize) -> Processor {
    Processor::new(Settings { workers, waiting, limits: Limits::default() })
}

fn upload() -> Bytes {
    file(&quarters(640, 480), Format::Jpeg).into()
}

/// Asks until there is a place.
async fn admitted(processor: &Processor) -> photos::Place {
    let asking = async {
        loop {
            match processor.admit() {
                Ok(place) => return place,
                Err(Busy) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asking).await.unwrap()
}

#[tokio::test]
async fn a_photo_is_made_and_its_place_is_free_again() {
    let processor = processor(1, 0);
    for _ in 0..3 {
        let photo = processor.admit().unwrap().prepare(upload(), Format::Jpeg).await.unwrap();
        assert_eq!((photo.width, photo.height), (640, 480));
    }
}

#[tokio::test]
async fn whoever_finds_no_place_is_turned_away_until_there_is_one() {
    let processor = processor(1, 2);
    let mut places: Vec<_> = (0..3).map(|_| processor.admit().unwrap()).collect();
    assert_eq!(processor.admit().unwrap_err(), Busy);
    places.pop();
    assert!(processor.admit().is_ok());
}

#[tokio::test]
async fn all_who_have_a_place_get_their_photo() {
    let processor = processor(1, 7);
    let places: Vec<_> = (0..8).map(|_| processor.admit().unwrap()).collect();
    let photos = places.into_iter().map(|place| place.prepare(upload(), Format::Jpeg));
    assert!(futures_util::future::join_all(photos).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_refusal_frees_its_place_too() {
    let processor = processor(1, 0);
    let refused = processor.admit().unwrap().prepare(Bytes::from_static(b"GIF89a"), Format::Png).await;
    assert!(matches!(refused, Err(PrepareError::Refused(Refusal::UnknownFormat))));
    assert!(processor.admit().is_ok());
}

#[tokio::test]
async fn whoever_leaves_while_waiting_leaves_a_place() {
    let processor = processor(1, 1);
    let mut first = pin!(processor.admit().unwrap().prepare(upload(), Format::Jpeg));
    assert!(first.as_mut().now_or_never().is_none(), "it has the worker now");
    let mut second = Box::pin(processor.admit().unwrap().prepare(upload(), Format::Jpeg));
    assert!(second.as_mut().now_or_never().is_none());
    assert_eq!(processor.admit().unwrap_err(), Busy);
    drop(second);
    assert!(processor.admit().is_ok());
    assert!(first.await.is_ok());
}

#[tokio::test]
async fn whoever_leaves_during_the_work_leaves_a_place_when_it_is_done() {
    let processor = processor(1, 0);
    let mut left = Box::pin(processor.admit().unwrap().prepare(upload(), Format::Jpeg));
    assert!(left.as_mut().now_or_never().is_none());
    drop(left);
    let next = admitted(&processor).await;
    assert!(next.prepare(upload(), Format::Jpeg).await.is_ok());
}
