use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use test_kit::process::{self, Process};
use test_kit::wait_until;
use tokio::net::TcpStream;

use crate::platform::built;

const DEADLINE: Duration = Duration::from_secs(20);

/// What all of them serve, as the origin says it: 4.3 kB of JSON that stays fresh for an hour.
const BODY_BYTES: usize = 4_300;

/// Below this address a server answers from its cache, below the other it asks the origin each time.
pub(super) const CACHED: &str = "/cached/items.json";
pub(super) const PASSED: &str = "/passed/items.json";

/// A program between clients and the origin, with everything it writes in one directory.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) process: Process,
    pub(super) base: String,
}

impl Server {
    async fn start(name: &'static str, program: &str, port: u16, arguments: &[String]) -> Result<Self> {
        let mut command = process::command(program);
        command.args(arguments);
        let server = Self { name, process: Process::start(&mut command), base: format!("http://127.0.0.1:{port}") };
        wait_until(name, DEADLINE, async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Ok(server)
    }

    /// The origin: nginx with one file.
    pub(super) async fn origin(directory: &Path) -> Result<Self> {
        for folder in ["cached", "passed"] {
            let folder = directory.join("files").join(folder);
            fs::create_dir_all(&folder)?;
            let item = "{\"name\":\"Ladder\",\"category\":\"tools\"},";
            fs::write(folder.join("items.json"), item.repeat(BODY_BYTES / item.len()))?;
        }
        let root = directory.join("files");
        let location = format!("root {}; open_file_cache max=10; expires 1h;", root.display());
        nginx("origin", directory, &location, "").await
    }

    /// nginx as a cache and as a proxy.
    pub(super) async fn nginx(origin: &Self, directory: &Path) -> Result<Self> {
        let passed = "proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection \"\";";
        let cached = format!("{passed} proxy_cache pages; proxy_cache_valid 200 1h;");
        let upstream = format!(
            "proxy_cache_path {}/cache keys_zone=pages:200m; upstream origin {{ server {}; keepalive 64; }}",
            directory.display(),
            host(origin)
        );
        let locations = format!("{passed} }} location /cached/ {{ {cached}");
        nginx("nginx", directory, &locations, &upstream).await
    }

    /// HAProxy as a cache and as a proxy.
    pub(super) async fn haproxy(origin: &Self, directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let file = directory.join("haproxy.cfg");
        fs::write(&file, haproxy(port, host(origin)))?;
        Self::start("HAProxy", "haproxy", port, &["-db".into(), "-f".into(), file.display().to_string()]).await
    }

    /// Varnish as a cache and as a proxy.
    pub(super) async fn varnish(origin: &Self, directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let file = directory.join("varnish.vcl");
        fs::write(&file, varnish(host(origin)))?;
        let arguments = [
            "-F".to_owned(),
            "-a".to_owned(),
            format!("127.0.0.1:{port}"),
            "-f".to_owned(),
            file.display().to_string(),
            "-s".to_owned(),
            "malloc,256m".to_owned(),
            "-n".to_owned(),
            directory.join("varnish").display().to_string(),
        ];
        Self::start("Varnish", "varnishd", port, &arguments).await
    }

    /// The gateway by itself, as its configuration file makes it; `more` is appended to that.
    pub(super) async fn gateway(origin: &Self, directory: &Path, name: &str, more: &str) -> Result<Self> {
        let program = built()?.join("gateway");
        ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
        let (port, ops) = (free_port()?, free_port()?);
        let file = directory.join(format!("{name}.toml"));
        fs::write(&file, gateway((port, ops), &origin.base, more))?;
        let arguments = ["--config".to_owned(), file.display().to_string()];
        Self::start("gateway", &program.display().to_string(), port, &arguments).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The workers of some end when they are asked to, not when their parent is killed.
        self.process.stop(DEADLINE);
    }
}

/// Which of the others are not installed, with what installs them.
pub(super) fn missing() -> Option<&'static str> {
    let programs = [("nginx", "-v", "nginx-light"), ("haproxy", "-v", "haproxy"), ("varnishd", "-V", "varnish")];
    let is_missing = |(program, version, _): &(&str, &str, &str)| Command::new(program).arg(version).output().is_err();
    programs.into_iter().find(is_missing).map(|(_, _, package)| package)
}

fn host(origin: &Server) -> &str {
    origin.base.trim_start_matches("http://")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn nginx(name: &'static str, directory: &Path, location: &str, http: &str) -> Result<Server> {
    let port = free_port()?;
    let home = directory.join(name);
    fs::create_dir_all(&home)?;
    let file = home.join("nginx.conf");
    let text = format!(
        "daemon off; user root; pid nginx.pid; worker_processes auto; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
    client_body_temp_path temporary; proxy_temp_path temporary; fastcgi_temp_path temporary;
    uwsgi_temp_path temporary; scgi_temp_path temporary;
    {http}
    server {{ listen 127.0.0.1:{port} reuseport backlog=4096; location / {{ {location} }} }}
}}
"
    );
    fs::write(&file, text)?;
    let arguments = ["-e", "stderr", "-c", &file.display().to_string(), "-p", &home.display().to_string()];
    Server::start(name, "nginx", port, &arguments.map(ToOwned::to_owned)).await
}

fn haproxy(port: u16, origin: &str) -> String {
    format!(
        "global
    maxconn 8192
    nbthread 2
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 2s
cache pages
    total-max-size 256
    max-age 3600
frontend front
    bind 127.0.0.1:{port} backlog 4096
    use_backend cached if {{ path_beg /cached/ }}
    default_backend passed
backend cached
    http-request cache-use pages
    http-response cache-store pages
    server origin {origin}
backend passed
    http-reuse always
    server origin {origin}
"
    )
}

fn varnish(origin: &str) -> String {
    let (address, port) = origin.split_once(':').unwrap_or((origin, "80"));
    format!(
        "vcl 4.1;
backend origin {{ .host = \"{address}\"; .port = \"{port}\"; }}
sub vcl_recv {{ if (req.url ~ \"^/passed/\") {{ return (pass); }} }}
"
    )
}

fn gateway((port, ops): (u16, u16), origin: &str, more: &str) -> String {
    format!(
        "listen = \"127.0.0.1:{port}\"
ops_listen = \"127.0.0.1:{ops}\"
log_filter = \"warn\"
pages = false
{more}
[upstreams.origin]
url = \"{origin}\"
documented = false
[[routes]]
prefix = \"/cached\"
upstream = \"origin\"
cache = true
[[routes]]
prefix = \"/passed\"
upstream = \"origin\"
"
    )
}
