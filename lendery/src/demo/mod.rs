//! People and things to try Lendery out with.

mod people;

pub(crate) use people::PEOPLE;

use std::net::SocketAddr;

use anyhow::{Context, bail};
use serde_json::json;
use url::Url;
use user_api::{User, UserLookup};
use vocabulary::{Secret, UserId};

use crate::data_dir::Endpoints;

/// The things on offer, each line with its owner's e-mail first.
const ITEMS: &str = include_str!("items.csv");

/// Somebody with things to lend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) email: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) password: &'static str,
}

/// Fills the services through their own interfaces, as members would. Doing it again after a crash half way does the
/// rest.
pub(crate) async fn fill(http: &reqwest::Client, at: &Endpoints, credential: &Secret) -> anyhow::Result<()> {
    for person in PEOPLE {
        let owner = register(http, at.users, credential, person).await?;
        offer(http, at.inventory, credential, owner, person).await?;
    }
    Ok(())
}

/// The account, made now or by the start that was cut short.
async fn register(
    http: &reqwest::Client,
    users: SocketAddr,
    credential: &Secret,
    person: &Person,
) -> anyhow::Result<UserId> {
    let account = json!({ "email": person.email, "display_name": person.display_name, "password": person.password });
    let response = http.post(format!("http://{users}/api/v1/auth/register")).json(&account).send().await?;
    match response.status().as_u16() {
        201 => Ok(response.json::<User>().await.context("the user service answered something unexpected")?.id),
        409 => {
            let mut url = Url::parse(&format!("http://{users}/internal/v1/users"))?;
            url.query_pairs_mut().append_pair("email", person.email);
            let found = http.get(url).bearer_auth(credential.expose()).send().await?.error_for_status()?;
            Ok(found.json::<UserLookup>().await?.id)
        }
        status => bail!("the demo's {} could not be registered: {status}", person.email),
    }
}

async fn offer(
    http: &reqwest::Client,
    inventory: SocketAddr,
    credential: &Secret,
    owner: UserId,
    person: &Person,
) -> anyhow::Result<()> {
    let mut url = Url::parse(&format!("http://{inventory}/internal/v1/items/import"))?;
    url.query_pairs_mut().append_pair("owner_id", &owner.to_string());
    let request = http.post(url).bearer_auth(credential.expose()).header("content-type", "text/csv");
    let response = request.body(items_of(person)?).send().await?;
    if !response.status().is_success() {
        bail!("the demo's items could not be imported: {}", response.text().await.unwrap_or_default());
    }
    Ok(())
}

/// The person's lines as an import file.
fn items_of(person: &Person) -> anyhow::Result<Vec<u8>> {
    let mut all = csv::Reader::from_reader(ITEMS.as_bytes());
    let mut own = csv::Writer::from_writer(Vec::new());
    own.write_record(all.headers()?.iter().skip(1))?;
    for line in all.records() {
        let line = line?;
        if line.get(0) == Some(person.email) {
            own.write_record(line.iter().skip(1))?;
        }
    }
    Ok(own.into_inner()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_in_the_demo_offers_something_and_nothing_is_left_over() {
        let lines: usize = PEOPLE
            .iter()
            .map(|person| String::from_utf8(items_of(person).unwrap()).unwrap().lines().count() - 1)
            .inspect(|count| assert!(*count > 0))
            .sum();
        assert_eq!(lines, ITEMS.lines().count() - 1);
    }
}
