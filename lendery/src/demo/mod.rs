//! People and things to try Lendery out with.

mod bookings;
mod catalogue;
mod categories;
mod member;
mod past;
mod people;
mod pictures;
mod place;

pub(crate) use people::PEOPLE;

use std::collections::HashMap;

use chrono::{Days, TimeDelta};
use service_kit::clock::Clock;
use vocabulary::{ItemId, Secret, UserId};

use self::member::Member;
use self::past::Past;
use self::place::Place;
use crate::data_dir::{DataDir, Endpoints};
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

/// Fills the services through their own interfaces, as members would have done in the months before. Doing it again after a
/// crash half way does the rest.
pub(crate) async fn fill(
    http: &reqwest::Client,
    at: &Endpoints,
    data_dir: &DataDir,
    credential: &Secret,
) -> anyhow::Result<()> {
    let opened = Clock::system().now() - Days::new(OPENED_DAYS_AGO);
    let past = Past::begin(Settings::load(data_dir)?.inventory, credential, opened).await?;
    let filled = relive(http, at, &past, credential).await;
    // If it could not run, that is why nothing could be filled in.
    past.end().await?;
    filled
}

async fn relive(http: &reqwest::Client, at: &Endpoints, past: &Past, credential: &Secret) -> anyhow::Result<()> {
    let now = Clock::system().now();
    categories::fill(http, past).await?;
    let (mut things, mut people) = (HashMap::new(), HashMap::new());
    for person in PEOPLE {
        let member = Member::join(http, (at.users, past), credential, person).await?;
        member.import(credential).await?;
        member.complete().await?;
        things.extend(member.show().await?);
        people.insert(member.email(), member.id());
        past.wait_for(BETWEEN_MEMBERS);
    }
    bookings::fill(http, past, credential, &Cast { things, people }, now).await
}
