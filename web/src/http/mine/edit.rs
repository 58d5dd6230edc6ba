use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use inventory_api::{CreateItemRequest, Item, ItemStatus, OfferKind};
use problem::{Kind, Problem};
use vocabulary::ItemId;

use super::form::{Group, Values};
use super::meaning::patch;
use super::photos::PhotosForm;
use crate::clients::{Answer, ApiError};
use crate::http::address::Address;
use crate::http::came::Came;
use crate::http::posted::Posted;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Choice, Control, Field, Frame, Notice, Page, redirect, refuse};
use crate::words::Words;

const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");

/// What a form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Draft {
    /// Something new; the key makes it once.
    New { key: String },
    /// An item as it was in this version.
    Of { id: ItemId, version: i64 },
}

#[derive(Template)]
#[template(path = "edit.html")]
pub(super) struct EditPage {
    f: Frame,
    heading: &'static str,
    notices: Vec<Notice>,
    action: String,
    hidden: Vec<(&'static str, String)>,
    /// Asked for when the sign-in has ended while somebody was writing.
    sign_in: Vec<Field>,
    groups: Vec<Group>,
    submit: &'static str,
    existing: Option<Existing>,
}

struct Existing {
    id: ItemId,
    version: i64,
    moves: Vec<Choice>,
    photos: PhotosForm,
    /// Whether it has units, each with a label.
    is_lent: bool,
}

/// The form of one of the member's items.
pub(in crate::http) async fn show(
    visit: Visit,
    Address(id): Address<ItemId>,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    visit.session()?;
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let notices = came.notices(visit.lang.words());
    Ok(Page::new(EditPage::of(&visit, &item, notices, Vec::new()).await).into_response())
}

/// Saves what stands in the form, unless the item was changed elsewhere since the form was made: then both versions show.
pub(in crate::http) async fn submit(
    mut visit: Visit,
    Address(id): Address<ItemId>,
    posted: Posted,
) -> Result<Response, Problem> {
    let (version, values) = (posted.version()?, Values::posted(&posted));
    let draft = Draft::Of { id, version };
    let request = match refused(&mut visit, &posted, &draft, &values).await {
        Ok(request) => request,
        Err(page) => return Ok(page),
    };
    let mut change = patch(&request, values.kind());
    if let Some(members) = change.as_object_mut() {
        // Chosen once, and by buttons of its own.
        members.retain(|name, _| name != "offer" && name != "status");
    }
    match visit.web.inventory.change(id, version, &change, &visit.asking).await {
        Ok(Answer { invalidates, .. }) => Ok(send(&visit, &visit.path(&format!("/mine/{id}?saved=1")), invalidates)),
        Err(error) if error.is(StatusCode::PRECONDITION_FAILED) => lost_update(&visit, id, &request, &values).await,
        Err(error) => Ok(EditPage::after(&visit, &draft, &values, error).await),
    }
}

/// What the form asks for; or the form again with what is wrong with it, for somebody whose sign-in has ended with the fields
/// to sign in.
pub(super) async fn refused(
    visit: &mut Visit,
    posted: &Posted,
    draft: &Draft,
    values: &Values,
) -> Result<CreateItemRequest, Response> {
    if visit.session().is_err()
        && !posted.get("email").is_empty()
        && let Err(error) = sign_in::begin(visit, posted).await
    {
        let mut page = EditPage::new(visit, draft, values, vec![sign_in::failure(visit.lang, &error)]).await;
        page.sign_in = sign_in::fields(visit.lang, posted);
        return Err(Page::new(page).status(sign_in::status(&error)).into_response());
    }
    if visit.session().is_err() {
        return Err(EditPage::signed_out(visit, draft, values).await);
    }
    let w = visit.lang.words();
    let misread = match values.request(w) {
        Ok(request) => return Ok(request),
        Err(misread) => misread,
    };
    let mut page = EditPage::new(visit, draft, values, vec![Notice::urgent(w.look_at_fields)]).await;
    for (name, why) in misread {
        page.fields().filter(|field| field.name == name).for_each(|field| field.error = Some(why.to_owned()));
    }
    let response = Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response();
    Err(sign_in::with_session(response, visit))
}

/// Sends the browser on after a write: with the session, which may have begun just now, and for the gateway with what the
/// write has made stale.
pub(in crate::http) fn send(visit: &Visit, to: &str, invalidates: Option<HeaderValue>) -> Response {
    invalidating(sign_in::with_session(redirect(to), visit), invalidates)
}

/// Tells the gateway what a write has made stale.
pub(super) fn invalidating(mut response: Response, invalidates: Option<HeaderValue>) -> Response {
    response.headers_mut().extend(invalidates.map(|groups| (CACHE_GROUP_INVALIDATION, groups)));
    response
}

async fn lost_update(
    visit: &Visit,
    id: ItemId,
    request: &CreateItemRequest,
    values: &Values,
) -> Result<Response, Problem> {
    let w = visit.lang.words();
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let theirs = Values::of(&item);
    if theirs.request(w).is_ok_and(|theirs| theirs == *request) {
        // The same form was sent twice, and the first one did it.
        return Ok(send(visit, &visit.path(&format!("/mine/{id}?saved=1")), None));
    }
    let draft = Draft::Of { id, version: item.version };
    let mut page = EditPage::new(visit, &draft, values, vec![Notice::urgent(w.lost_update)]).await;
    for field in page.fields() {
        let other = theirs.get(field.name);
        if other != field.value {
            field.theirs = Some(readable(field, other, w));
        }
    }
    let response = Page::new(page).status(StatusCode::CONFLICT).into_response();
    Ok(sign_in::with_session(response, visit))
}

/// A value as the form would show it.
fn readable(field: &Field, value: &str, w: &Words) -> String {
    let choices = match &field.control {
        Control::Select(choices) | Control::Radios(choices) => choices.as_slice(),
        Control::Input(_) | Control::Text => &[],
    };
    let chosen = choices.iter().find(|choice| choice.value == value).map(|choice| choice.label.as_str());
    match chosen.unwrap_or(value) {
        "" => w.nothing_there.to_owned(),
        shown => shown.to_owned(),
    }
}

/// The states that an item may be moved to by a button.
fn moves(w: &Words, status: ItemStatus) -> Vec<Choice> {
    let all = [(ItemStatus::Listed, w.to_listed), (ItemStatus::Paused, w.to_paused), (ItemStatus::Draft, w.to_draft)];
    let others = all.into_iter().filter(|(other, _)| *other != status);
    others.map(|(other, label)| Choice::new(other.as_str(), label)).collect()
}

impl EditPage {
    /// The form of an item as it is, with all that can be done with it besides.
    pub(super) async fn of(visit: &Visit, item: &Item, notices: Vec<Notice>, photo_problems: Vec<String>) -> Self {
        let draft = Draft::Of { id: item.id, version: item.version };
        let mut page = Self::new(visit, &draft, &Values::of(item), notices).await;
        page.existing = Some(Existing {
            id: item.id,
            version: item.version,
            moves: moves(visit.lang.words(), item.status),
            photos: PhotosForm::new(visit, item, photo_problems),
            is_lent: item.offer == OfferKind::Lend,
        });
        page
    }

    pub(super) async fn new(visit: &Visit, draft: &Draft, values: &Values, mut notices: Vec<Notice>) -> Self {
        let w = visit.lang.words();
        let categories = visit.web.inventory.categories(&visit.asking).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a form misses the categories");
            notices.push(Notice::calm(w.categories_missing));
            Vec::new()
        });
        let is_new = matches!(draft, Draft::New { .. });
        let (action, mut hidden) = match draft {
            Draft::New { key } => (visit.path("/offer"), vec![("key", key.clone())]),
            Draft::Of { id, version } => (visit.path(&format!("/mine/{id}")), vec![("version", version.to_string())]),
        };
        if !is_new {
            hidden.push(("offer", values.kind().as_str().to_owned()));
        }
        Self {
            f: visit.frame(),
            heading: if is_new { w.offer_heading } else { w.edit_heading },
            notices,
            action,
            hidden,
            sign_in: Vec::new(),
            groups: values.groups(visit.lang, &categories, is_new),
            submit: w.save,
            existing: None,
        }
    }

    /// The form again after the inventory has not done what it asked for.
    pub(super) async fn after(visit: &Visit, draft: &Draft, values: &Values, error: ApiError) -> Response {
        if error.kind() == Kind::InvalidToken {
            return Self::signed_out(visit, draft, values).await;
        }
        let mut page = Self::new(visit, draft, values, vec![sign_in::failure(visit.lang, &error)]).await;
        refuse(visit.lang, &mut page.fields().collect::<Vec<_>>(), error.fields());
        let response = Page::new(page).status(sign_in::status(&error)).into_response();
        sign_in::with_session(response, visit)
    }

    /// The form with all that was typed, and the fields to sign in again.
    async fn signed_out(visit: &Visit, draft: &Draft, values: &Values) -> Response {
        let words = visit.lang.words().sign_in_ended;
        let mut page = Self::new(visit, draft, values, vec![Notice::urgent(words)]).await;
        page.sign_in = sign_in::fields(visit.lang, &Posted::default());
        Page::new(page).status(StatusCode::UNAUTHORIZED).into_response()
    }

    fn fields(&mut self) -> impl Iterator<Item = &mut Field> {
        self.groups.iter_mut().flat_map(|group| &mut group.fields)
    }
}
