//! All that other services may know of the user service: its requests and responses, and a typed client.

mod account;
mod administration;
mod client;
mod fake;
mod key;
mod remembered;
mod security_event;
mod session;
mod validation;

pub use account::{
    ChangePasswordRequest, Profile, RegisterRequest, Role, SetupToken, UpdateMeRequest, User, UserStatus,
};
pub use administration::{AccountExport, PasswordResetLink, ResetPasswordRequest, UpdateUserRequest};
pub use client::{HttpUsers, UserLookup, Users, UsersError};
pub use fake::FakeUsers;
pub use key::{Jwk, JwkSet, KeyState, SigningKeyInfo, SigningKeys};
pub use remembered::RememberedUsers;
pub use security_event::{SecurityEvent, SecurityEventId, SecurityEventKind};
pub use session::{LoginRequest, LogoutRequest, RefreshRequest, TokenPair, UserSession};
pub use validation::{ActiveToken, ValidateTokenRequest, Validation};
