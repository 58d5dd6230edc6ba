use image::ImageError;
use image::error::LimitErrorKind;

use crate::{Format, Limits};

/// Why an upload is no photo. Each text is for the person who sent it: it says what is wrong and what helps.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("The file is empty; choose a photo and send it again.")]
    Empty,
    #[error("The photo has more than {} MiB; send a smaller one.", limit_bytes >> 20)]
    TooLarge { limit_bytes: usize },
    #[error("The file is no JPEG, PNG or WebP; save the photo as one of them.")]
    UnknownFormat,
    #[error("The file is sent as {declared}, but it is {found}; send it with the type it has.")]
    Mislabelled { declared: Format, found: Format },
    #[error("The file ends in the middle of the picture; send it again, or take another copy.")]
    CutOff,
    #[error("The photo has more than {side} pixels on a side or {} million in all; scale it down.", pixels / 1_000_000)]
    TooManyPixels { side: u32, pixels: u64 },
    #[error("The photo unfolds to more than {} MiB; scale it down, or save it with 8 bits a channel.", limit_bytes >> 20)]
    TooDeep { limit_bytes: u64 },
    #[error("The picture in the file is damaged; open it in a photo program and save it again.")]
    Damaged(#[source] ImageError),
}

impl Refusal {
    /// What a decoder's complaint means.
    pub(crate) fn of(error: ImageError, limits: &Limits) -> Self {
        match &error {
            ImageError::Limits(limit) => match limit.kind() {
                LimitErrorKind::InsufficientMemory => Self::TooDeep { limit_bytes: limits.memory },
                _ => Self::too_many_pixels(limits),
            },
            _ => Self::Damaged(error),
        }
    }

    pub(crate) fn too_many_pixels(limits: &Limits) -> Self {
        Self::TooManyPixels { side: limits.side, pixels: limits.pixels }
    }
}
