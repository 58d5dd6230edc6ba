use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::{Kind, Problem};
use serde::Deserialize;
use vocabulary::UserId;

use super::address::Address;
use super::visit::Visit;
use crate::clients::{ApiError, ItemsQuery};
use crate::shown::{Card, Frame, Keep, Notice, Page, day};

/// As long as the lists it shows.
const FRESH_SECONDS: u32 = 60;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    cursor: String,
}

#[derive(Template)]
#[template(path = "member.html")]
struct Member {
    f: Frame,
    name: String,
    since: Option<String>,
    notices: Vec<Notice>,
    cards: Vec<Card>,
    next: Option<String>,
}

/// What everybody may see of a member: the name, and what stands on their shelf.
pub(super) async fn member(
    visit: Visit,
    Address(id): Address<UserId>,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let query = ItemsQuery::default().with("owner", &id.to_string()).with("cursor", &from.cursor);
    let (profile, items) =
        tokio::join!(visit.web.users.profile(id, &visit.asking), visit.web.inventory.items(&query, &visit.asking));
    let (f, mut notices) = (visit.frame(), Vec::new());
    let profile = shown(profile, &mut notices, f.w.owner_missing)?;
    let items = shown(items, &mut notices, f.w.items_missing)?;
    let (status, keep) = match (&profile, &items) {
        (Some(_), Some(_)) => (StatusCode::OK, visit.keep(vec!["items".into(), format!("user:{id}")], FRESH_SECONDS)),
        (None, None) => return Err(Problem::new(Kind::Unavailable)),
        _ => (StatusCode::OK, Keep::Nobody),
    };
    let (items, cursor) = items.map(|page| (page.items, page.next)).unwrap_or_default();
    let next = cursor.map(|cursor| visit.link(&format!("/members/{id}"), [("cursor", &cursor)]));
    let template = Member {
        name: profile.as_ref().map_or_else(|| f.w.a_member.to_owned(), |profile| profile.display_name.clone()),
        since: profile
            .map(|profile| format!("{} {}", f.w.member_since, day(visit.lang, profile.member_since.date_naive()))),
        notices,
        cards: items.iter().map(|item| Card::new(visit.lang, item)).collect(),
        next,
        f,
    };
    Ok(Page::new(template).status(status).keep(keep).into_response())
}

/// What a service answered; nothing and a notice when it did not; a problem when it refused.
fn shown<T>(answer: Result<T, ApiError>, notices: &mut Vec<Notice>, words: &str) -> Result<Option<T>, Problem> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ ApiError::Refused { .. }) => Err(error.into()),
        Err(error) => {
            tracing::warn!(error = %error, "a member's page misses a part");
            notices.push(Notice::urgent(words));
            Ok(None)
        }
    }
}
