//! The pages: one page, one file; `routes.rs` is the only list of them.

mod account;
mod address;
mod assets;
mod browse;
mod came;
mod cart;
mod categories;
mod home;
mod item;
mod member;
mod mine;
mod negotiate;
mod operating;
mod orders;
mod posted;
mod problem_pages;
mod problems;
mod register;
mod routes;
mod secured;
mod sign_in;
mod sign_in_again;
mod sign_out;
mod upload;
mod visit;
mod web;

pub use routes::PATHS;
pub(crate) use routes::router;
pub(crate) use visit::asking_headers;
pub(crate) use web::Web;
