use user_api::TokenPair;

use crate::app::Grant;

/// A grant as clients read it.
pub(in crate::http) fn token_pair(grant: Grant) -> TokenPair {
    TokenPair {
        access_token: grant.access_token,
        token_type: "Bearer".to_owned(),
        expires_in: grant.expires_in_seconds,
        refresh_token: grant.refresh_token,
        user_id: grant.user_id,
    }
}
