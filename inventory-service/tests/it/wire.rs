//! A wire between the service and its database that can lose a commit, or the answer to one.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the next COMMIT meets: the connection it is on breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Before the server has read it.
    Commit,
    /// After the server has done it.
    Answer,
}

pub(crate) struct Wire {
    url: String,
    next: Arc<Mutex<Option<Lost>>>,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// A wire to the server of this URL.
    pub(crate) async fn to(url: &str) -> Self {
        let (user, rest) = url.rsplit_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{database}", listener.local_addr().unwrap());
        let (server, next) = (server.to_owned(), Arc::default());
        let accepting = tokio::spawn({
            let next = Arc::clone(&next);
            async move {
                while let Ok((service, _)) = listener.accept().await {
                    let (server, next) = (server.clone(), Arc::clone(&next));
                    tokio::spawn(async move { carry(service, TcpStream::connect(server).await?, &next).await });
                }
            }
        });
        Self { url, next, accepting }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn lose(&self, what: Lost) {
        *self.next.lock().unwrap() = Some(what);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries bytes both ways until either end closes, or something is to be lost.
async fn carry(mut service: TcpStream, mut server: TcpStream, next: &Mutex<Option<Lost>>) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = service.read(&mut asked) => {
                let bytes = &asked[..count?];
                let is_commit = bytes.windows(7).any(|word| word == b"COMMIT\0");
                let lost = is_commit.then(|| next.lock().unwrap().take()).flatten();
                if bytes.is_empty() || lost == Some(Lost::Commit) {
                    return Ok(());
                }
                server.write_all(bytes).await?;
                if lost == Some(Lost::Answer) {
                    return server.read(&mut answered).await.map(drop);
                }
            }
            count = server.read(&mut answered) => {
                let bytes = &answered[..count?];
                if bytes.is_empty() {
                    return Ok(());
                }
                service.write_all(bytes).await?;
            }
        }
    }
}
