use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Turns the colours that a profile (ICC.1) describes into those of sRGB, which is what a picture without a profile is
/// taken for. Telephones record wider ones; without this their photos would look faded once the profile is gone. A
/// profile that nobody can read changes nothing.
pub(crate) fn to_srgb(picture: RgbImage, profile: &[u8]) -> RgbImage {
    converted(&picture, profile).unwrap_or(picture)
}

fn converted(picture: &RgbImage, profile: &[u8]) -> Option<RgbImage> {
    let from = ColorProfile::new_from_slice(profile).ok()?;
    if from.color_space != DataColorSpace::Rgb {
        return None;
    }
    let to = ColorProfile::new_srgb();
    let transform = from.create_transform_8bit(Layout::Rgb, &to, Layout::Rgb, TransformOptions::default()).ok()?;
    let mut srgb = RgbImage::new(picture.width(), picture.height());
    transform.transform(picture, &mut srgb).ok()?;
    Some(srgb)
}
