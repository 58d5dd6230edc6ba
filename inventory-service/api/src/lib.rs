//! All that other services may know of the inventory: its requests and responses, and a typed client.

mod availability;
mod batch;
mod category;
mod client;
mod error;
mod fake;
mod history;
mod import;
mod item;
mod reservation;
mod unit;
mod words;

pub use availability::{Availability, DayAvailability};
pub use batch::{BatchReport, BatchResult, CreateItemsRequest};
pub use category::{Category, CreateCategoryRequest, ReplaceCategoryRequest};
pub use client::{HttpReservations, ReservationClient};
pub use error::ReservationError;
pub use fake::FakeReservations;
pub use history::{ChangeKind, ItemChange, ItemChangeId};
pub use import::{ImportReport, RowError};
pub use item::{
    ArrangePhotosRequest, CreateItemRequest, Item, MoneyRequest, Photo, PhotoId, PhotoRequest, Pickup, PickupRequest,
    ReplaceItemRequest,
};
pub use reservation::{
    ExtendRequest, Free, HandOverRequest, HoldRequest, Period, PeriodRequest, Reservation, ReservationId,
    ReservationState,
};
pub use unit::{Unit, UnitId, UnitRequest};
pub use words::{Approval, Condition, ItemStatus, OfferKind};
