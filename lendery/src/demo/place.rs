use inventory_api::PickupRequest;

/// Where members hand things over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    label: &'static str,
    /// Degrees north and east.
    lat: f64,
    lon: f64,
}

/// The demo's members live in three neighbourhoods of one town, a few kilometres apart, so that "near" has something to tell
/// apart.
pub(super) const WORKSHOP: Place = Place { label: "Courtyard workshop, Neubau", lat: 48.2034, lon: 16.3486 };
pub(super) const CANAL: Place = Place { label: "Boathouse on the canal, Leopoldstadt", lat: 48.2192, lon: 16.3815 };
pub(super) const GARDEN: Place = Place { label: "Community garden, Favoriten", lat: 48.1712, lon: 16.3778 };

const TIME_ZONE: &str = "Europe/Vienna";

impl Place {
    pub(super) fn pickup(self) -> PickupRequest {
        PickupRequest {
            label: Some(self.label.to_owned()),
            lat: Some(self.lat),
            lon: Some(self.lon),
            time_zone: Some(TIME_ZONE.to_owned()),
        }
    }
}
