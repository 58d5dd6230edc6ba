use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use url::Url;

use crate::data_dir::{DataDir, Endpoints, Lock, Secrets};
use crate::stack::Backstage;

/// How long a command waits for the process that has just begun to use the data directory.
const STARTING: Duration = Duration::from_secs(10);

/// How long one request of a command may take; an import of a large file is the longest.
const PATIENCE: Duration = Duration::from_secs(600);

/// The services of a data directory as a command reaches them: those of the running `lendery up`, or ones that the command
/// runs itself for as long as it needs them. Either way a change goes through the same code.
pub(super) struct Instance {
    http: peer::HttpClient,
    secrets: Secrets,
    endpoints: Endpoints,
    backstage: Option<Backstage>,
}

/// An answer of a service.
pub(super) struct Answer {
    pub(super) status: reqwest::StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_slice(&self.body).context("the service answered something unexpected")
    }

    /// The problem's own words.
    pub(super) fn complaint(&self) -> String {
        let problem: Option<problem::ProblemBody> = serde_json::from_slice(&self.body).ok();
        let Some(problem) = problem else {
            return format!("the service answered {}", self.status);
        };
        let fields: Vec<_> = problem.errors.iter().map(|e| format!("{}: {}", e.pointer, e.detail)).collect();
        let mut parts = vec![problem.title];
        parts.extend(problem.detail);
        parts.extend(fields);
        parts.join("; ")
    }
}

impl Instance {
    /// Finds the running services, or starts them.
    pub(super) async fn reach(path: &Path) -> anyhow::Result<Self> {
        let data_dir = DataDir::open(path)?;
        let secrets = Secrets::open(&data_dir)?;
        let http = peer::http_client(Duration::from_secs(1))?;
        let (endpoints, backstage) = match free_or_running(&data_dir).await? {
            Found::Free(lock) => {
                let backstage = Backstage::start(&data_dir, &secrets, lock).await?;
                (backstage.endpoints().clone(), Some(backstage))
            }
            Found::Running(endpoints) => (*endpoints, None),
        };
        Ok(Self { http, secrets, endpoints, backstage })
    }

    /// Calls an internal address of the user service.
    pub(super) async fn users(&self, path: &str, body: &serde_json::Value) -> anyhow::Result<Answer> {
        let url = url(self.endpoints.users, path)?;
        self.exchange(self.http.post(url).json(body)).await
    }

    /// The keys that sign access tokens, as the user service lists them.
    pub(super) async fn signing_keys(&self) -> anyhow::Result<Answer> {
        let url = url(self.endpoints.users, "/internal/v1/keys")?;
        self.exchange(self.http.get(url)).await
    }

    /// A page of the orders that wait for an administrator.
    pub(super) async fn stuck_orders(&self, cursor: Option<&str>) -> anyhow::Result<Answer> {
        let mut url = url(self.endpoints.orders, "/internal/v1/orders/stuck")?;
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.exchange(self.http.get(url)).await
    }

    /// Decides on a step of an order.
    pub(super) async fn decide(&self, path: &str, decision: &order_api::DecisionRequest) -> anyhow::Result<Answer> {
        let url = url(self.endpoints.orders, path)?;
        self.exchange(self.http.post(url).json(decision)).await
    }

    /// A page of the payments that wait at the desk.
    pub(super) async fn desk_payments(&self, cursor: Option<&str>) -> anyhow::Result<Answer> {
        let mut url = url(self.endpoints.payments, "/internal/v1/desk/payments")?;
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.exchange(self.http.get(url)).await
    }

    /// Says that a payment was paid at the desk.
    pub(super) async fn paid_at_the_desk(&self, id: payment_api::PaymentId) -> anyhow::Result<Answer> {
        let url = url(self.endpoints.payments, &format!("/internal/v1/desk/payments/{id}/paid"))?;
        self.exchange(self.http.post(url)).await
    }

    /// The account with this e-mail.
    pub(super) async fn find_user(&self, email: &str) -> anyhow::Result<user_api::UserLookup> {
        let mut url = url(self.endpoints.users, "/internal/v1/users")?;
        url.query_pairs_mut().append_pair("email", email);
        let answer = self.exchange(self.http.get(url)).await?;
        match answer.status.as_u16() {
            200 => answer.json(),
            404 => bail!("nobody is registered with the e-mail {email}; register there first, or check the spelling"),
            _ => bail!("{}", answer.complaint()),
        }
    }

    /// Posts CSV to an internal address of the inventory, and lets the gateway drop what this made stale.
    pub(super) async fn inventory_csv(
        &self,
        path: &str,
        query: &[(&str, &str)],
        csv: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let mut url = url(self.endpoints.inventory, path)?;
        url.query_pairs_mut().extend_pairs(query);
        let answer = self.exchange(self.http.post(url).header(CONTENT_TYPE, "text/csv").body(csv)).await?;
        self.purge(&answer.headers).await?;
        Ok(answer)
    }

    /// Stops what was started for this command.
    pub(super) async fn leave(self) -> anyhow::Result<()> {
        match self.backstage {
            Some(backstage) => backstage.stop().await,
            None => Ok(()),
        }
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
        let request = request.bearer_auth(self.secrets.service_credential.expose()).timeout(PATIENCE);
        let request = request.header(peer::REQUEST_TIMEOUT_MS, PATIENCE.as_millis().to_string());
        let response = request.send().await.context("the running lendery does not answer")?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }

    async fn purge(&self, headers: &HeaderMap) -> anyhow::Result<()> {
        let Some((ops, groups)) = self.endpoints.ops.zip(headers.get("cache-group-invalidation")) else {
            return Ok(());
        };
        let groups: Vec<_> = groups.to_str()?.split(',').map(|name| name.trim().trim_matches('"')).collect();
        let request =
            self.http.post(url(ops, "/ops/cache/purge")?).json(&serde_json::json!({ "groups": groups, "hard": true }));
        let answer = self.exchange(request).await?;
        if !answer.status.is_success() {
            bail!("the items are in, but the gateway did not drop its old lists: {}", answer.complaint());
        }
        Ok(())
    }
}

/// What a command finds in a data directory.
enum Found {
    /// Nobody runs the services.
    Free(Lock),
    /// A `lendery up` does.
    Running(Box<Endpoints>),
}

/// Waits while another command is at work, or a start under way.
async fn free_or_running(data_dir: &DataDir) -> anyhow::Result<Found> {
    let search = async {
        let mut every = tokio::time::interval(Duration::from_millis(50));
        loop {
            every.tick().await;
            if let Some(lock) = data_dir.try_lock()? {
                return Ok(Found::Free(lock));
            }
            if let Some(endpoints) = Endpoints::read(data_dir).filter(|endpoints| endpoints.ops.is_some()) {
                return Ok(Found::Running(Box::new(endpoints)));
            }
        }
    };
    let Ok(found) = tokio::time::timeout(STARTING, search).await else {
        bail!("another command is at work on {}; try again when it is done", data_dir.path().display());
    };
    found
}

fn url(address: std::net::SocketAddr, path: &str) -> anyhow::Result<Url> {
    Ok(Url::parse(&format!("http://{address}{path}"))?)
}
