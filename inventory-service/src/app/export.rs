//! Files of items, in the columns that an import takes: to take in what was given out changes nothing.

use futures_util::stream::{Stream, try_unfold};
use sea_orm::DbErr;
use vocabulary::UserId;

use super::import::{Column, guarded, joined};
use super::{App, AppError};
use crate::db;
use crate::domain::amount;
use crate::domain::category::Categories;
use crate::domain::item::Item;
use crate::domain::listing::{Audience, Listing};
use crate::domain::offer::Offer;
use crate::domain::slug::Slug;
use crate::domain::sort::{Place, Sort};

/// Items that are read together: a file of any size needs the memory of so many.
const ITEMS_AT_ONCE: u64 = 500;

/// Why a file ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the rows could not be written")]
    Unwritten(#[from] csv::Error),
}

/// How far a file has come.
enum Progress {
    Header,
    Rows(Option<Place>),
    End,
}

/// The file of everything that the owner offers, drafts included and retired items left out, the oldest first, in pieces.
pub(crate) async fn export(
    app: App,
    owner: UserId,
) -> Result<impl Stream<Item = Result<Vec<u8>, ExportError>> + Send + 'static, AppError> {
    let categories = db::categories::all(app.db.read()).await?;
    let source = Source { app, owner, categories };
    Ok(try_unfold((source, Progress::Header), |(source, progress)| async move {
        let (piece, next) = match progress {
            Progress::Header => (written([Column::ALL.map(|column| column.name().to_owned())])?, Progress::Rows(None)),
            Progress::Rows(after) => source.rows(after).await?,
            Progress::End => return Ok(None),
        };
        Ok(Some((piece, (source, next))))
    }))
}

/// Where the rows come from.
struct Source {
    app: App,
    owner: UserId,
    categories: Categories,
}

impl Source {
    async fn rows(&self, after: Option<Place>) -> Result<(Vec<u8>, Progress), ExportError> {
        let oldest_first = Sort { descending: false, ..Sort::NEWEST };
        let listing = Listing { owner: Some(self.owner), sort: oldest_first, after, ..Listing::all(Audience::Owner) };
        let (items, next) = db::listing::page(self.app.db.read(), &listing, ITEMS_AT_ONCE).await?;
        let piece = written(items.iter().map(|item| self.row(item)))?;
        Ok((piece, next.map_or(Progress::End, |place| Progress::Rows(Some(place)))))
    }

    fn row(&self, item: &Item) -> [String; Column::ALL.len()] {
        Column::ALL.map(|column| guarded(&self.cell(item, column)).into_owned())
    }

    fn cell(&self, item: &Item, column: Column) -> String {
        let content = &item.content;
        let terms = Lent::of(content.terms.offer);
        let amount = |minor: Option<i64>| minor.map(|minor| amount::to_decimal(minor, content.terms.currency));
        let filled = match column {
            Column::Name => Some(content.name.clone()),
            Column::Category => Some(self.category(&content.category.slug)),
            Column::Description => Some(content.description.clone()),
            Column::Units => terms.units.map(|units| units.to_string()),
            Column::LoanDays => terms.max_loan_days.map(|days| days.to_string()),
            Column::Tags => Some(joined(&content.tags)),
            // An import knows an item by its own id where its owner has given it none.
            Column::ExternalId => Some(item.external_id.clone().unwrap_or_else(|| item.id.to_string())),
            Column::DailyPrice => amount(terms.daily_price),
            Column::Deposit => amount(terms.deposit),
            Column::Currency => terms.daily_price.or(terms.deposit).map(|_| content.terms.currency.to_string()),
        };
        filled.unwrap_or_default()
    }

    /// The name of a category if it leads back to it, which is better to read; otherwise its slug, which always does.
    fn category(&self, slug: &Slug) -> String {
        let named = self.categories.get(slug.as_str()).map(|category| category.name.clone());
        named.filter(|name| Slug::of_name(name).as_ref() == Some(slug)).unwrap_or_else(|| slug.to_string())
    }
}

/// What only things that are lent have.
#[derive(Default)]
struct Lent {
    units: Option<u32>,
    max_loan_days: Option<u16>,
    daily_price: Option<i64>,
    deposit: Option<i64>,
}

impl Lent {
    fn of(offer: Offer) -> Self {
        match offer {
            Offer::Lend { units, daily_price, deposit, max_loan_days, .. } => {
                Self { units: Some(units), max_loan_days, daily_price, deposit }
            }
            Offer::Sell { .. } => Self::default(),
        }
    }
}

fn written<const CELLS: usize>(rows: impl IntoIterator<Item = [String; CELLS]>) -> Result<Vec<u8>, csv::Error> {
    let mut piece = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut piece);
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.flush()?;
    drop(writer);
    Ok(piece)
}
