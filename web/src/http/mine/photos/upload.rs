use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use problem::{Kind, Problem};
use vocabulary::ItemId;

use crate::clients::{ApiError, PhotoFile};
use crate::http::address::Address;
use crate::http::mine::edit::{EditPage, invalidating, send};
use crate::http::upload::{File, Upload};
use crate::http::visit::Visit;
use crate::shown::{Notice, Page, redirect};
use crate::words::Language;

/// What the inventory takes for a photo.
const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// What came of the photos of one form.
#[derive(Debug, Default)]
struct Outcome {
    added: usize,
    invalidates: Option<HeaderValue>,
    problems: Vec<String>,
}

/// Where the form is.
pub(in crate::http) async fn show(visit: Visit, Address(id): Address<ItemId>) -> Result<Response, Problem> {
    Ok(redirect(&visit.path(&format!("/mine/{id}#photos"))))
}

/// Adds photos to an item, one after the other. Each that cannot be is named at the form with the reason; the others stay.
pub(in crate::http) async fn submit(
    visit: Visit,
    Address(id): Address<ItemId>,
    mut upload: Upload,
) -> Result<Response, Problem> {
    let here = visit.path(&format!("/mine/{id}"));
    if visit.session().is_err() {
        return Ok(to_sign_in(&visit, &here));
    }
    let (key, mut outcome) = (upload.fields.get("key").to_owned(), Outcome::default());
    let mut number = 0;
    while let Some(file) = upload.next().await? {
        number += 1;
        match add(&visit, id, file, &format!("{key}-{number}"), &mut outcome).await {
            Ok(()) => {}
            Err(error) if error.kind() == Kind::InvalidToken => return Ok(to_sign_in(&visit, &here)),
            Err(error) => return Err(error.into()),
        }
    }
    if number == 0 {
        outcome.problems.push(visit.lang.words().owning.no_file.to_owned());
    }
    if outcome.problems.is_empty() {
        return Ok(send(&visit, &format!("{here}?saved=1#photos"), outcome.invalidates));
    }
    again(&visit, id, outcome).await
}

/// One photo. Fails where the whole item is out of reach.
async fn add(visit: &Visit, id: ItemId, file: File, key: &str, outcome: &mut Outcome) -> Result<(), ApiError> {
    let w = &visit.lang.words().owning;
    let File { name, media_type, bytes } = file;
    let mut refuse = |why: &str| outcome.problems.push(format!("{name}: {why}"));
    let Some(bytes) = bytes else {
        refuse(w.photo_too_big);
        return Ok(());
    };
    if bytes.is_empty() || !MEDIA_TYPES.contains(&&*media_type) {
        refuse(w.no_picture);
        return Ok(());
    }
    match visit.web.inventory.add_photo(id, PhotoFile { media_type, bytes }, key, &visit.asking).await {
        Ok(answer) => {
            outcome.added += 1;
            outcome.invalidates = answer.invalidates;
        }
        Err(error) => refuse(&reason(visit.lang, error)?),
    }
    Ok(())
}

/// Why a photo was not taken.
fn reason(language: Language, error: ApiError) -> Result<String, ApiError> {
    let w = language.words();
    Ok(match error.kind() {
        Kind::Unavailable => {
            tracing::warn!(error = %error, "a photo was not taken");
            w.owning.photo_not_taken.to_owned()
        }
        Kind::TooManyRequests => w.owning.photo_busy.to_owned(),
        Kind::BodyTooLarge => w.owning.photo_too_big.to_owned(),
        kind @ (Kind::InvalidFields | Kind::UnsupportedMediaType | Kind::Conflict) => {
            let fields = error.fields().iter().map(|field| field.detail.as_str());
            let said = fields.chain(error.detail()).next();
            match (language, said) {
                (Language::English, Some(said)) => said.to_owned(),
                _ if kind == Kind::Conflict => w.owning.too_many_photos.to_owned(),
                _ => w.owning.no_picture.to_owned(),
            }
        }
        _ => return Err(error),
    })
}

async fn again(visit: &Visit, id: ItemId, outcome: Outcome) -> Result<Response, Problem> {
    let item = visit.web.inventory.item(id, &visit.asking).await?;
    let w = visit.lang.words();
    let mut notices = vec![Notice::urgent(w.owning.some_not_taken)];
    if outcome.added > 0 {
        notices.push(Notice::calm(format!("{} {}", outcome.added, w.owning.were_added)));
    }
    let page = EditPage::of(visit, &item, notices, outcome.problems).await;
    let response = Page::new(page).status(StatusCode::UNPROCESSABLE_ENTITY).into_response();
    Ok(invalidating(response, outcome.invalidates))
}

/// What was sent cannot be taken up again after signing in; the page that it was sent from can.
fn to_sign_in(visit: &Visit, back: &str) -> Response {
    redirect(&visit.link("/sign-in", [("back", back)]))
}
