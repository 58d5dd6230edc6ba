//! People and things to try Lendery out with.

mod bookings;
mod catalogue;
mod member;
mod people;
mod pictures;
mod place;

pub(crate) use people::PEOPLE;

use std::collections::HashMap;

use vocabulary::{ItemId, Secret, UserId};

use self::member::Member;
use self::place::Place;
use crate::data_dir::Endpoints;

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

/// Fills the services through their own interfaces, as members would. Doing it again after a crash half way does the
/// rest.
pub(crate) async fn fill(http: &reqwest::Client, at: &Endpoints, credential: &Secret) -> anyhow::Result<()> {
    let mut members = Vec::with_capacity(PEOPLE.len());
    for person in PEOPLE {
        let member = Member::join(http, at, credential, person).await?;
        member.import(credential).await?;
        members.push(member);
    }
    // By now the imports have made every category, whoever needs it.
    let (mut things, mut people) = (HashMap::new(), HashMap::new());
    for member in members {
        member.complete().await?;
        things.extend(member.show().await?);
        people.insert(member.email(), member.id());
        member.leave().await?;
    }
    bookings::fill(http, at.inventory, credential, &Cast { things, people }).await
}
