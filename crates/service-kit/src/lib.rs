//! What every service needs and none should write again: configuration, telemetry, serving, the database, the operations
//! listener, and the HTTP conventions of the API.

pub mod caller;
pub mod clock;
pub mod config;
pub mod credential;
pub mod db;
pub mod http;
pub mod ops;
pub mod process;
pub mod proxies;
pub mod randomness;
pub mod serve;
pub mod shutdown;
pub mod telemetry;

mod run;
mod secret_file;

pub use run::RunError;
