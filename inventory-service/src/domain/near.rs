//! Distances on the globe: a box for the index, then the great circle.

use problem::FieldErrors;

/// The mean radius of the earth (IUGG), for which no distance is wrong by more than half a percent.
const EARTH_KM: f64 = 6371.0088;
/// How far people go for a drill unless they say it.
const USUAL_KM: f64 = 10.0;
/// The smallest and the largest circle that can be asked for.
const RADIUS_KM: std::ops::RangeInclusive<f64> = 0.1..=500.0;
/// The first circle in which the nearest are looked for, and how much wider each next one is.
const FIRST_KM: f64 = 0.5;
const WIDER: f64 = 4.0;

/// Whatever is within a circle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    lat: f64,
    lon: f64,
    radius_km: f64,
}

/// A box of degrees that holds a circle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) lat: (f64, f64),
    /// One range, or two where the box crosses the line of dates; all the way round at a pole.
    pub(crate) lon: Vec<(f64, f64)>,
}

impl Near {
    /// Reads a place such as `48.2,16.37` and a radius, noting everything that is wrong with them.
    pub(crate) fn parse(errors: &mut FieldErrors, place: &str, radius_km: Option<&str>) -> Option<Self> {
        let degrees = place.split_once(',').and_then(|(lat, lon)| {
            let within = |text: &str, most: f64| text.trim().parse().ok().filter(|at: &f64| at.abs() <= most);
            Some((within(lat, 90.0)?, within(lon, 180.0)?))
        });
        if degrees.is_none() {
            errors.refuse("near", "malformed", "It has to be degrees north and east, such as 48.2,16.37.");
        }
        let radius_km = radius_km.map_or(Some(USUAL_KM), |text| {
            let radius = text.parse().ok().filter(|radius| RADIUS_KM.contains(radius));
            if radius.is_none() {
                errors.refuse("radius_km", "out_of_range", "It has to be from 0.1 to 500 kilometres.");
            }
            radius
        });
        let ((lat, lon), radius_km) = (degrees?, radius_km?);
        Some(Self { lat, lon, radius_km })
    }

    /// A box around the circle (after J. P. Matuschek, "Finding Points Within a Distance of a Latitude/Longitude").
    pub(crate) fn bounds(&self) -> Bounds {
        let angle = self.radius_km / EARTH_KM;
        let half_height = angle.to_degrees();
        let lat = (self.lat - half_height, self.lat + half_height);
        if lat.0 <= -90.0 || lat.1 >= 90.0 {
            return Bounds { lat, lon: vec![(-180.0, 180.0)] };
        }
        let half_width = (angle.sin() / self.lat.to_radians().cos()).asin().to_degrees();
        let (west, east) = (self.lon - half_width, self.lon + half_width);
        let lon = if west < -180.0 {
            vec![(-180.0, east), (west + 360.0, 180.0)]
        } else if east > 180.0 {
            vec![(west, 180.0), (-180.0, east - 360.0)]
        } else {
            vec![(west, east)]
        };
        Bounds { lat, lon }
    }

    /// Smaller circles around the same place, from the inside out: those that reach beyond `chord`.
    pub(crate) fn circles(self, chord: f64) -> impl Iterator<Item = Self> {
        let radii = std::iter::successors(Some(FIRST_KM), |radius_km| Some(radius_km * WIDER));
        let smaller = radii.take_while(move |radius_km| *radius_km < self.radius_km);
        smaller.map(move |radius_km| Self { radius_km, ..self }).filter(move |near| near.longest() > chord)
    }

    /// The middle, on a sphere of radius 1.
    pub(crate) fn centre(&self) -> [f64; 3] {
        on_sphere(self.lat, self.lon)
    }

    /// The square of the longest chord within the circle. Chords and arcs grow together, and chords need no angles.
    pub(crate) fn longest(&self) -> f64 {
        let half = (self.radius_km / EARTH_KM / 2.0).sin();
        4.0 * half * half
    }

    /// The square of the chord to a place, reckoned in the order in which the databases do it.
    pub(crate) fn chord(&self, lat: f64, lon: f64) -> f64 {
        let (there, centre) = (on_sphere(lat, lon), self.centre());
        let square = |axis: usize| (there[axis] - centre[axis]) * (there[axis] - centre[axis]);
        square(0) + square(1) + square(2)
    }
}

/// A place as a point on a sphere of radius 1.
pub(crate) fn on_sphere(lat: f64, lon: f64) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(place: &str, radius_km: &str) -> Near {
        Near::parse(&mut FieldErrors::default(), place, Some(radius_km)).unwrap()
    }

    fn km(from: &str, lat: f64, lon: f64) -> f64 {
        2.0 * (near(from, "1").chord(lat, lon).sqrt() / 2.0).asin() * EARTH_KM
    }

    fn is_in(bounds: &Bounds, lat: f64, lon: f64) -> bool {
        let in_one = bounds.lon.iter().any(|(west, east)| (*west..=*east).contains(&lon));
        in_one && (bounds.lat.0..=bounds.lat.1).contains(&lat)
    }

    #[test]
    fn distances_are_those_of_great_circles() {
        assert!((km("48.2082,16.3738", 47.0707, 15.4395) - 145.0).abs() < 2.0, "Vienna and Graz");
        assert!((km("0,179.9", 0.0, -179.9) - 22.24).abs() < 0.1, "across the line of dates");
        assert!((km("90,0", 89.0, 123.0) - 111.2).abs() < 0.1, "from the pole");
    }

    #[test]
    fn whatever_is_in_the_circle_is_in_the_box() {
        for (place, radius) in [("48.2,16.4", "25"), ("-36.8,174.8", "500"), ("0,-179.99", "100"), ("89.9,10", "50")] {
            let near = near(place, radius);
            let bounds = near.bounds();
            let mut inside = 0;
            for (lat, lon) in (-900..=900).flat_map(|lat| (-360..=360).map(move |lon| (lat, lon))) {
                let (lat, lon) = (f64::from(lat) / 10.0, f64::from(lon) / 2.0);
                if near.chord(lat, lon) <= near.longest() {
                    inside += 1;
                    assert!(is_in(&bounds, lat, lon), "{place}: {lat},{lon} {bounds:?}");
                }
            }
            assert!(inside > 0, "{place}");
        }
    }

    #[test]
    fn the_nearest_are_looked_for_in_ever_wider_circles() {
        let within = |radius: &str, chord: f64| {
            let circles = near("48.2,16.4", radius).circles(chord);
            circles.map(|near| near.radius_km).collect::<Vec<_>>()
        };
        assert_eq!(within("10", 0.0), [0.5, 2.0, 8.0]);
        assert_eq!(within("500", near("48.2,16.4", "2").longest()), [8.0, 32.0, 128.0]);
        assert!(within("0.5", 0.0).is_empty());
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (place, radius) in
            [("48.2", "1"), ("91,0", "1"), ("0,181", "1"), ("NaN,0", "1"), ("a,b", "1"), ("0,0,0", "1"), ("0,0", "0")]
        {
            assert!(Near::parse(&mut FieldErrors::default(), place, Some(radius)).is_none(), "{place} {radius}");
        }
        assert!(Near::parse(&mut FieldErrors::default(), "0,0", Some("501")).is_none());
    }
}
