use anyhow::Result;
use serde_json::json;

use super::service::{EMAIL, PASSWORD, Service};
use crate::figure::Figure;

/// Logins of each kind; fewer than make an account wait.
const LOGINS: u32 = 4;

/// How many passwords are hashed for a login: as many for an e-mail that nobody has as for one that somebody has.
pub(super) async fn one_for_each_login(service: &Service) -> Result<Figure> {
    let client = service.client();
    let mut per_login = Vec::new();
    for (known, right) in [(true, true), (true, false), (false, false)] {
        let before = hashes(service).await?;
        for number in 0..LOGINS {
            let email = if known { EMAIL.to_owned() } else { format!("nobody{number}@example.org") };
            let login = json!({ "email": email, "password": if right { PASSWORD } else { "not the password" } });
            let answer = client.post("/api/v1/auth/login", &login).await;
            answer.expect(if right { 200 } else { 401 });
        }
        per_login.push((hashes(service).await? - before) / f64::from(LOGINS));
    }
    Ok(Figure {
        // Fewer than one would be as wrong as more: it would tell by its time whether an e-mail is known.
        name: "hashes per login, how far any kind is from one",
        measured: per_login.iter().map(|hashes| (hashes - 1.0_f64).abs()).fold(0.0, f64::max),
        bound: 0.0,
        unit: "",
        reference: format!("right, wrong, unknown e-mail: {per_login:?}"),
    })
}

async fn hashes(service: &Service) -> Result<f64> {
    service.counter("lendery_users_password_hashes_total").await
}
