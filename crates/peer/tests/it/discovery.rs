use std::net::Ipv4Addr;
use std::time::Duration;

use http::StatusCode;
use http::header::HOST;
use peer::{Peer, PeerError};

use crate::nameserver::Nameserver;
use crate::upstream::{Upstream, ample, answer, get, peer_of};

const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// All of 127.0.0.0/8 is this machine.
const ANOTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

async fn until_instances(peer: &Peer, count: usize) {
    let found = async {
        while peer.snapshot().instances.len() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.expect("the instances were never found");
}

fn watched(addresses: &str, nameserver: &Nameserver) -> Peer {
    let address = nameserver.address;
    let peer = peer_of(addresses, |settings| {
        settings.nameserver = Some(address);
        settings.balance.check = None;
    });
    tokio::spawn(peer.watch());
    peer
}

/// Two instances on one port of two addresses; they answer with the `Host` they were asked as.
async fn two() -> (Upstream, Upstream, u16) {
    let says_host = |request: http::Request<hyper::body::Incoming>| async move {
        let host = request.headers().get(HOST).map(|host| host.as_bytes().to_vec());
        Ok(answer(StatusCode::OK, host.unwrap_or_default()))
    };
    let one = Upstream::start(says_host).await;
    let port = one.origin().rsplit(':').next().unwrap().parse().unwrap();
    let two = Upstream::start_at((ANOTHER, port).into(), says_host).await;
    (one, two, port)
}

#[tokio::test]
async fn every_address_of_a_name_is_an_instance_and_is_asked_by_the_name() {
    let nameserver = Nameserver::start().await;
    nameserver.host("inventory.example", &[LOCALHOST, ANOTHER]);
    let (one, other, port) = two().await;
    let peer = watched(&format!("http://inventory.example:{port}"), &nameserver);
    until_instances(&peer, 2).await;
    for _ in 0..40 {
        let answer = peer.send(get("/"), &ample()).await.unwrap();
        let host = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        assert_eq!(host, format!("inventory.example:{port}"));
    }
    assert!(one.hits() > 0 && other.hits() > 0);
}

#[tokio::test]
async fn a_service_record_names_ports_and_only_the_first_priority_counts() {
    let nameserver = Nameserver::start().await;
    let (one, _other, port) = two().await;
    let spare = Upstream::answering(StatusCode::IM_A_TEAPOT).await;
    let spare_port = spare.origin().rsplit(':').next().unwrap().parse().unwrap();
    nameserver.host("a.example", &[LOCALHOST]);
    nameserver.host("b.example", &[ANOTHER]);
    nameserver.service(
        "_http._tcp.inventory.example",
        &[(1, port, "a.example."), (1, port, "b.example."), (2, spare_port, "a.example.")],
    );
    let peer = watched("http+srv://_http._tcp.inventory.example", &nameserver);
    assert!(matches!(peer.send(get("/"), &ample()).await, Err(PeerError::Unresolved { .. })));
    until_instances(&peer, 2).await;
    for _ in 0..40 {
        assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), StatusCode::OK);
    }
    assert!(one.hits() > 0);
    assert_eq!(spare.hits(), 0);
}

#[tokio::test]
async fn instances_come_and_go_and_the_last_good_answer_stays() {
    let mut nameserver = Nameserver::start().await;
    nameserver.host("inventory.example", &[LOCALHOST, ANOTHER]);
    let (_one, _other, port) = two().await;
    let peer = watched(&format!("http://inventory.example:{port}"), &nameserver);
    until_instances(&peer, 2).await;
    nameserver.host("inventory.example", &[LOCALHOST]);
    until_instances(&peer, 1).await;
    nameserver.host("inventory.example", &[]);
    nameserver.stop().await;
    assert_eq!(peer.send(get("/"), &ample()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(peer.snapshot().instances.len(), 1);
}

#[tokio::test]
async fn nobody_is_asked_for_a_peer_that_is_gone() {
    let nameserver = Nameserver::start().await;
    nameserver.host("inventory.example", &[LOCALHOST]);
    let peer = peer_of("http://inventory.example", |settings| settings.nameserver = Some(nameserver.address));
    let watching = tokio::spawn(peer.watch());
    until_instances(&peer, 1).await;
    drop(peer);
    tokio::time::timeout(Duration::from_secs(30), watching).await.expect("the watch ends").unwrap();
}
