//! What a page is made of, whichever page it is.

mod assets;
mod card;
mod chart;
mod dates;
mod field;
mod frame;
mod look;
mod money;
mod months;
mod notice;
mod origin;
mod page;
mod period;
mod qr;
mod tree;

pub(crate) use assets::Assets;
pub(crate) use card::{Card, price};
pub(crate) use chart::Chart;
pub(crate) use dates::{day, moment};
pub(crate) use field::{Choice, Control, Field, refuse};
pub(crate) use frame::Frame;
pub(crate) use look::Look;
pub(crate) use money::{amount, in_field, parse_amount};
pub(crate) use months::{Month, month_title, months, weeks};
pub(crate) use notice::Notice;
pub(crate) use origin::origin;
pub(crate) use page::{Keep, Page, redirect};
pub(crate) use period::{LoanDays, day_count, days_of, loan_days, zone};
pub(crate) use qr::Qr;
pub(crate) use tree::{Shelf, shelves};
