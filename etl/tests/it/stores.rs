//! Object stores that can be had without an account: imitations, each with an empty bucket `lake`, gone with their value.

use std::path::Path;
use std::process::Command;
use std::thread;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use serde_json::json;
use test_kit::http::{Client, send};
use test_kit::process::{Process, command};
use test_kit::wait_until;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use crate::readers;
use crate::support::DEADLINE;

/// The account of Azurite, whose key Microsoft publishes, and one that is not it.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const OTHER_KEY: &str = "cGxhbnRlZC1rZXk=";

/// Makes the container; Azurite has no other way than its service's own interface.
const MAKE_CONTAINER: &str = "const { BlobServiceClient, StorageSharedKeyCredential } = require('@azure/storage-blob');
const [url, account, key] = process.argv.slice(1);
new BlobServiceClient(url, new StorageSharedKeyCredential(account, key)).createContainer('lake');";

/// A server that answers as an object store does.
pub(crate) struct Imitation {
    /// The bucket, as the setting `warehouse` begins.
    pub(crate) scheme: &'static str,
    /// What reaches it, as the setting `warehouse_options` says it.
    pub(crate) options: String,
    /// The same with a key that is wrong, where the imitation minds.
    pub(crate) wrong_options: Option<String>,
    _process: Process,
    _between: Option<Between>,
}

impl Imitation {
    /// S3 by moto.
    pub(crate) async fn s3(folder: &Path) -> Result<Self, String> {
        let (process, url) = moto(folder).await?;
        let keys = "aws_region=us-east-1 aws_access_key_id=id aws_secret_access_key=secret";
        Ok(Self {
            scheme: "s3",
            options: format!("aws_endpoint={url} aws_allow_http=true {keys}"),
            wrong_options: None,
            _process: process,
            _between: None,
        })
    }

    /// Google Cloud Storage by moto behind [`Between`]: the imitations of it that can be installed lack its XML interface,
    /// which is that of S3 but for the name of a header.
    pub(crate) async fn google(folder: &Path) -> Result<Self, String> {
        let (process, moto) = moto(folder).await?;
        let (between, url) = Between::start(moto).await;
        // What an account's file says to imitations; the true one has a key that signs for tokens.
        let account = json!({ "gcs_base_url": url, "disable_oauth": true, "client_email": "", "private_key": "",
            "private_key_id": "" });
        let file = folder.join("account.json");
        std::fs::write(&file, account.to_string()).unwrap();
        Ok(Self {
            scheme: "gs",
            options: format!("google_service_account={} allow_http=true", file.display()),
            wrong_options: None,
            _process: process,
            _between: Some(between),
        })
    }

    /// Azure by Azurite, which Microsoft makes for tests.
    pub(crate) async fn azure(folder: &Path) -> Result<Self, String> {
        let packages = ["install", "--silent", "--no-audit", "--no-fund", "azurite", "@azure/storage-blob"];
        done(Command::new("npm").current_dir(folder).args(packages))?;
        let mut server = command("node");
        server.current_dir(folder).arg("node_modules/azurite/dist/src/blob/main.js");
        // Clients are newer than the last interface it knows.
        server.args([
            "--skipApiVersionCheck",
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            "0",
            "--inMemoryPersistence",
            "--disableTelemetry",
        ]);
        let mut process = Process::start(&mut server);
        let listening = process.stdout_line("Azurite Blob service successfully listens on ", DEADLINE).await;
        let url = format!("{}/{ACCOUNT}", listening.rsplit(' ').next().unwrap().trim());
        done(Command::new("node").current_dir(folder).args(["-e", MAKE_CONTAINER, &url, ACCOUNT, KEY]))?;
        let options = |key| {
            format!(
                "azure_endpoint={url} azure_allow_http=true azure_storage_account_name={ACCOUNT}
                 azure_storage_account_key={key}"
            )
        };
        Ok(Self {
            scheme: "az",
            options: options(KEY),
            wrong_options: Some(options(OTHER_KEY)),
            _process: process,
            _between: None,
        })
    }
}

/// A server of moto, and its address.
async fn moto(folder: &Path) -> Result<(Process, String), String> {
    readers::environment(folder, &["moto[s3,server]"])?;
    let mut server = command(folder.join("bin/moto_server"));
    server.args(["-H", "127.0.0.1", "-p", "0"]);
    let process = Process::start(&mut server);
    wait_until("moto to listen", DEADLINE, async || process.stderr().contains("Running on http://")).await;
    let said = process.stderr();
    let (_, rest) = said.split_once("Running on ").unwrap();
    let url = rest.split_whitespace().next().unwrap().to_owned();
    send(Client::new(&url).request(Method::PUT, "/lake")).await.expect(200);
    Ok((process, url))
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(reason) }
}

/// Somebody who says to an S3 what Google's clients say, and back; on a thread of its own, because what reads a table's log
/// keeps the test's waiting.
struct Between(CancellationToken);

impl Between {
    async fn start(s3: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = axum::Router::new().fallback(translated).with_state(Client::new(s3));
        let end = CancellationToken::new();
        let ended = end.clone().cancelled_owned();
        thread::spawn(move || {
            Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                let serving = axum::serve(TcpListener::from_std(listener).unwrap(), service);
                serving.with_graceful_shutdown(ended).await.unwrap();
            });
        });
        (Self(end), url)
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn translated(State(s3): State<Client>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().to_string();
    let onward = s3.request(parts.method, &path).headers(for_s3(&parts.headers));
    let answer = send(onward.body(to_bytes(body, usize::MAX).await.unwrap())).await;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "connection")
    {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

/// Somebody, whom moto does not ask for more: nobody may read nothing.
const SOMEBODY: &str =
    "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// Generation 0 is that of what is not there.
fn for_s3(headers: &HeaderMap) -> HeaderMap {
    let mut theirs = headers.clone();
    for name in ["host", "content-length", "transfer-encoding"] {
        theirs.remove(name);
    }
    theirs.insert("authorization", SOMEBODY.parse().unwrap());
    if let Some(generation) = theirs.remove("x-goog-if-generation-match") {
        assert_eq!(generation, "0", "nothing is written over a version that is known");
        theirs.insert("if-none-match", "*".parse().unwrap());
    }
    theirs
}
