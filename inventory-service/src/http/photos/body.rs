use std::convert::Infallible;
use std::time::Duration;

use ::photos::{Format, Place};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures_util::stream;
use multer::Multipart;
use problem::{FieldErrors, Kind, Problem};
use service_kit::serve::limits::body_problem;

use crate::app::photos::Upload;
use crate::domain::photo;
use crate::http::AppState;

/// Bytes of a request: a photo of 10 MiB with the rest of its form.
pub(crate) const UPLOAD_BYTES: usize = 11 * 1024 * 1024;

/// When somebody who was turned away may try again: about as long as one photo takes.
const BUSY: Duration = Duration::from_secs(2);

/// A photo as a body of its own (`image/jpeg`, `image/png`, `image/webp`), or as the one file of a form
/// (`multipart/form-data`, RFC 7578), whose field `alt` says what is to be seen.
#[derive(Debug)]
pub(crate) struct PhotoBody {
    file: Bytes,
    format: Format,
    alt: String,
    place: Place,
}

impl PhotoBody {
    pub(super) fn file(&self) -> &[u8] {
        &self.file
    }

    pub(super) fn upload(self) -> Upload {
        let Self { file, format, alt, place } = self;
        Upload { file, format, alt, place }
    }
}

impl FromRequest<AppState> for PhotoBody {
    type Rejection = Problem;

    /// # Errors
    /// 429 when too many photos are being worked on, before anything is read; 415 for another media type; 413 for too many
    /// bytes; 400 and 422 for a form that is none or lacks its file.
    async fn from_request(request: Request, state: &AppState) -> Result<Self, Self::Rejection> {
        let place = state
            .processor
            .admit()
            .map_err(|busy| Problem::because(Kind::TooManyRequests, busy.to_string()).retry_after(BUSY))?;
        let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let given = given.unwrap_or_default().to_owned();
        let boundary = multer::parse_boundary(&given).ok();
        let format = given.parse::<Format>();
        if boundary.is_none()
            && let Err(unknown) = format
        {
            return Err(Problem::because(Kind::UnsupportedMediaType, unknown.to_string()));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| body_problem(&rejection, UPLOAD_BYTES as u64))?;
        match (boundary, format) {
            (Some(boundary), _) => Form::read(bytes, boundary).await?.photo(place),
            (None, Ok(format)) => Ok(Self { file: bytes, format, alt: String::new(), place }),
            (None, Err(unknown)) => Err(Problem::because(Kind::UnsupportedMediaType, unknown.to_string())),
        }
    }
}

/// The fields of the form, for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is read by the OpenAPI document alone")]
pub(super) struct PhotoForm {
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
    /// What is to be seen, at most 300 characters.
    #[schema(max_length = 300)]
    alt: Option<String>,
}

/// What a form had in it.
#[derive(Default)]
struct Form {
    /// The media type and the bytes of each file.
    files: Vec<(String, Bytes)>,
    alt: Option<String>,
}

impl Form {
    async fn read(bytes: Bytes, boundary: String) -> Result<Self, Problem> {
        let broken = |error: multer::Error| {
            Problem::because(Kind::MalformedRequest, format!("The form cannot be read: {error}."))
        };
        let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(bytes)]), boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            if part.file_name().is_some() || part.content_type().is_some() {
                let media_type = part.content_type().map(ToString::to_string).unwrap_or_default();
                form.files.push((media_type, part.bytes().await.map_err(broken)?));
            } else if part.name() == Some("alt") {
                form.alt = Some(part.text().await.map_err(broken)?);
            } else {
                let name = part.name().unwrap_or_default();
                let detail = format!("The form has a field \"{name}\"; it takes one file, and a text \"alt\".");
                return Err(Problem::because(Kind::UnknownField, detail));
            }
        }
        Ok(form)
    }

    fn photo(mut self, place: Place) -> Result<PhotoBody, Problem> {
        let mut errors = FieldErrors::default();
        let alt = photo::alt(&mut errors, "/alt", self.alt.as_deref());
        let file = self.files.pop();
        if file.is_none() {
            errors.refuse("/photo", "required", "The form needs a file.");
        }
        if !self.files.is_empty() {
            errors.refuse(
                "/photo",
                "too_many",
                "The form has more than one file; send each photo with a request of its own.",
            );
        }
        let ((media_type, file), alt) = errors.finish(file.zip(alt))?;
        let format = media_type.parse::<Format>();
        let format = format.map_err(|unknown| Problem::because(Kind::UnsupportedMediaType, unknown.to_string()))?;
        Ok(PhotoBody { file, format, alt, place })
    }
}
