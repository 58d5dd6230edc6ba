use url::Url;

/// A number or an address that a simulation cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotThat {
    #[error("there have to be 1 to 10000 members")]
    Members,
    #[error("it has to last 1 to 3600 seconds")]
    Seconds,
    #[error("a probability is a number from 0 to 1, such as 0.05")]
    Probability,
    #[error("it has to be the address of a Lendery, such as http://127.0.0.1:8080")]
    Base,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    #[error("{base} cannot be reached; start Lendery there with `lendery up`, or name another with --base")]
    Unreachable {
        base: Url,
        #[source]
        cause: reqwest::Error,
    },
    #[error("what answers at {base} is no Lendery: it has no list of items (status {status})")]
    Stranger { base: Url, status: u16 },
    #[error("nothing is on offer at {base}; import something, or start an empty one with `lendery up --demo`")]
    NothingOnOffer { base: Url },
    #[error("nobody can join {base}: {why}")]
    NobodyJoins { base: Url, why: String },
    #[error("the simulation broke off")]
    Broken(#[source] tokio::task::JoinError),
    #[error("the system refuses what an HTTP client needs")]
    Client(#[source] reqwest::Error),
}
