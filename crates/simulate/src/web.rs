use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use inventory_api::Item;
use peer::HttpClient;
use problem::ProblemBody;
use reqwest::RequestBuilder;
use reqwest::header::RETRY_AFTER;
use serde_json::from_slice;
use tokio::time::Instant;
use url::Url;
use vocabulary::Page;

use crate::tally::{Outcome, Tally};
use crate::{Kind, NotThat, SimulateError};

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most that a page has, and enough to choose from.
const OFFERS: &str = "/api/v1/items?limit=100";

/// Where a Lendery is, such as `http://127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(Url);

impl FromStr for Base {
    type Err = NotThat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Url = text.parse().map_err(|_| NotThat::Base)?;
        let is_base = ["http", "https"].contains(&url.scheme()) && url.path() == "/" && url.query().is_none();
        if is_base { Ok(Self(url)) } else { Err(NotThat::Base) }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A platform, as anybody on the web reaches it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    http: HttpClient,
    pub(crate) base: Url,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// When it says that a later attempt may be of use.
    pub(crate) retry_after: Option<Duration>,
}

impl Web {
    pub(crate) fn new(base: &Base) -> Result<Self, SimulateError> {
        let http = peer::http_client(PATIENCE).map_err(SimulateError::Client)?;
        Ok(Self { http, base: base.0.clone() })
    }

    /// What is on offer; some of it, if it is much.
    pub(crate) async fn offers(&self) -> Result<Vec<Item>, SimulateError> {
        let base = || self.base.clone();
        let response = self.get(OFFERS).send().await;
        let response = response.map_err(|cause| SimulateError::Unreachable { base: base(), cause })?;
        let status = response.status().as_u16();
        let stranger = || SimulateError::Stranger { base: base(), status };
        let body = response.bytes().await.map_err(|_| stranger())?;
        let page: Page<Item> = from_slice(&body).map_err(|_| stranger())?;
        if page.items.is_empty() { Err(SimulateError::NothingOnOffer { base: base() }) } else { Ok(page.items) }
    }

    /// `path` begins with a slash and may have a query.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.address(path)).timeout(PATIENCE)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.address(path)).timeout(PATIENCE)
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What a problem says, for people.
    pub(crate) fn complaint(&self) -> String {
        match from_slice::<ProblemBody>(&self.body) {
            Ok(problem) => [Some(problem.title), problem.detail].into_iter().flatten().collect::<Vec<_>>().join(" "),
            Err(_) => format!("it answers {}", self.status),
        }
    }
}

/// Sends a request, and notes how long the whole answer took and what it was; none when there is no answer.
pub(crate) async fn measured(tally: &mut Tally, kind: Kind, request: RequestBuilder) -> Option<Answer> {
    let begun = Instant::now();
    let answer = whole(request).await;
    let outcome = match &answer {
        Some(answer) if answer.status < 400 => Outcome::Answered,
        Some(answer) if answer.status < 500 => Outcome::Refused,
        _ => Outcome::Failed,
    };
    tally.note(kind, begun.elapsed(), outcome);
    answer
}

async fn whole(request: RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.bytes().await.ok()?.to_vec();
    Some(Answer { status, body, retry_after: retry_after.map(Duration::from_secs) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_address_without_a_path() {
        for good in ["http://127.0.0.1:8080", "http://lendery.example/", "https://lendery.example"] {
            assert!(good.parse::<Base>().is_ok(), "{good}");
        }
        for bad in
            ["", "lendery", "127.0.0.1:8080", "ftp://lendery.example", "http://lendery.example/api", "http://x?y"]
        {
            assert_eq!(bad.parse::<Base>(), Err(NotThat::Base), "{bad}");
        }
    }
}
