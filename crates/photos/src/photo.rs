use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage, RgbaImage};

use crate::colours::to_srgb;
use crate::decode::{Decoded, decode};
use crate::{Format, Limits, Refusal};

/// What every [`Photo`] is.
pub const MEDIA_TYPE: &str = "image/jpeg";

/// Pixels of the longer side: sharp on a large screen, and half a megabyte.
const LONGEST_SIDE: u32 = 2048;

/// Pixels of a thumbnail's longer side: a card in a list, on a screen with two pixels for one.
const THUMBNAIL_SIDE: u32 = 400;

/// Above this a JPEG grows faster than anybody sees.
const QUALITY: u8 = 82;

/// A photo as it is shown: upright, in sRGB, without metadata, and a thumbnail of it.
///
/// Both are always JPEG. A transparent background becomes white: photos are opaque, and a PNG of what remains would be ten
/// times the size.
#[derive(Debug, Clone)]
pub struct Photo {
    pub full: Bytes,
    pub thumbnail: Bytes,
    /// Of `full`, in pixels.
    pub width: u32,
    pub height: u32,
}

impl Photo {
    /// Makes a photo of an upload. Takes up to a second of a processor, so it belongs behind a
    /// [`Processor`](crate::Processor).
    ///
    /// # Errors
    /// What is wrong with the upload.
    pub fn prepare(upload: &[u8], declared: Format, limits: &Limits) -> Result<Self, Refusal> {
        let Decoded { picture, orientation, profile } = decode(upload, declared, limits)?;
        // Scaling comes first: everything after it has a tenth of the pixels to work on.
        let scaled = scaled_to(opaque(picture), LONGEST_SIDE).into_rgb8();
        let mut upright = DynamicImage::from(match profile {
            Some(profile) => to_srgb(scaled, &profile),
            None => scaled,
        });
        upright.apply_orientation(orientation);
        Ok(Self {
            full: jpeg(&upright)?,
            width: upright.width(),
            height: upright.height(),
            thumbnail: jpeg(&scaled_to(upright, THUMBNAIL_SIDE))?,
        })
    }
}

/// The same picture, or a smaller one whose longer side is `side`. Each pixel is the mean of those it stands for: of twelve
/// megapixels that takes a seventh of a second, and the finer filters four times as long.
fn scaled_to(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side { picture } else { picture.thumbnail(side, side) }
}

/// Lays what one can see through on white paper.
fn opaque(picture: DynamicImage) -> DynamicImage {
    if picture.color().has_alpha() { on_white(&picture.into_rgba8()).into() } else { picture }
}

fn on_white(picture: &RgbaImage) -> RgbImage {
    let mut paper = RgbImage::new(picture.width(), picture.height());
    for (to, from) in paper.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|ink| over_white(ink, alpha));
    }
    paper
}

fn over_white(ink: u8, alpha: u8) -> u8 {
    let (ink, alpha) = (u16::from(ink), u16::from(alpha));
    let mixed = (ink * alpha + 255 * (255 - alpha) + 127) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

/// Encodes in memory, which fails for no picture of these sizes.
fn jpeg(picture: &DynamicImage) -> Result<Bytes, Refusal> {
    let mut file = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut file, QUALITY)).map_err(Refusal::Damaged)?;
    Ok(file.into())
}
