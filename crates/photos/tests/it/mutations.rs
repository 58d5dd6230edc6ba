//! Files that no program wrote.

use std::panic::catch_unwind;

use photos::{Format, Limits, Photo};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::samples::{FORMATS, file, quarters, webp};

const MUTATIONS: u64 = 500;

/// Small pictures only: a changed header must not make the test slow.
const LIMITS: Limits = Limits { bytes: 1 << 20, side: 2_000, pixels: 1 << 20, memory: 16 << 20 };

fn originals() -> Vec<(Format, Vec<u8>)> {
    let mut originals: Vec<_> = FORMATS.map(|format| (format, file(&quarters(40, 30), format))).into();
    let frames = [quarters(16, 16), quarters(16, 16).fliph()].map(|frame| file(&frame, Format::WebP));
    originals.push((Format::WebP, webp::animation(16, 16, &frames)));
    let see_through = quarters(20, 20).into_rgba8().into();
    originals.push((Format::Png, file(&see_through, Format::Png)));
    originals
}

/// Changes a few bytes behind the signature, and sometimes drops or doubles a stretch.
fn mutate(file: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(12..file.len());
        let end = (at + random.random_range(1..9)).min(file.len());
        match random.random_range(0..6) {
            0 => drop(file.drain(at..end)),
            1 => {
                let twice = file[at..end].to_vec();
                file.splice(at..at, twice);
            }
            2 => file[at..end].fill(0xFF),
            3 => file[at..end].fill(0),
            _ => file[at] ^= 1 << random.random_range(0..8),
        }
    }
}

#[test]
fn no_mutated_file_makes_a_decoder_panic() {
    let (mut made, mut refused) = (0, 0);
    for seed in 0..MUTATIONS {
        let mut random = StdRng::seed_from_u64(seed);
        for (format, mut file) in originals() {
            mutate(&mut file, &mut random);
            let outcome = catch_unwind(|| Photo::prepare(&file, format, &LIMITS));
            assert!(outcome.is_ok(), "seed {seed}: {format} of {} bytes panics", file.len());
            match outcome.unwrap() {
                Ok(_) => made += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(made > 100 && refused > 100, "the mutations are too mild or too wild: {made} made, {refused} refused");
}
