//! Whether a file reaches its own end. Decoders disagree about that: one fills what is missing with grey.

use crate::Format;

/// JPEG markers (ITU-T T.81, table B.1).
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_IMAGE: u8 = 0xD8;
const FIRST_RESTART: u8 = 0xD0;
const LAST_RESTART: u8 = 0xD7;
const TEMPORARY: u8 = 0x01;

/// Bytes of a PNG's signature, and of what surrounds a chunk's data: its length, name and checksum.
const PNG_SIGNATURE: usize = 8;
const PNG_CHUNK_FRAME: usize = 12;

/// Whether the picture ends before the file does. What follows it is not looked at: telephones put films there.
pub(crate) fn is_whole(bytes: &[u8], format: Format) -> bool {
    match format {
        Format::Jpeg => jpeg_ends(bytes),
        Format::Png => png_ends(bytes).is_some(),
        Format::WebP => webp_ends(bytes).unwrap_or(false),
    }
}

/// Follows the segments to the end-of-image marker; a thumbnail's own, inside a segment, is stepped over.
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((marker, after)) = next_marker(rest) {
        rest = match marker {
            END_OF_IMAGE => return true,
            START_OF_IMAGE | TEMPORARY => after,
            _ => match after.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length))) {
                Some(length) if length <= after.len() => &after[length..],
                _ => return false,
            },
        };
    }
    false
}

/// The next marker and what follows it. In a scan `FF 00` is a byte of data and restart markers only separate.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF | FIRST_RESTART..=LAST_RESTART);
    let start = bytes.windows(2).position(is_marker)?;
    Some((bytes[start + 1], &bytes[start + 2..]))
}

/// Follows the chunks (W3C PNG §5.3) to `IEND`.
fn png_ends(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(PNG_SIGNATURE..)?;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let chunk = rest.get(..length.checked_add(PNG_CHUNK_FRAME)?)?;
        if &chunk[4..8] == b"IEND" {
            return Some(());
        }
        rest = &rest[chunk.len()..];
    }
}

/// Compares the length in the RIFF header (RFC 9649 §2.4) with what is there.
fn webp_ends(bytes: &[u8]) -> Option<bool> {
    let length = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    Some(bytes.len() - 8 >= usize::try_from(length).ok()?)
}
