use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::header;
use multer::{Constraints, Field, Multipart, SizeLimit};
use problem::{Kind, Problem};
use service_kit::serve::limits::body_problem;

use super::Web;
use super::posted::{Posted, check_own};
use crate::session::Visitor;

/// Bytes of a whole form: as many photos as an item may have, with some room.
pub(super) const UPLOAD_BYTES: usize = 128 * 1024 * 1024;

/// Bytes of one photo that the inventory takes.
const PHOTO_BYTES: usize = 10 * 1024 * 1024;

/// Bytes of a field that is no file.
const FIELD_BYTES: u64 = 4 * 1024;

/// Fields that are no files.
const MOST_FIELDS: usize = 16;

/// A form with files (`multipart/form-data`, RFC 7578) that one of our own pages has sent, as [`Posted`] knows them. It is read
/// as it comes: no more than one file is ever held.
#[derive(Debug)]
pub(crate) struct Upload {
    parts: Multipart<'static>,
    /// The file whose beginning was met behind the fields.
    met: Option<Field<'static>>,
    pub(super) fields: Posted,
}

/// A file of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    /// None when it is larger than any photo may be.
    pub(super) bytes: Option<Bytes>,
}

impl Upload {
    /// The next file; none when the form is over. A field left empty, which browsers send as a nameless file without bytes,
    /// is none.
    ///
    /// # Errors
    /// 413 over [`UPLOAD_BYTES`], 400 for a form that is none or breaks off.
    pub(super) async fn next(&mut self) -> Result<Option<File>, Problem> {
        loop {
            let field = match self.met.take() {
                Some(field) => field,
                None => match self.parts.next_field().await.map_err(|error| broken(&error))? {
                    Some(field) => field,
                    None => return Ok(None),
                },
            };
            let file = read(field).await?;
            if !(file.name.is_empty() && file.bytes.as_ref().is_some_and(Bytes::is_empty)) {
                return Ok(Some(file));
            }
        }
    }
}

impl FromRequest<Arc<Web>> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Web>) -> Result<Self, Self::Rejection> {
        check_own(request.headers())?;
        let visitor = request.extensions().get::<Visitor>().cloned();
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(media_type.unwrap_or_default());
        let boundary = boundary.map_err(|_| Problem::new(Kind::UnsupportedMediaType))?;
        let limits = SizeLimit::new().per_field(FIELD_BYTES).for_field("photo", u64::MAX);
        let body = request.with_limited_body().into_body().into_data_stream();
        let mut parts = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits));
        let (mut pairs, mut met) = (Vec::new(), None);
        while let Some(field) = parts.next_field().await.map_err(|error| broken(&error))? {
            if field.file_name().is_some() || pairs.len() == MOST_FIELDS {
                met = Some(field);
                break;
            }
            let name = field.name().unwrap_or_default().to_owned();
            pairs.push((name, field.text().await.map_err(|error| broken(&error))?));
        }
        Ok(Self { parts, met, fields: Posted::of(pairs, visitor.as_ref())? })
    }
}

/// Reads a file to its end, even one that is too large: a browser shows an answer only after it has sent all.
async fn read(mut field: Field<'static>) -> Result<File, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let media_type = field.content_type().map(ToString::to_string).unwrap_or_default();
    let mut bytes = Some(BytesMut::new());
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes = bytes.filter(|bytes| bytes.len() + chunk.len() <= PHOTO_BYTES);
        if let Some(bytes) = &mut bytes {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(File { name, media_type, bytes: bytes.map(BytesMut::freeze) })
}

fn broken(error: &multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(_) => body_problem(error, UPLOAD_BYTES as u64),
        other => Problem::because(Kind::MalformedRequest, format!("The form cannot be read: {other}.")),
    }
}
