//! Small files that would unfold to more than a machine has.

use image::{DynamicImage, ImageBuffer, Rgb};
use photos::{Format, Limits, Photo, Refusal};

use crate::samples::{FORMATS, file, png, prepare, quarters};

/// A PNG whose header promises more than its data holds.
fn png_promising(width: u32, height: u32) -> Vec<u8> {
    png::of_chunks([
        (&b"IHDR"[..], png::header(width, height)),
        (b"IDAT", vec![0x78, 0x9C, 0x03, 0]),
        (b"IEND", vec![]),
    ])
}

/// A JPEG whose frame header (ITU-T T.81 §B.2.2) has other sides than its data.
fn jpeg_promising(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = file(&quarters(16, 16), Format::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// A WebP whose header (RFC 9649 §3.4) promises 16,383 pixels a side, in fourteen bits each and one less.
fn webp_promising_the_most() -> Vec<u8> {
    let mut webp = file(&quarters(16, 16), Format::WebP);
    let sides = webp.windows(4).position(|name| name == b"VP8L").unwrap() + 9;
    webp[sides..sides + 3].copy_from_slice(&[0xFE, 0xBF, 0xFF]);
    webp[sides + 3] |= 0x0F;
    webp
}

fn assert_too_many_pixels(file: &[u8], format: Format) {
    let outcome = prepare(file, format);
    assert!(matches!(outcome, Err(Refusal::TooManyPixels { .. })), "{format}: {outcome:?}");
}

#[test]
fn a_picture_of_fifty_thousand_pixels_a_side_is_refused() {
    assert_too_many_pixels(&png_promising(50_000, 50_000), Format::Png);
    assert_too_many_pixels(&jpeg_promising(50_000, 50_000), Format::Jpeg);
    assert_too_many_pixels(&webp_promising_the_most(), Format::WebP);
}

#[test]
fn neither_one_long_side_nor_many_pixels_in_all_get_through() {
    assert_too_many_pixels(&png_promising(12_001, 1), Format::Png);
    assert_too_many_pixels(&png_promising(1, u32::MAX >> 1), Format::Png);
    assert_too_many_pixels(&png_promising(8_000, 8_000), Format::Png);
    assert_too_many_pixels(&jpeg_promising(8_000, 8_000), Format::Jpeg);
}

#[test]
fn a_side_at_its_limit_is_taken_and_one_more_pixel_is_not() {
    let limits = Limits { side: 20, ..Limits::default() };
    for format in FORMATS {
        assert!(Photo::prepare(&file(&quarters(20, 20), format), format, &limits).is_ok());
        let wider = Photo::prepare(&file(&quarters(21, 20), format), format, &limits);
        assert!(matches!(wider, Err(Refusal::TooManyPixels { side: 20, .. })), "{wider:?}");
    }
}

#[test]
fn what_takes_too_much_memory_is_refused() {
    let deep = DynamicImage::ImageRgb16(ImageBuffer::from_pixel(20, 20, Rgb([1, 2, 3])));
    let upload = file(&deep, Format::Png);
    let limits = |memory| Limits { memory, ..Limits::default() };
    // What the pixels take, and some for the decoder itself.
    assert!(Photo::prepare(&upload, Format::Png, &limits(100_000)).is_ok());
    let refused = Photo::prepare(&upload, Format::Png, &limits(2_000));
    assert!(matches!(refused, Err(Refusal::TooDeep { limit_bytes: 2_000 })), "{refused:?}");
}

#[test]
fn a_promise_within_the_limits_that_is_not_kept_is_refused_or_filled() {
    assert!(matches!(prepare(&png_promising(4_000, 3_000), Format::Png), Err(Refusal::Damaged(_))));
    // A decoder of JPEG fills up what is missing; what was refused above is what costs.
    assert!(prepare(&jpeg_promising(64, 64), Format::Jpeg).is_ok_and(|photo| photo.width == 64));
}
