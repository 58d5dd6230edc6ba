use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

type Records = Arc<Mutex<BTreeMap<String, Vec<RData>>>>;

/// A DNS server on a port of its own that knows what it is told. Dropped, it is gone.
pub(crate) struct Nameserver {
    pub(crate) address: SocketAddr,
    records: Records,
    server: JoinSet<()>,
}

impl Nameserver {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, records) = (socket.local_addr().unwrap(), Records::default());
        let mut server = JoinSet::new();
        server.spawn(serve(socket, Arc::clone(&records)));
        Self { address, records, server }
    }

    pub(crate) fn host(&self, name: &str, addresses: &[Ipv4Addr]) {
        let records = addresses.iter().map(|address| RData::A((*address).into())).collect();
        self.records.lock().unwrap().insert(name.to_owned(), records);
    }

    /// Targets as priority, port and name.
    pub(crate) fn service(&self, name: &str, targets: &[(u16, u16, &str)]) {
        let target = |(priority, port, name): &(u16, u16, &str)| {
            RData::SRV(SRV::new(*priority, 0, *port, Name::from_utf8(name).unwrap()))
        };
        self.records.lock().unwrap().insert(name.to_owned(), targets.iter().map(target).collect());
    }

    /// From now on it says nothing.
    pub(crate) async fn stop(&mut self) {
        self.server.shutdown().await;
    }
}

async fn serve(socket: UdpSocket, records: Records) {
    let mut datagram = [0; 2048];
    loop {
        let (length, from) = socket.recv_from(&mut datagram).await.unwrap();
        let Ok(query) = Message::from_vec(&datagram[..length]) else { continue };
        let answer = answer(&query, &records.lock().unwrap());
        socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
    }
}

fn answer(query: &Message, records: &BTreeMap<String, Vec<RData>>) -> Message {
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    let question = query.queries[0].clone();
    let wanted = |data: &&RData| match question.query_type() {
        RecordType::A => matches!(data, RData::A(_)),
        RecordType::SRV => matches!(data, RData::SRV(_)),
        _ => false,
    };
    let name = question.name().to_utf8();
    match records.get(name.trim_end_matches('.')) {
        None => answer.metadata.response_code = ResponseCode::NXDomain,
        Some(known) => {
            for data in known.iter().filter(wanted) {
                answer.add_answer(Record::from_rdata(question.name().clone(), 60, data.clone()));
            }
        }
    }
    answer.add_query(question);
    answer
}
