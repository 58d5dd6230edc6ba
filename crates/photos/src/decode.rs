use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder};

use crate::wholeness::is_whole;
use crate::{Format, Limits, Refusal};

/// Bytes that a PNG may unfold to beside its pixels: more than any upload holds folded, and hundreds of times a usual profile.
const PNG_METADATA: u64 = 16 << 20;

/// An upload's pixels as the camera wrote them, and what has to be done to them.
pub(crate) struct Decoded {
    pub(crate) picture: DynamicImage,
    pub(crate) orientation: Orientation,
    /// An ICC profile, if there is one.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Reads an upload that is what it says and no larger than allowed. Of an animation that is the picture shown by programs
/// that do not animate: for a shelf of things to borrow, nobody needs them to move.
pub(crate) fn decode(upload: &[u8], declared: Format, limits: &Limits) -> Result<Decoded, Refusal> {
    if upload.is_empty() {
        return Err(Refusal::Empty);
    }
    if upload.len() > limits.bytes {
        return Err(Refusal::TooLarge { limit_bytes: limits.bytes });
    }
    let found = Format::of(upload).ok_or(Refusal::UnknownFormat)?;
    if found != declared {
        return Err(Refusal::Mislabelled { declared, found });
    }
    if !is_whole(upload, found) {
        return Err(Refusal::CutOff);
    }
    pixels(upload, found, limits)
}

fn pixels(upload: &[u8], format: Format, limits: &Limits) -> Result<Decoded, Refusal> {
    let refused = |error| Refusal::of(error, limits);
    let mut decoder = open(upload, format, limits)?;
    // Metadata that nobody can read is as good as none: it is dropped anyway.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok(Decoded { picture, orientation, profile })
}

/// Reads the header, and gives no memory to a picture that is too large by it.
fn open<'a>(upload: &'a [u8], format: Format, limits: &Limits) -> Result<Box<dyn ImageDecoder + 'a>, Refusal> {
    let refused = |error| Refusal::of(error, limits);
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.memory);
    let input = Cursor::new(upload);
    let mut decoder: Box<dyn ImageDecoder + 'a> = match format {
        Format::Jpeg => Box::new(JpegDecoder::new(input).map_err(refused)?),
        Format::Png => {
            let mut metadata = bounds.clone();
            metadata.max_alloc = Some(limits.memory.min(PNG_METADATA));
            Box::new(PngDecoder::with_limits(input, metadata).map_err(refused)?)
        }
        Format::WebP => Box::new(WebPDecoder::new(input).map_err(refused)?),
    };
    let (width, height) = decoder.dimensions();
    if width.max(height) > limits.side || u64::from(width) * u64::from(height) > limits.pixels {
        return Err(Refusal::too_many_pixels(limits));
    }
    bounds.reserve(decoder.total_bytes()).map_err(refused)?;
    decoder.set_limits(bounds).map_err(refused)?;
    Ok(decoder)
}
