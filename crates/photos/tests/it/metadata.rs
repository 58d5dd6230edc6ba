//! Nothing is left of where, when and with what a photo was taken.

use crate::samples::{Extras, FORMATS, file, file_with, prepare, quarters};
use photos::Format;

const SECRET: &[u8] = b"48.2082N 16.3738E";

fn contains(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

/// A TIFF header, a directory that points to one of positions (tag 34853), and there a text.
fn whereabouts() -> Vec<u8> {
    let length = u8::try_from(SECRET.len()).unwrap();
    let to_positions = [0x25, 0x88, 4, 0, 1, 0, 0, 0, 26, 0, 0, 0];
    let position = [0x1B, 0, 2, 0, length, 0, 0, 0, 44, 0, 0, 0];
    let parts: [&[u8]; 7] =
        [b"II\x2A\0\x08\0\0\0", &[1, 0], &to_positions, &[0; 4], &[1, 0], &[&position[..], &[0; 4]].concat(), SECRET];
    parts.concat()
}

#[test]
fn no_position_survives_in_any_format() {
    for format in FORMATS {
        let upload = file_with(&quarters(32, 32), format, Extras { exif: Some(whereabouts()), ..Extras::default() });
        assert!(contains(&upload, SECRET), "{format}: the sample has to hold what is to be gone");
        let photo = prepare(&upload, format).unwrap();
        for rendition in [&photo.full, &photo.thumbnail] {
            assert!(!contains(rendition, SECRET) && !contains(rendition, b"Exif"), "{format}");
        }
    }
}

#[test]
fn neither_comments_nor_what_follows_the_picture_survive() {
    let mut upload = file(&quarters(32, 32), Format::Jpeg);
    let comment = [&[0xFF, 0xFE, 0, 27][..], b"<script>alert()</script>", b"."].concat();
    upload.splice(2..2, comment);
    upload.extend(b"ftypmp42 and a film of my kitchen");
    let photo = prepare(&upload, Format::Jpeg).unwrap();
    for words in [&b"script"[..], b"ftyp", b"kitchen"] {
        assert!(contains(&upload, words));
        assert!(!contains(&photo.full, words));
    }
}

#[test]
fn the_same_picture_makes_the_same_photo_whatever_is_said_about_it() {
    let plain = prepare(&file(&quarters(32, 32), Format::Png), Format::Png).unwrap();
    let told = Extras { exif: Some(whereabouts()), ..Extras::default() };
    let told = prepare(&file_with(&quarters(32, 32), Format::Png, told), Format::Png).unwrap();
    assert_eq!(plain.full, told.full);
}
