//! A real Redis Cluster of three primaries with a replica each, from the system's packages, for one test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait_until;

/// Creates and, when its standard input ends, stops a cluster.
const SCRIPT: &str = include_str!("../redis-cluster.sh");

/// Where the scripts lie that operators use as well.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../redis-cluster");

/// Far longer than a failover takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// A running cluster, gone with everything in it when this value is dropped or its process ends in whatever way.
#[derive(Debug)]
pub struct RedisCluster {
    directory: PathBuf,
    urls: Vec<String>,
    keeper: Child,
}

/// One node of a cluster, by its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(u16);

impl RedisCluster {
    /// Creates a cluster on free ports. Blocks some seconds, until all slots are served and every replica follows.
    pub fn start() -> Self {
        let mut keeper = Command::new("sh")
            .args(["-c", SCRIPT, "redis-cluster.sh", SCRIPTS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A test runner that kills the test's process group must not kill what cleans up after the test.
            .process_group(0)
            .spawn()
            .expect("sh runs");
        let mut line = String::new();
        let stdout = keeper.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("standard output is text");
        let mut words = line.split_whitespace().map(str::to_owned);
        let Some(directory) = words.next() else {
            let mut reason = String::new();
            let mut stderr = keeper.stderr.take().expect("standard error is piped");
            stderr.read_to_string(&mut reason).expect("standard error is text");
            panic!("no Redis Cluster for this test: {reason}");
        };
        Self { directory: PathBuf::from(directory), urls: words.collect(), keeper }
    }

    /// The URLs of all nodes, as clients take them.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Every node, primary or replica.
    pub fn nodes(&self) -> Vec<Node> {
        let port = |url: &String| url.rsplit(':').next().and_then(|port| port.parse().ok());
        self.urls.iter().map(|url| Node(port(url).expect("a node's URL ends with its port"))).collect()
    }

    /// The node that serves `key` now, as the other nodes see it.
    pub fn primary_of(&self, key: &str) -> Node {
        // Any node that does not serve the key says who does.
        let answers = self.nodes().into_iter().map(|node| (node, ask(node, &["GET", key])));
        let mut serving = None;
        for (node, answer) in answers {
            if let Some((_, port)) = answer.strip_prefix("MOVED ").and_then(|moved| moved.trim().rsplit_once(':')) {
                return Node(port.parse().expect("a port"));
            }
            serving = Some(node);
        }
        serving.expect("a cluster has nodes")
    }

    /// SIGKILL for the node that serves `key`, once its replica has everything it has.
    pub async fn kill_primary_of(&self, key: &str) -> Node {
        let node = self.primary_of(key);
        wait_until("the replica follows", DEADLINE, async || ask(node, &["WAIT", "1", "1000"]).trim() == "1").await;
        self.kill(node);
        node
    }

    /// SIGKILL.
    pub fn kill(&self, node: Node) {
        self.signal(node, Signal::KILL);
    }

    /// SIGSTOP: the node keeps its connections and answers nothing.
    pub fn hang(&self, node: Node) {
        self.signal(node, Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self, node: Node) {
        self.signal(node, Signal::CONT);
    }

    /// Starts a killed node again, empty.
    pub fn restart(&self, node: Node) {
        let configuration = self.folder(node).join("redis.conf");
        let started = Command::new("redis-server").arg(configuration).stdout(Stdio::null()).status();
        assert!(started.expect("redis-server runs").success(), "{node:?} does not start again");
    }

    /// Empties every primary.
    pub fn lose_everything(&self) {
        for node in self.nodes() {
            ask(node, &["FLUSHALL"]);
        }
    }

    /// Waits until another node than `lost` serves `key`.
    pub async fn failed_over(&self, key: &str, lost: Node) {
        let serves = async || {
            let others = self.nodes().into_iter().filter(|node| *node != lost);
            others.into_iter().any(|node| {
                let answer = ask(node, &["GET", key]);
                !answer.is_empty() && ["MOVED", "CLUSTERDOWN"].iter().all(|refusal| !answer.starts_with(refusal))
            })
        };
        wait_until("another node takes over", DEADLINE, serves).await;
    }

    fn folder(&self, node: Node) -> PathBuf {
        self.directory.join(format!("node-{}", node.0))
    }

    fn signal(&self, node: Node, signal: Signal) {
        let id = process_id(&self.folder(node).join("redis.pid"));
        kill_process(id, signal).expect("a node takes signals");
    }
}

impl Drop for RedisCluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The script ends once the nodes have; a failure to wait leaves nothing else to do.
        let _ = self.keeper.wait();
    }
}

/// What a node answers within a second, or nothing.
fn ask(node: Node, command: &[&str]) -> String {
    let port = node.0.to_string();
    let output = Command::new("timeout").args(["1", "redis-cli", "-p", &port]).args(command).output();
    String::from_utf8_lossy(&output.expect("redis-cli runs").stdout).into_owned()
}

fn process_id(file: &Path) -> Pid {
    let text = std::fs::read_to_string(file).expect("a running node has a file with its process id");
    text.trim().parse().ok().and_then(Pid::from_raw).expect("a process id")
}
