use chrono_tz::Tz;
use inventory_api::PickupRequest;
use problem::FieldErrors;

use super::text;

/// Characters of a pick-up place's label.
const LONGEST_LABEL: usize = 120;

/// Where an item changes hands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pickup {
    pub(crate) label: String,
    /// Degrees north, -90 to 90.
    pub(crate) lat: f64,
    /// Degrees east, -180 to 180.
    pub(crate) lon: f64,
    /// The zone in which its days begin and end.
    pub(crate) time_zone: Tz,
}

impl Pickup {
    /// Reads the place at `/pickup`, noting everything that is wrong with it.
    pub(crate) fn parse(errors: &mut FieldErrors, request: &PickupRequest) -> Option<Self> {
        let label = errors.required("/pickup/label", request.label.as_deref()).and_then(|label| {
            text::line(label, LONGEST_LABEL).map_err(|error| error.note(errors, "/pickup/label")).ok()
        });
        let lat = degrees(errors, "/pickup/lat", request.lat, 90.0);
        let lon = degrees(errors, "/pickup/lon", request.lon, 180.0);
        let time_zone = errors.required("/pickup/time_zone", request.time_zone.as_deref()).and_then(|name| {
            let zone = name.parse::<Tz>().ok();
            if zone.is_none() {
                let detail = "It has to be an IANA time zone such as Europe/Vienna, or UTC.";
                errors.refuse("/pickup/time_zone", "unknown_time_zone", detail);
            }
            zone
        });
        Some(Self { label: label?, lat: lat?, lon: lon?, time_zone: time_zone? })
    }

    /// What an owner would send to say the same.
    pub(crate) fn document(&self) -> PickupRequest {
        PickupRequest {
            label: Some(self.label.clone()),
            lat: Some(self.lat),
            lon: Some(self.lon),
            time_zone: Some(self.time_zone.name().to_owned()),
        }
    }
}

fn degrees(errors: &mut FieldErrors, pointer: &str, value: Option<f64>, most: f64) -> Option<f64> {
    errors.required(pointer, value).filter(|degrees| {
        let right = (-most..=most).contains(degrees);
        if !right {
            errors.refuse(pointer, "out_of_range", format!("It has to be from -{most} to {most} degrees."));
        }
        right
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_one_that_exists() {
        let zone = |name: &str| {
            let (label, time_zone) = (Some("Shed".to_owned()), Some(name.to_owned()));
            let request = PickupRequest { label, lat: Some(0.0), lon: Some(0.0), time_zone };
            Pickup::parse(&mut FieldErrors::default(), &request).map(|place| place.time_zone)
        };
        for name in ["UTC", "Europe/Vienna", "America/Argentina/Salta", "America/Port-au-Prince", "Asia/Ho_Chi_Minh"] {
            assert_eq!(zone(name).unwrap().name(), name);
        }
        for name in ["", "+01:00", "Europe", "Europe/", "europe/vienna", "Europe/../x", "Mars/Olympus", "Europe/Wien"] {
            assert_eq!(zone(name), None, "{name}");
        }
    }

    #[test]
    fn every_bad_part_of_a_place_is_noted() {
        let mut errors = FieldErrors::default();
        let request = PickupRequest {
            label: Some("\u{202e}".to_owned()),
            lat: Some(90.5),
            lon: Some(f64::INFINITY),
            time_zone: None,
        };
        assert_eq!(Pickup::parse(&mut errors, &request), None);
        let problem = errors.finish::<()>(None).unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/pickup/label", "/pickup/lat", "/pickup/lon", "/pickup/time_zone"]);
    }
}
