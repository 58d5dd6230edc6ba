//! Of what moves, one picture is kept.

use photos::Format;

use crate::samples::{alike, file, png, prepare, quarters, shown, webp};

#[test]
fn an_animated_webp_becomes_its_first_frame() {
    let frames = [quarters(32, 32), quarters(32, 32).rotate180()].map(|frame| file(&frame, Format::WebP));
    let photo = prepare(&webp::animation(32, 32, &frames), Format::WebP).unwrap();
    let pixel = shown(&photo.full)[(4, 4)];
    assert!(alike(pixel, [220, 20, 20]), "{pixel:?}");
}

#[test]
fn an_animated_png_becomes_the_picture_that_others_see() {
    let [still, second] = [quarters(32, 32), quarters(32, 32).rotate180()].map(|frame| file(&frame, Format::Png));
    let control = |sequence: u8| {
        let (sequence, size, corner) = ([0, 0, 0, sequence], [0, 0, 0, 32, 0, 0, 0, 32], [0; 8]);
        [&sequence[..], &size, &corner, &[0, 1, 0, 10, 0, 0]].concat()
    };
    let mut chunks = png::chunks(&still);
    chunks.insert(1, (b"acTL", vec![0, 0, 0, 2, 0, 0, 0, 0]));
    chunks.insert(2, (b"fcTL", control(0)));
    let end = chunks.pop().unwrap();
    chunks.push((b"fcTL", control(1)));
    let data = png::chunks(&second).into_iter().filter(|(name, _)| *name == b"IDAT").flat_map(|(_, data)| data);
    chunks.push((b"fdAT", [0, 0, 0, 2].into_iter().chain(data).collect()));
    chunks.push(end);
    let photo = prepare(&png::of_chunks(chunks), Format::Png).unwrap();
    let pixel = shown(&photo.full)[(4, 4)];
    assert!(alike(pixel, [220, 20, 20]), "{pixel:?}");
}
