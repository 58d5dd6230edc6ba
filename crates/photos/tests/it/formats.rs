//! Every kind of picture that is taken comes out as one kind of photo.

use image::{DynamicImage, GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};
use photos::Format;

use crate::samples::{FORMATS, alike, file, prepare, quarters, shown};

#[test]
fn each_format_keeps_its_picture() {
    for format in FORMATS {
        let photo = prepare(&file(&quarters(64, 48), format), format).unwrap();
        assert_eq!((photo.width, photo.height), (64, 48));
        for rendition in [photo.full, photo.thumbnail] {
            let shown = shown(&rendition);
            assert_eq!(shown.dimensions(), (64, 48));
            assert!(alike(shown[(8, 8)], [220, 20, 20]), "{format}: {:?}", shown[(8, 8)]);
            assert!(alike(shown[(56, 40)], [250, 250, 250]), "{format}: {:?}", shown[(56, 40)]);
        }
    }
}

#[test]
fn a_large_picture_is_scaled_down_in_proportion() {
    let photo = prepare(&file(&quarters(4096, 1024), Format::Jpeg), Format::Jpeg).unwrap();
    assert_eq!((photo.width, photo.height), (2048, 512));
    assert_eq!(shown(&photo.full).dimensions(), (2048, 512));
    assert_eq!(shown(&photo.thumbnail).dimensions(), (400, 100));
    let tall = prepare(&file(&quarters(2, 9000), Format::Png), Format::Png).unwrap();
    assert_eq!((tall.width, tall.height), (1, 2048));
}

#[test]
fn one_pixel_is_a_picture_and_is_not_scaled_up() {
    for format in FORMATS {
        let photo = prepare(&file(&quarters(1, 1), format), format).unwrap();
        assert_eq!(shown(&photo.full).dimensions(), (1, 1), "{format}");
        assert_eq!(shown(&photo.thumbnail).dimensions(), (1, 1), "{format}");
    }
}

#[test]
fn what_one_can_see_through_is_laid_on_white() {
    let glass = |alpha| DynamicImage::from(RgbaImage::from_pixel(16, 16, Rgba([0, 0, 200, alpha])));
    for format in [Format::Png, Format::WebP] {
        for (alpha, expected) in [(0, [255, 255, 255]), (128, [127, 127, 227]), (255, [0, 0, 200])] {
            let photo = prepare(&file(&glass(alpha), format), format).unwrap();
            let pixel = shown(&photo.full)[(8, 8)];
            assert!(alike(pixel, expected), "{format} {alpha}: {pixel:?}");
        }
    }
}

#[test]
fn sixteen_bits_and_greys_are_taken() {
    let deep = DynamicImage::ImageRgb16(ImageBuffer::from_pixel(9, 9, Rgb([65535, 32768, 0])));
    let grey = DynamicImage::from(GrayImage::from_pixel(9, 9, Luma([100])));
    let pale = DynamicImage::ImageLumaA16(ImageBuffer::from_pixel(9, 9, LumaA([0, 0])));
    for (picture, expected) in [(deep, [255, 128, 0]), (grey.clone(), [100; 3]), (pale, [255; 3])] {
        let pixel = shown(&prepare(&file(&picture, Format::Png), Format::Png).unwrap().full)[(4, 4)];
        assert!(alike(pixel, expected), "{pixel:?}");
    }
    let pixel = shown(&prepare(&file(&grey, Format::Jpeg), Format::Jpeg).unwrap().full)[(4, 4)];
    assert!(alike(pixel, [100; 3]), "{pixel:?}");
}

/// One block of half cyan, magenta, yellow and black, with Huffman tables of one code each: no category, end of block.
const CMYK: &[&[u8]] = &[
    &[0xFF, 0xD8],
    &[0xFF, 0xDB, 0, 67, 0],
    &[1; 64],
    &[0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0],
    &[0xFF, 0xC4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0],
    &[0x00, 0xFF, 0xD9],
];

#[test]
fn a_printers_jpeg_in_four_inks_is_taken() {
    let photo = prepare(&CMYK.concat(), Format::Jpeg).unwrap();
    let shown = shown(&photo.full);
    assert_eq!(shown.dimensions(), (8, 8));
    let Rgb([red, green, blue]) = shown[(4, 4)];
    assert!(red == green && green == blue && red > 40 && red < 150, "{red} {green} {blue}");
}
