use std::path::PathBuf;

use clap::Args;
use simulate::{Base, Members, Probability, Seconds};

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// How many members there are, 1 to 10000; several numbers with commas between are simulated one after another.
    #[arg(long, value_name = "N", value_delimiter = ',', required = true)]
    pub(crate) members: Vec<Members>,
    /// For how long each crowd lives, 1 to 3600 seconds, once all have joined.
    #[arg(long, value_name = "S")]
    pub(crate) seconds: Seconds,
    /// How likely it is that somebody orders what they look at, 0 to 1; several numbers with commas between.
    #[arg(long, value_name = "P", value_delimiter = ',', required = true)]
    pub(crate) buy_probability: Vec<Probability>,
    /// Where the platform is. Its members stay, and so do their orders: choose one made for trying out.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) base: Base,
    /// The file for the plot; an older one is written over.
    #[arg(long, value_name = "FILE", default_value = "simulation.svg")]
    pub(crate) plot: PathBuf,
    /// The same number makes the same choices.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
}
