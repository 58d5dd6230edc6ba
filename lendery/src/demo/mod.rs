//! People and things to try Lendery out with.

mod catalogue;
mod member;
mod people;
mod place;

pub(crate) use people::PEOPLE;

use vocabulary::Secret;

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
    for member in members {
        member.complete().await?;
        member.leave().await?;
    }
    Ok(())
}
