use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use test_kit::http::Client;
use test_kit::process::{self, Process};
use test_kit::wait_until;
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(10);

/// nginx as a cache in front of an origin, on a free port, with everything it writes in one directory.
#[derive(Debug)]
pub(crate) struct Nginx {
    pub(crate) process: Process,
    pub(crate) base: String,
}

impl Nginx {
    /// Starts it in `directory` and waits until it answers.
    pub(crate) async fn start(origin: &str, directory: &Path) -> Result<Self> {
        let installed = Command::new("nginx").arg("-v").output().is_ok();
        ensure!(installed, "nginx does not run: `apt-get install nginx-light`");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let file = directory.join("nginx.conf");
        fs::write(&file, configuration(port, origin))?;
        let mut command = process::command("nginx");
        command.args(["-e", "stderr", "-c"]).arg(&file).arg("-p").arg(directory);
        let nginx = Self { process: Process::start(&mut command), base: format!("http://127.0.0.1:{port}") };
        wait_until("nginx answers", DEADLINE, async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Ok(nginx)
    }

    /// A client of its address.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.base)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end when it asks them to, not when it is killed.
        self.process.stop(DEADLINE);
    }
}

/// As a careful operator sets it up for a machine with two cores; it stores whatever the origin answers.
fn configuration(port: u16, origin: &str) -> String {
    format!(
        "daemon off;
user root;
pid nginx.pid;
worker_processes auto;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    open_file_cache max=1000;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    proxy_cache_path cache keys_zone=pages:10m;
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_pass {origin};
            proxy_cache pages;
            proxy_cache_valid 200 1h;
            proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
            add_header X-Cache $upstream_cache_status;
        }}
    }}
}}
"
    )
}
