//! All that other services may know of the user service: its requests and responses, and a typed client.

mod account;
mod client;
mod fake;
mod key;
mod session;
mod validation;

pub use account::{
    ChangePasswordRequest, Profile, RegisterRequest, Role, SetupToken, UpdateMeRequest, User, UserStatus,
};
pub use client::{HttpUsers, UserLookup, Users, UsersError};
pub use fake::FakeUsers;
pub use key::{Jwk, JwkSet};
pub use session::{LoginRequest, LogoutRequest, RefreshRequest, TokenPair, UserSession};
pub use validation::{ActiveToken, ValidateTokenRequest, Validation};
