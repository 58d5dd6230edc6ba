use std::net::SocketAddr;

use anyhow::{Context, bail};
use inventory_api::{CreateItemRequest, Item};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use url::Url;
use user_api::{User, UserLookup};
use vocabulary::{ItemId, Page, Secret, UserId};

use super::Person;
use super::catalogue::{self, Lent};
use super::past::Past;
use super::pictures::picture;

/// One page of a member's items, which holds more than anybody in the demo offers.
const OWN_ITEMS: &str = "users/me/items?limit=100";

/// Between the parts of a form; no picture of the demo has it in it.
const BOUNDARY: &str = "lendery-demo-picture";

/// One of the demo's people, known to the inventory of the past.
pub(super) struct Member<'a> {
    http: &'a reqwest::Client,
    inventory: SocketAddr,
    person: &'static Person,
    id: UserId,
    token: String,
}

impl<'a> Member<'a> {
    /// Makes the account, unless a start that was cut short has made it.
    pub(super) async fn join(
        http: &'a reqwest::Client,
        (users, past): (SocketAddr, &Past),
        credential: &Secret,
        person: &'static Person,
    ) -> anyhow::Result<Self> {
        let id = register(http, users, credential, person).await?;
        Ok(Self { http, inventory: past.inventory(), person, id, token: past.member(id) })
    }

    /// Imports what the member lends.
    pub(super) async fn import(&self, credential: &Secret) -> anyhow::Result<()> {
        let mut url = Url::parse(&format!("http://{}/internal/v1/items/import", self.inventory))?;
        url.query_pairs_mut().append_pair("owner_id", &self.id.to_string());
        let request = self.http.post(url).bearer_auth(credential.expose()).header("content-type", "text/csv");
        done(request.body(catalogue::import_of(self.person)?), "import items").await?;
        Ok(())
    }

    /// Says of things what an import cannot: where they are fetched, how good they are, and what is sold.
    pub(super) async fn complete(&self) -> anyhow::Result<()> {
        let own = self.inventory(Method::GET, OWN_ITEMS);
        let own: Page<Item> = done(own, "list the items").await?.json().await?;
        let known = |name: Option<&str>| own.items.iter().find(|item| Some(item.name.as_str()) == name);
        for lent in catalogue::lent_by(self.person)? {
            if let Some(item) = known(Some(&lent.name)).filter(|item| item.pickup.is_none()) {
                self.describe(item, &lent).await?;
            }
        }
        for sold in catalogue::sold_by(self.person)? {
            if known(sold.item.name.as_deref()).is_none() {
                self.sell(sold.item).await?;
            }
        }
        Ok(())
    }

    /// Shows a picture of everything the member offers, and answers which item is which.
    pub(super) async fn show(&self) -> anyhow::Result<Vec<(String, ItemId)>> {
        let own = self.inventory(Method::GET, OWN_ITEMS);
        let own: Page<Item> = done(own, "list the items").await?.json().await?;
        let lent = catalogue::lent_by(self.person)?.into_iter().map(|lent| (lent.picture, Some(lent.name)));
        let sold = catalogue::sold_by(self.person)?.into_iter().map(|sold| (sold.picture, sold.item.name));
        let mut shown = Vec::new();
        for (name, thing) in lent.chain(sold) {
            let Some(item) = own.items.iter().find(|item| Some(&item.name) == thing.as_ref()) else {
                continue;
            };
            if let Some(picture) = picture(&name).filter(|_| item.photos.is_empty()) {
                self.add_photo(item, picture).await?;
            }
            shown.push((name, item.id));
        }
        Ok(shown)
    }

    pub(super) fn id(&self) -> UserId {
        self.id
    }

    pub(super) fn email(&self) -> &'static str {
        self.person.email
    }

    async fn describe(&self, item: &Item, lent: &Lent) -> anyhow::Result<()> {
        let pickup = self.person.place.pickup();
        let patch = json!({ "pickup": pickup, "condition": lent.condition, "approval": lent.approval });
        let request = self.inventory(Method::PATCH, &format!("items/{}", item.id));
        let request = request.header("content-type", "application/merge-patch+json");
        let request = request.header("if-match", format!("\"{}\"", item.version)).json(&patch);
        done(request, "describe an item").await?;
        Ok(())
    }

    /// By a form, as a browser would, so that the picture is described.
    async fn add_photo(&self, item: &Item, picture: &[u8]) -> anyhow::Result<()> {
        let field = |head: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        let alt = format!("{}{}\r\n", field("name=\"alt\""), item.name);
        let file = field("name=\"photo\"; filename=\"picture.webp\"\r\nContent-Type: image/webp");
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let form = [alt.as_bytes(), file.as_bytes(), picture, end.as_bytes()].concat();
        let request = self.inventory(Method::POST, &format!("items/{}/photos", item.id)).body(form);
        let request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        done(request, "add a photo").await?;
        Ok(())
    }

    async fn sell(&self, thing: CreateItemRequest) -> anyhow::Result<()> {
        let thing = CreateItemRequest { pickup: Some(self.person.place.pickup()), ..thing };
        done(self.inventory(Method::POST, "items").json(&thing), "offer something").await?;
        Ok(())
    }

    fn inventory(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}/api/v1/{path}", self.inventory);
        self.http.request(method, url).bearer_auth(&self.token)
    }
}

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

/// Sends the request, and takes nothing but success for an answer.
async fn done(request: RequestBuilder, what: &str) -> anyhow::Result<Response> {
    let response = request.send().await.with_context(|| format!("the demo could not {what}"))?;
    accepted(response, what).await
}

/// The answer if it is a success.
pub(super) async fn accepted(response: Response, what: &str) -> anyhow::Result<Response> {
    if !response.status().is_success() {
        bail!("the demo could not {what}: {}", response.text().await.unwrap_or_default());
    }
    Ok(response)
}
