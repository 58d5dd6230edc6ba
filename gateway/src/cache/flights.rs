//! One fetch per address and variant at a time: who asks for what is being fetched waits for that (request collapsing).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::key::Key;
use super::vary::Variant;

/// The fetches under way, each with those who wait for what it brings.
#[derive(Debug)]
pub(crate) struct Flights<T> {
    open: Arc<Mutex<Open<T>>>,
}

#[derive(Debug)]
struct Open<T> {
    flights: HashMap<Address, Flight<T>>,
    begun: u64,
}

/// A key, and which of its variants is asked for, so far as stored ones tell what it may depend on: the scheme at least.
type Address = (Key, Variant);

#[derive(Debug)]
struct Flight<T> {
    number: u64,
    /// The store's epoch when it began. Who comes after a later purge must not wait for it: it may bring what was purged.
    epoch: u64,
    landing: watch::Receiver<Option<T>>,
}

/// What somebody who needs a fetch does.
#[derive(Debug)]
pub(crate) enum Part<T> {
    /// Nobody fetches it: fetch, and tell the others.
    Lead(Lead<T>),
    /// It is being fetched: wait.
    Follow(Follow<T>),
}

/// The duty to fetch. Dropped without a landing, as after a panic, it lets the followers choose another leader.
#[derive(Debug)]
pub(crate) struct Lead<T> {
    open: Arc<Mutex<Open<T>>>,
    address: Address,
    number: u64,
    landing: watch::Sender<Option<T>>,
}

#[derive(Debug)]
pub(crate) struct Follow<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Flights<T> {
    pub(crate) fn new() -> Self {
        Self { open: Arc::new(Mutex::new(Open { flights: HashMap::new(), begun: 0 })) }
    }

    /// Joins the fetch of this variant of `key` that began in this epoch, or begins one.
    pub(crate) fn join(&self, key: &Key, variant: &Variant, epoch: u64) -> Part<T> {
        let address = (key.clone(), variant.clone());
        let mut open = locked(&self.open);
        if let Some(flight) = open.flights.get(&address).filter(|flight| flight.epoch == epoch) {
            return Part::Follow(Follow(flight.landing.clone()));
        }
        let (sender, receiver) = watch::channel(None);
        open.begun += 1;
        let number = open.begun;
        open.flights.insert(address.clone(), Flight { number, epoch, landing: receiver });
        Part::Lead(Lead { open: Arc::clone(&self.open), address, number, landing: sender })
    }

    pub(crate) fn len(&self) -> usize {
        locked(&self.open).flights.len()
    }
}

impl<T> Lead<T> {
    /// Tells the followers what the fetch brought.
    pub(crate) fn land(self, outcome: T) {
        self.landing.send_replace(Some(outcome));
    }
}

impl<T> Drop for Lead<T> {
    fn drop(&mut self) {
        let mut open = locked(&self.open);
        // A later flight may have taken its place.
        if open.flights.get(&self.address).is_some_and(|flight| flight.number == self.number) {
            open.flights.remove(&self.address);
        }
    }
}

impl<T: Clone> Follow<T> {
    /// What the fetch brought; none when its leader vanished.
    pub(crate) async fn landing(mut self) -> Option<T> {
        let landed = self.0.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }
}

fn locked<T>(open: &Mutex<Open<T>>) -> MutexGuard<'_, Open<T>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::key::KeyRef;
    use super::*;

    fn key() -> Key {
        KeyRef { host: "h", path: "/a", query: "" }.to_key()
    }

    fn lead(flights: &Flights<u8>, epoch: u64) -> Lead<u8> {
        match flights.join(&key(), &Variant::of_scheme(true), epoch) {
            Part::Lead(lead) => lead,
            Part::Follow(_) => panic!("somebody leads already"),
        }
    }

    fn follow(flights: &Flights<u8>, epoch: u64) -> Follow<u8> {
        match flights.join(&key(), &Variant::of_scheme(true), epoch) {
            Part::Follow(follow) => follow,
            Part::Lead(_) => panic!("nobody leads"),
        }
    }

    #[tokio::test]
    async fn all_who_come_while_it_is_fetched_get_the_same() {
        let flights = Flights::new();
        let leading = lead(&flights, 0);
        let (first, second) = (follow(&flights, 0), follow(&flights, 0));
        leading.land(7);
        assert_eq!((first.landing().await, second.landing().await), (Some(7), Some(7)));
        assert_eq!(flights.len(), 0);
    }

    #[test]
    fn clients_of_another_scheme_have_a_flight_of_their_own() {
        let flights = Flights::new();
        let _leading = lead(&flights, 0);
        assert!(matches!(flights.join(&key(), &Variant::of_scheme(false), 0), Part::Lead(_)));
    }

    #[tokio::test]
    async fn when_the_leader_vanishes_a_follower_takes_its_place() {
        let flights = Flights::new();
        let leading = lead(&flights, 0);
        let follower = follow(&flights, 0);
        drop(leading);
        assert_eq!(follower.landing().await, None);
        lead(&flights, 0).land(8);
    }

    #[tokio::test]
    async fn who_comes_after_a_purge_does_not_wait_for_what_began_before_it() {
        let flights = Flights::new();
        let before = lead(&flights, 0);
        let early = follow(&flights, 0);
        let after = lead(&flights, 1);
        let late = follow(&flights, 1);
        before.land(1);
        assert_eq!(flights.len(), 1, "the older flight leaves the newer one alone");
        after.land(2);
        assert_eq!((early.landing().await, late.landing().await), (Some(1), Some(2)));
    }
}
