//! Object stores that can be had without an account: imitations, each with an empty bucket `lake`, gone with their value.

use std::path::Path;
use std::process::Command;

use axum::http::Method;
use serde_json::json;
use test_kit::http::{Client, send};
use test_kit::process::{Process, command};
use test_kit::wait_until;

use crate::readers;
use crate::support::DEADLINE;

/// moto, which imitates S3. Google's XML interface is that of S3 but for the name of one header, and so moto imitates it, too,
/// when that is given its other name on the way. moto wants a signature, which it does not check.
const MOTO: &str = r#"
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

s3 = DomainDispatcherApplication(create_backend_app)
SOMEBODY = "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"

def s3_or_google(environ, respond):
    generation = environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None)
    if generation is not None:
        # Generation 0 is that of what is not there; nothing is written over a version that is known.
        assert generation == "0"
        environ["HTTP_IF_NONE_MATCH"] = "*"
    if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
        environ["HTTP_AUTHORIZATION"] = SOMEBODY
    return s3(environ, respond)

run_simple("127.0.0.1", 0, s3_or_google, threaded=True)
"#;

/// The account of Azurite, whose key Microsoft publishes, and a key that is not it.
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
    pub(crate) address: &'static str,
    /// What reaches it, as the setting `warehouse_options` says it.
    pub(crate) options: String,
    /// The same with a key that is wrong, where the imitation minds.
    pub(crate) wrong_options: Option<String>,
    /// What programs have to be told beside their settings because it is an imitation.
    pub(crate) variables: Vec<(&'static str, String)>,
    _process: Process,
}

impl Imitation {
    pub(crate) async fn s3(folder: &Path) -> Self {
        let (process, url) = moto(folder).await;
        let keys = "aws_region=us-east-1 aws_access_key_id=id aws_secret_access_key=secret";
        Self {
            address: "s3://lake",
            options: format!("aws_endpoint={url} aws_allow_http=true {keys}"),
            wrong_options: None,
            variables: Vec::new(),
            _process: process,
        }
    }

    pub(crate) async fn google(folder: &Path) -> Self {
        let (process, url) = moto(folder).await;
        // What an account's file says to imitations; the true one has a key that signs for tokens.
        let account = json!({ "gcs_base_url": url, "disable_oauth": true, "client_email": "", "private_key": "",
            "private_key_id": "" });
        let file = folder.join("account.json");
        std::fs::write(&file, account.to_string()).unwrap();
        Self {
            address: "gs://lake",
            options: format!("google_service_account={} allow_http=true", file.display()),
            wrong_options: None,
            variables: Vec::new(),
            _process: process,
        }
    }

    /// Azure by Azurite, which Microsoft makes for tests.
    pub(crate) async fn azure(folder: &Path) -> Self {
        let packages = ["install", "--silent", "--no-audit", "--no-fund", "azurite@3", "@azure/storage-blob@12"];
        succeed(Command::new("npm").current_dir(folder).args(packages));
        let mut server = command("node");
        // Clients are newer than the last interface it knows.
        server.current_dir(folder).args(["node_modules/azurite/dist/src/blob/main.js", "--skipApiVersionCheck"]);
        server.args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry"]);
        let mut process = Process::start(&mut server);
        let listening = process.stdout_line("Azurite Blob service successfully listens on ", DEADLINE).await;
        let url = listening.rsplit(' ').next().unwrap().trim().to_owned();
        let of_account = format!("{url}/{ACCOUNT}");
        succeed(Command::new("node").current_dir(folder).args(["-e", MAKE_CONTAINER, &of_account, ACCOUNT, KEY]));
        // It lists from the beginning wherever it is asked to begin; clients make up for it who know that it is Azurite.
        let options = |key| format!("azure_storage_use_emulator=true azure_storage_account_key={key}");
        Self {
            address: "az://lake",
            options: options(KEY),
            wrong_options: Some(options(OTHER_KEY)),
            variables: vec![("AZURITE_BLOB_STORAGE_URL", url)],
            _process: process,
        }
    }
}

/// A server of moto, and its address.
async fn moto(folder: &Path) -> (Process, String) {
    readers::environment(folder, &["moto[s3,server]"]).unwrap();
    let mut server = command(folder.join("bin/python"));
    server.args(["-c", MOTO]);
    let process = Process::start(&mut server);
    wait_until("moto to listen", DEADLINE, async || process.stderr().contains("Running on http://")).await;
    let said = process.stderr();
    let (_, rest) = said.split_once("Running on ").unwrap();
    let url = rest.split_whitespace().next().unwrap().to_owned();
    send(Client::new(&url).request(Method::PUT, "/lake")).await.expect(200);
    (process, url)
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} (of Debian's package npm): {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
