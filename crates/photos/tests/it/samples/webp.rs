//! WebP files put together chunk by chunk (RFC 9649).

/// The bytes of the one chunk of a simple file, with its name and length.
pub(crate) fn picture_chunk(file: &[u8]) -> &[u8] {
    &file[12..]
}

/// An animation on a canvas of the frames' size.
pub(crate) fn animation(width: u32, height: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let size = [&little(width - 1)[..], &little(height - 1)].concat();
    let mut body = chunk(b"VP8X", &[&[0b10, 0, 0, 0][..], &size].concat());
    body.extend(chunk(b"ANIM", &[0, 0, 0, 0, 0, 0]));
    for frame in frames {
        let (corner, milliseconds_and_flags) = ([0; 6], [100, 0, 0, 0]);
        body.extend(chunk(b"ANMF", &[&corner, &size[..], &milliseconds_and_flags, picture_chunk(frame)].concat()));
    }
    chunk(b"RIFF", &[&b"WEBP"[..], &body].concat())
}

/// Numbers of a canvas have three bytes.
fn little(number: u32) -> [u8; 3] {
    let [first, second, third, _] = number.to_le_bytes();
    [first, second, third]
}

fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let padding = vec![0; data.len() % 2];
    [name, &u32::try_from(data.len()).unwrap().to_le_bytes(), data, &padding].concat()
}
