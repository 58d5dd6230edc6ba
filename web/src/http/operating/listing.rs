use http::StatusCode;
use problem::{Kind, Problem};
use vocabulary::Page;

use crate::clients::ApiError;
use crate::http::visit::Visit;
use crate::shown::Notice;
use crate::words::refusal;

/// What an address asks of a list: its filters, and where to go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a, const N: usize> {
    pub(super) filters: [(&'static str, &'a str); N],
    pub(super) cursor: &'a str,
}

/// A page of a list, with where the next one is. Filters that were refused leave it empty, and say so.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub(super) rows: Vec<T>,
    pub(super) next: Option<String>,
    pub(super) notices: Vec<Notice>,
    pub(super) status: StatusCode,
}

impl<const N: usize> Asked<'_, N> {
    /// The parameters of the API, which has our names for them.
    pub(super) fn parameters(&self) -> Vec<(&'static str, &str)> {
        self.from(self.cursor)
    }

    /// What a service has answered, as the list at `path`.
    ///
    /// # Errors
    /// Whatever is not about a filter.
    pub(super) fn listing<T>(
        &self,
        visit: &Visit,
        path: &str,
        answer: Result<Page<T>, ApiError>,
    ) -> Result<Listing<T>, Problem> {
        match answer {
            Ok(page) => Ok(Listing {
                rows: page.items,
                next: page.next.map(|cursor| visit.link(path, self.from(&cursor))),
                notices: Vec::new(),
                status: StatusCode::OK,
            }),
            Err(error) if error.kind() == Kind::InvalidFields => Ok(Listing {
                rows: Vec::new(),
                next: None,
                notices: error.fields().iter().map(|field| Notice::urgent(refusal(visit.lang, field))).collect(),
                status: StatusCode::UNPROCESSABLE_ENTITY,
            }),
            Err(error) => Err(error.into()),
        }
    }

    fn from<'b>(&'b self, cursor: &'b str) -> Vec<(&'static str, &'b str)> {
        self.filters.into_iter().chain([("cursor", cursor)]).collect()
    }
}
