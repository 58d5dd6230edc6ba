use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// Orders that wait for somebody to decide, because a step has failed five times. Without a word: list.
    Stuck {
        #[command(subcommand)]
        what: Option<Stuck>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Stuck {
    /// Show each with the step that it waits at, and why.
    List,
    /// Ask for the step again, five more times.
    Retry(Named),
    /// Give the order up and undo what was done for it; until something of it is handed over.
    Undo(Named),
    /// Take the step for done: somebody has done by hand what it asks for.
    Accept(Named),
}

/// An order of the list.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its number, or its id.
    pub(crate) order: String,
}
