use std::fmt;
use std::str::FromStr;

use image::ImageFormat;

/// A kind of file that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
}

impl Format {
    /// What the bytes are, whatever anybody says about them.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match image::guess_format(bytes).ok()? {
            ImageFormat::Jpeg => Some(Self::Jpeg),
            ImageFormat::Png => Some(Self::Png),
            ImageFormat::WebP => Some(Self::WebP),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

/// The media type of no photo that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A photo is image/jpeg, image/png or image/webp; save it as one of them and send it with that type.")]
pub struct UnknownMediaType;

impl FromStr for Format {
    type Err = UnknownMediaType;

    /// Reads a `Content-Type` (RFC 9110 §8.3.1): letters of either case, and parameters, which say nothing about an image.
    fn from_str(content_type: &str) -> Result<Self, Self::Err> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let named = |format: &Self| essence.eq_ignore_ascii_case(format.media_type());
        [Self::Jpeg, Self::Png, Self::WebP].into_iter().find(named).ok_or(UnknownMediaType)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.media_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_read_in_any_case_and_without_its_parameters() {
        assert_eq!("image/jpeg".parse(), Ok(Format::Jpeg));
        assert_eq!("IMAGE/PNG ; charset=binary".parse(), Ok(Format::Png));
        assert_eq!("image/webp;q=1".parse(), Ok(Format::WebP));
    }

    #[test]
    fn other_content_types_are_refused() {
        for other in ["", "image", "image/jpg", "image/svg+xml", "image/gif", "text/html", "application/octet-stream"] {
            assert_eq!(other.parse::<Format>(), Err(UnknownMediaType), "{other}");
        }
    }
}
