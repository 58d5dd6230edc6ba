//! All that other services may know of the user service: its requests and responses, and a typed client.

mod account;
mod client;
mod fake;
mod session;
mod validation;

pub use account::{Profile, RegisterRequest, Role, UpdateMeRequest, User, UserStatus};
pub use client::{HttpUsers, UserLookup, Users, UsersError};
pub use fake::FakeUsers;
pub use session::{LoginRequest, LogoutRequest, RefreshRequest, TokenPair};
pub use validation::{ActiveToken, ValidateTokenRequest, Validation};
