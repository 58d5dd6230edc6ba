//! Photos stand upright, however the camera was held.

use image::RgbImage;
use photos::Format;

use crate::samples::{Extras, FORMATS, alike, file_with, prepare, quarters, shown};

const RED: [u8; 3] = [220, 20, 20];
const GREEN: [u8; 3] = [20, 200, 20];

/// Where EXIF (CIPA DC-008 §4.6.4, tag 274) puts the first row's first corner, which is red, and its last, which is green.
const CORNERS: [(u8, Corner, Corner); 8] = [
    (1, Corner::TopLeft, Corner::TopRight),
    (2, Corner::TopRight, Corner::TopLeft),
    (3, Corner::BottomRight, Corner::BottomLeft),
    (4, Corner::BottomLeft, Corner::BottomRight),
    (5, Corner::TopLeft, Corner::BottomLeft),
    (6, Corner::TopRight, Corner::BottomRight),
    (7, Corner::BottomRight, Corner::TopRight),
    (8, Corner::BottomLeft, Corner::TopLeft),
];

#[derive(Clone, Copy, Debug)]
enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Corner {
    fn is(self, picture: &RgbImage, colour: [u8; 3]) -> bool {
        let (right, bottom) = (picture.width() - 8, picture.height() - 8);
        let (x, y) = match self {
            Self::TopLeft => (8, 8),
            Self::TopRight => (right, 8),
            Self::BottomLeft => (8, bottom),
            Self::BottomRight => (right, bottom),
        };
        alike(picture[(x, y)], colour)
    }
}

fn turned(format: Format, orientation: u8) -> Vec<u8> {
    file_with(&quarters(96, 64), format, Extras { exif: Some(exif(orientation)), ..Extras::default() })
}

/// A TIFF header and a directory of one entry: tag 274, one short.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    [&b"II\x2A\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat()
}

#[test]
fn every_orientation_is_set_upright() {
    for format in FORMATS {
        for (orientation, red, green) in CORNERS {
            let photo = prepare(&turned(format, orientation), format).unwrap();
            let (width, height) = if orientation < 5 { (96, 64) } else { (64, 96) };
            assert_eq!((photo.width, photo.height), (width, height), "{format} {orientation}");
            for rendition in [photo.full, photo.thumbnail] {
                let shown = shown(&rendition);
                assert_eq!(shown.dimensions(), (width, height));
                assert!(red.is(&shown, RED), "{format} {orientation}: red is not {red:?}");
                assert!(green.is(&shown, GREEN), "{format} {orientation}: green is not {green:?}");
            }
        }
    }
}

#[test]
fn an_orientation_that_does_not_exist_changes_nothing() {
    for orientation in [0, 9, 255] {
        let shown = shown(&prepare(&turned(Format::Jpeg, orientation), Format::Jpeg).unwrap().full);
        assert_eq!(shown.dimensions(), (96, 64));
        assert!(Corner::TopLeft.is(&shown, RED) && Corner::TopRight.is(&shown, GREEN));
    }
}
