//! What is no photo is turned away with a reason and a remedy.

use photos::{Format, Refusal};

use crate::samples::{FORMATS, file, prepare, quarters};

const TEN_MIB: usize = 10 << 20;

#[test]
fn nothing_is_no_photo() {
    assert!(matches!(prepare(&[], Format::Jpeg), Err(Refusal::Empty)));
}

#[test]
fn a_lie_about_the_type_is_found_out() {
    for (declared, found) in FORMATS.iter().flat_map(|one| FORMATS.map(|other| (*one, other))) {
        match prepare(&file(&quarters(16, 16), found), declared) {
            Ok(_) => assert_eq!(declared, found),
            Err(Refusal::Mislabelled { declared: told, found: seen }) => assert_eq!((told, seen), (declared, found)),
            Err(other) => panic!("{declared} for {found}: {other}"),
        }
    }
}

#[test]
fn other_files_are_refused_whatever_they_are_called() {
    let others: [&[u8]; 9] = [
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert()\"/>",
        b"<!doctype html><script>alert()</script>",
        b"%PDF-1.7",
        b"BM\x00\x00\x00\x00",
        b"\0\0\0\x18ftypheic",
        b"RIFF\x04\0\0\0WAVE",
        b"PK\x03\x04",
        b"\0",
    ];
    for other in others {
        for format in FORMATS {
            assert!(matches!(prepare(other, format), Err(Refusal::UnknownFormat)), "{other:?}");
        }
    }
}

#[test]
fn ten_mebibytes_are_taken_and_a_byte_more_is_not() {
    let mut upload = file(&quarters(16, 16), Format::Jpeg);
    upload.resize(TEN_MIB, 0);
    assert!(prepare(&upload, Format::Jpeg).is_ok());
    upload.push(0);
    assert!(matches!(prepare(&upload, Format::Jpeg), Err(Refusal::TooLarge { limit_bytes: TEN_MIB })));
}

#[test]
fn a_file_that_was_cut_off_is_refused_wherever_the_cut_is() {
    for format in FORMATS {
        let whole = file(&quarters(64, 64), format);
        assert!(prepare(&whole, format).is_ok());
        for length in (1..whole.len()).filter(|length| length % 7 == 0 || *length > whole.len() - 20 || *length < 30) {
            let cut = prepare(&whole[..length], format);
            let told = matches!(cut, Err(Refusal::CutOff | Refusal::UnknownFormat));
            assert!(told, "{format} cut to {length} of {} bytes: {cut:?}", whole.len());
        }
    }
}

#[test]
fn a_damaged_picture_is_refused() {
    let mut upload = file(&quarters(64, 64), Format::Png);
    let data = upload.windows(4).position(|name| name == b"IDAT").unwrap() + 8;
    upload[data] ^= 0xFF;
    assert!(matches!(prepare(&upload, Format::Png), Err(Refusal::Damaged(_))));
}

#[test]
fn every_reason_is_a_sentence_with_a_remedy() {
    let reasons = [
        Refusal::Empty,
        Refusal::TooLarge { limit_bytes: TEN_MIB },
        Refusal::UnknownFormat,
        Refusal::Mislabelled { declared: Format::Png, found: Format::Jpeg },
        Refusal::CutOff,
        Refusal::TooManyPixels { side: 12_000, pixels: 50 << 20 },
        Refusal::TooDeep { limit_bytes: 256 << 20 },
    ];
    let texts = reasons.map(|reason| reason.to_string());
    assert!(texts.iter().all(|text| text.starts_with("The ") && text.ends_with('.') && text.contains([';', ','])));
    assert!(
        texts[1].contains("10 MiB") && texts[5].contains("52 million") && texts[6].contains("256 MiB"),
        "{texts:?}"
    );
    assert!(texts[3].contains("sent as image/png, but it is image/jpeg"), "{texts:?}");
}
