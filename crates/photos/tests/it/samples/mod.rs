//! Pictures and the files they are in.

pub(crate) mod png;
pub(crate) mod webp;

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, Rgb, RgbImage};
use photos::{Format, Limits, Photo, Refusal};

pub(crate) const FORMATS: [Format; 3] = [Format::Jpeg, Format::Png, Format::WebP];

/// A picture without two equal quarters: red and green above, blue and white below.
pub(crate) fn quarters(width: u32, height: u32) -> DynamicImage {
    let colour = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (true, false) => Rgb([20, 20, 220]),
        (false, false) => Rgb([250, 250, 250]),
    };
    RgbImage::from_fn(width, height, colour).into()
}

/// What a file holds beside its pixels.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) exif: Option<Vec<u8>>,
    pub(crate) profile: Option<Vec<u8>>,
}

pub(crate) fn file(picture: &DynamicImage, format: Format) -> Vec<u8> {
    file_with(picture, format, Extras::default())
}

pub(crate) fn file_with(picture: &DynamicImage, format: Format, extras: Extras) -> Vec<u8> {
    let mut file = Vec::new();
    match format {
        Format::Jpeg => write(JpegEncoder::new_with_quality(&mut file, 90), picture, extras),
        Format::Png => write(PngEncoder::new(&mut file), picture, extras),
        Format::WebP => write(WebPEncoder::new_lossless(&mut file), picture, extras),
    }
    file
}

fn write(mut encoder: impl ImageEncoder, picture: &DynamicImage, Extras { exif, profile }: Extras) {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).unwrap();
    }
    picture.write_with_encoder(encoder).unwrap();
}

pub(crate) fn prepare(file: &[u8], format: Format) -> Result<Photo, Refusal> {
    Photo::prepare(file, format, &Limits::default())
}

/// The pixels of what was made, read as any browser would.
pub(crate) fn shown(jpeg: &[u8]) -> RgbImage {
    assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF]));
    image::ImageReader::new(Cursor::new(jpeg)).with_guessed_format().unwrap().decode().unwrap().into_rgb8()
}

/// Whether two colours look the same after a JPEG has had its way with them.
pub(crate) fn alike(one: Rgb<u8>, other: [u8; 3]) -> bool {
    one.0.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 12)
}
