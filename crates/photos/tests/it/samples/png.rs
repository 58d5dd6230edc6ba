//! PNG files put together chunk by chunk.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A file of chunks, each of a name and its data.
pub(crate) fn of_chunks<'a>(chunks: impl IntoIterator<Item = (&'a [u8], Vec<u8>)>) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    for (name, data) in chunks {
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let named: Vec<u8> = name.iter().copied().chain(data).collect();
        file.extend(&named);
        file.extend(checksum(&named).to_be_bytes());
    }
    file
}

/// The chunks of a file.
pub(crate) fn chunks(file: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let (mut rest, mut chunks) = (&file[SIGNATURE.len()..], Vec::new());
    while let Some(length) = rest.first_chunk() {
        let end = 8 + usize::try_from(u32::from_be_bytes(*length)).unwrap();
        chunks.push((&rest[4..8], rest[8..end].to_vec()));
        rest = &rest[end + 4..];
    }
    chunks
}

/// A header (W3C PNG §11.2.1) of 8-bit grey.
pub(crate) fn header(width: u32, height: u32) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat()
}

/// CRC-32 (W3C PNG annex D), a bit at a time.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
