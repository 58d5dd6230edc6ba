//! What the pages say to those who look after their own things and their account.

mod english;
mod german;

pub(super) use english::ENGLISH;
pub(super) use german::GERMAN;

/// Every word about photos, units, bookings and one's own data, in one language.
#[derive(Debug)]
pub(crate) struct OwningWords {
    // Photos.
    pub(crate) photos: &'static str,
    pub(crate) alt: &'static str,
    pub(crate) earlier: &'static str,
    pub(crate) later: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) add_photos: &'static str,
    pub(crate) photo_hint: &'static str,
    pub(crate) send_photos: &'static str,
    pub(crate) no_file: &'static str,
    pub(crate) photo_too_big: &'static str,
    pub(crate) no_picture: &'static str,
    pub(crate) too_many_photos: &'static str,
    pub(crate) photo_busy: &'static str,
    pub(crate) photo_not_taken: &'static str,
    pub(crate) some_not_taken: &'static str,
    pub(crate) were_added: &'static str,
    // Units and labels.
    pub(crate) units: &'static str,
    pub(crate) units_missing: &'static str,
    pub(crate) unit_label: &'static str,
    pub(crate) out_of_service: &'static str,
    pub(crate) new_unit: &'static str,
    pub(crate) add_unit: &'static str,
    pub(crate) unit_label_hint: &'static str,
    pub(crate) print_labels: &'static str,
    pub(crate) labels_hint: &'static str,
    pub(crate) code_to: &'static str,
    // Bookings.
    pub(crate) bookings: &'static str,
    pub(crate) bookings_heading: &'static str,
    pub(crate) bookings_missing: &'static str,
    pub(crate) no_bookings: &'static str,
    pub(crate) month_before: &'static str,
    pub(crate) month_after: &'static str,
    // My data.
    pub(crate) my_data: &'static str,
    pub(crate) export_hint: &'static str,
    pub(crate) export: &'static str,
    pub(crate) erase: &'static str,
    pub(crate) erase_warning: &'static str,
    pub(crate) erase_confirm: &'static str,
    pub(crate) erase_now: &'static str,
    pub(crate) erase_mismatch: &'static str,
    pub(crate) erased: &'static str,
}
