use std::collections::BTreeMap;
use std::time::Duration;

use super::Finding;

/// A node that is well answers at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// The slots of a Redis Cluster (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
const SLOTS: u32 = 16_384;

/// Whether all slots are served, and each primary has a replica to take over from it.
pub(super) async fn examine(urls: &[String]) -> Vec<Finding> {
    let (mut answers, mut silent) = (Vec::new(), Vec::new());
    for url in urls {
        match ask(url).await {
            Ok(answer) => answers.push(answer),
            Err(reason) => silent.push(format!("{url}: {reason}")),
        }
    }
    let Some((info, nodes)) = answers.first() else {
        return vec![Finding::of("redis", Err(silent.join("; ")))];
    };
    let mut findings =
        vec![Finding::of("redis", slots(info)), Finding::of("redis replicas", replicas(nodes)).attention()];
    if !silent.is_empty() {
        findings.push(Finding::of("redis nodes", Err(silent.join("; "))).attention());
    }
    findings
}

/// The answers to `CLUSTER INFO` and `CLUSTER NODES`.
async fn ask(url: &str) -> Result<(String, String), String> {
    let client = redis::Client::open(url).map_err(|error| error.to_string())?;
    let asking = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut connection).await?;
        let nodes: String = redis::cmd("CLUSTER").arg("NODES").query_async(&mut connection).await?;
        Ok::<_, redis::RedisError>((info, nodes))
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(answers)) => Ok(answers),
        Ok(Err(error)) if error.to_string().contains("cluster support disabled") => {
            Err("this Redis is no cluster; redis-cluster/create.sh makes one, or start it with `cluster-enabled yes`"
                .to_owned())
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err("it does not answer".to_owned()),
    }
}

fn slots(info: &str) -> Result<String, String> {
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let served: u32 = field("cluster_slots_ok").and_then(|number| number.parse().ok()).unwrap_or(0);
    if served < SLOTS || field("cluster_state") != Some("ok") {
        return Err(format!(
            "{served} of {SLOTS} slots are served; start the nodes that are down, or give their slots away with \
             `redis-cli --cluster fix`"
        ));
    }
    Ok(format!("all {SLOTS} slots are served"))
}

/// Each line is `id address flags primary …`, and from the ninth word on the slots.
fn replicas(nodes: &str) -> Result<String, String> {
    let lines: Vec<Vec<&str>> = nodes.lines().map(|line| line.split_whitespace().collect()).collect();
    let well =
        |line: &&Vec<&str>| line.get(2).is_some_and(|flags| !flags.split(',').any(|flag| flag.starts_with("fail")));
    let primaries = lines.iter().filter(|line| line.len() > 8).map(|line| (line[0], line[1]));
    let mut alone: BTreeMap<&str, &str> = primaries.collect();
    let count = alone.len();
    for replica in lines.iter().filter(well).filter(|line| line.len() > 3) {
        alone.remove(replica[3]);
    }
    if alone.is_empty() {
        return Ok(format!("each of {count} primaries has one"));
    }
    let alone: Vec<_> = alone.into_values().map(|address| address.split('@').next().unwrap_or(address)).collect();
    Err(format!("{} has none to take over from it; start its replica", alone.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "\
        aa 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-8191\n\
        bb 127.0.0.1:7001@17001 master - 0 0 2 connected 8192-16383\n\
        cc 127.0.0.1:7002@17002 slave aa 0 0 1 connected\n\
        dd 127.0.0.1:7003@17003 slave bb 0 0 2 connected\n";

    #[test]
    fn a_primary_without_a_replica_is_named() {
        assert_eq!(replicas(NODES).as_deref(), Ok("each of 2 primaries has one"));
        let lost = NODES.replace("slave bb", "slave,fail bb");
        assert!(replicas(&lost).unwrap_err().starts_with("127.0.0.1:7001 has none"));
    }

    #[test]
    fn slots_that_nobody_serves_are_counted() {
        let info = |served: u32, state: &str| format!("cluster_state:{state}\r\ncluster_slots_ok:{served}\r\n");
        assert!(slots(&info(16_384, "ok")).is_ok());
        assert!(slots(&info(10_923, "fail")).unwrap_err().starts_with("10923 of 16384"));
        assert!(slots(&info(16_384, "fail")).is_err());
    }
}
