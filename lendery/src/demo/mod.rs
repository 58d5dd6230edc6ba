//! People and things to try Lendery out with.

mod bookings;
mod catalogue;
mod categories;
mod member;
mod orders;
mod past;
mod people;
mod pictures;
mod place;

pub(crate) use people::PEOPLE;

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::Context;
use chrono::{DateTime, Days, TimeDelta, Utc};
use peer::HttpClient;
use service_kit::clock::Clock;
use vocabulary::{ItemId, Secret, UserId};

use self::bookings::{Bookings, Entry};
use self::member::Member;
use self::orders::{Orders, Scene};
use self::past::Past;
use self::place::Place;
use crate::data_dir::DataDir;
use crate::stack::Settings;

/// Days before the first start of the demo on which its people began to offer things.
const OPENED_DAYS_AGO: u64 = 155;

/// Between one who joins and the next, so that not everything is equally new.
const BETWEEN_MEMBERS: TimeDelta = TimeDelta::hours(2);

/// Somebody with things to offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) email: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) password: &'static str,
    place: Place,
}

/// Who is who and what is what, once everybody has joined.
#[derive(Debug)]
struct Cast {
    /// By the name of its picture.
    things: HashMap<String, ItemId>,
    /// By e-mail.
    people: HashMap<&'static str, UserId>,
}

impl Cast {
    fn thing(&self, picture: &str) -> anyhow::Result<ItemId> {
        self.things.get(picture).copied().with_context(|| format!("the demo has no {picture}"))
    }

    fn person(&self, email: &str) -> anyhow::Result<UserId> {
        self.people.get(email).copied().with_context(|| format!("nobody in the demo is {email}"))
    }
}

/// What happens at one moment.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Booking(Entry),
    Order(Scene),
}

/// Fills the services through their own interfaces, as members would have done in the months before. Doing it again after a
/// crash half way does the rest. No order or payment service may be at work meanwhile: they would go on with orders of the past
/// as if it were today.
pub(crate) async fn fill(
    http: &HttpClient,
    users: SocketAddr,
    data_dir: &DataDir,
    credential: &Secret,
) -> anyhow::Result<()> {
    let opened = Clock::system().now() - Days::new(OPENED_DAYS_AGO);
    let past = Past::begin(Settings::load(data_dir)?, (http, credential), opened).await?;
    let filled = relive(http.by_hand(), users, &past, credential).await;
    // If it could not run, that is why nothing could be filled in.
    past.end().await?;
    filled
}

async fn relive(http: &reqwest::Client, users: SocketAddr, past: &Past, credential: &Secret) -> anyhow::Result<()> {
    let now = Clock::system().now();
    categories::fill(http, past).await?;
    let (mut things, mut people) = (HashMap::new(), HashMap::new());
    for person in PEOPLE {
        let member = Member::join(http, (users, past), credential, person).await?;
        member.import(credential).await?;
        member.complete().await?;
        things.extend(member.show().await?);
        people.insert(member.email(), member.id());
        past.wait_for(BETWEEN_MEMBERS);
    }
    live(http, past, credential, (&Cast { things, people }, now)).await
}

/// Everything that was lent and ordered until `now`, each at its time.
async fn live(
    http: &reqwest::Client,
    past: &Past,
    credential: &Secret,
    (cast, now): (&Cast, DateTime<Utc>),
) -> anyhow::Result<()> {
    let mut bookings = Bookings::load(http, past, credential, cast)?;
    let mut orders = Orders::load(http, past, cast)?;
    let mut diary: Vec<(DateTime<Utc>, Happening)> = Vec::new();
    diary.extend(bookings.entries(now)?.into_iter().map(|entry| (entry.at, Happening::Booking(entry))));
    diary.extend(orders.scenes(now)?.into_iter().map(|scene| (scene.at, Happening::Order(scene))));
    diary.sort_by_key(|(at, _)| *at);
    for (at, happening) in diary {
        past.wait_until(at);
        match happening {
            Happening::Booking(entry) => bookings.take(entry).await?,
            Happening::Order(scene) => orders.play(scene).await?,
        }
    }
    past.wait_until(now);
    Ok(())
}
