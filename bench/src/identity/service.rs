use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use test_kit::http::Client;

/// The demo's first member.
pub(super) const EMAIL: &str = "ada@example.org";
pub(super) const PASSWORD: &str = "ladder-and-lathe";

/// The user service of a running platform as other services reach it.
pub(super) struct Service {
    pub(super) base: String,
    pub(super) secret: String,
    ops: Client,
}

impl Service {
    /// Where the platform on this data directory says that it is.
    pub(super) fn find(data: &Path) -> Result<Self> {
        let endpoints: Value = serde_json::from_slice(&fs::read(data.join("run/endpoints.json"))?)?;
        let url = |name: &str| endpoints[name].as_str().map(|address| format!("http://{address}"));
        let secret = fs::read_to_string(data.join("secrets/service-credential"))?.trim().to_owned();
        let base = url("users").context("the platform names its user service")?;
        let ops = Client::new(url("ops").context("the platform names its operations listener")?);
        Ok(Self { base, secret, ops })
    }

    /// An anonymous client.
    pub(super) fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// This many different access tokens of one session.
    pub(super) async fn tokens(&self, count: usize) -> Result<Vec<String>> {
        let (client, login) = (self.client(), json!({ "email": EMAIL, "password": PASSWORD }));
        let mut pair = client.post("/api/v1/auth/login", &login).await.expect(200).json();
        let mut tokens = Vec::new();
        while tokens.len() < count {
            tokens.push(pair["access_token"].as_str().context("a pair has an access token")?.to_owned());
            let refresh = json!({ "refresh_token": pair["refresh_token"] });
            pair = client.post("/api/v1/auth/refresh", &refresh).await.expect(200).json();
        }
        Ok(tokens)
    }

    /// A counter of the platform's metrics.
    pub(super) async fn counter(&self, name: &str) -> Result<f64> {
        let text = String::from_utf8(self.ops.get("/metrics").await.expect(200).body)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("no {name} among the metrics"))?.parse()?)
    }
}
