use std::io::Cursor;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::Method;
use serde_json::json;
use test_kit::http::{Client, send};

use super::reading::p99;
use crate::figure::{Figure, median};
use crate::platform::{Platform, directory};

const PHOTO_SECONDS: f64 = 1.0;
/// 12 megapixels, as a telephone takes them.
const WIDTH: u32 = 4_000;
const HEIGHT: u32 = 3_000;

/// For how long readers are measured in quiet for each photo.
const QUIET: Duration = Duration::from_secs(1);

/// How long a photo takes, and what readers notice of it: both through the gateway, as a signed-in member, whose answers
/// come from no cache.
pub(super) async fn measure(photos: usize) -> Result<[Figure; 2]> {
    let directory = directory()?;
    let platform = Platform::start(&directory.path().join("data")).await?;
    let member = platform.member().await?;
    let photo = picture()?;
    let (mut took, mut quiet, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..photos {
        let started = Instant::now();
        while started.elapsed() < QUIET {
            quiet.push(read(&member).await);
        }
        let upload = tokio::spawn(upload(member.clone(), item(&member).await?, photo.clone()));
        while !upload.is_finished() {
            beside.push(read(&member).await);
        }
        took.push(upload.await?);
    }
    platform.stop().await?;
    let (quiet_p99, size) = (p99(&mut quiet), photo.len());
    Ok([
        Figure {
            name: "a photo of 12 megapixels",
            measured: took.iter().copied().fold(0.0, f64::max),
            bound: PHOTO_SECONDS,
            unit: "s",
            reference: format!("the slowest of {photos} of {size} bytes; the middle one {:.2} s", median(&mut took)),
        },
        Figure {
            name: "a list while a photo is worked on, p99",
            measured: p99(&mut beside),
            bound: 2.0 * quiet_p99,
            unit: "ms",
            reference: format!("{quiet_p99:.2} ms without, doubled; {} lists beside photos", beside.len()),
        },
    ])
}

/// The address of a new item.
async fn item(member: &Client) -> Result<String> {
    let list = member.get("/api/v1/items?limit=1").await.expect(200).json();
    let item = json!({ "name": "Camera", "category": list["items"][0]["category"] });
    let made = member.post("/api/v1/items", &item).await.expect(201);
    Ok(made.header("location").context("what was made has an address")?.to_owned())
}

/// The milliseconds that a page takes.
async fn read(member: &Client) -> f64 {
    let started = Instant::now();
    member.get("/api/v1/items?limit=20").await.expect(200);
    started.elapsed().as_secs_f64() * 1e3
}

/// The seconds that a photo takes.
async fn upload(member: Client, item: String, photo: Vec<u8>) -> f64 {
    let request = member.request(Method::POST, &format!("{item}/photos")).header("content-type", "image/jpeg");
    let started = Instant::now();
    send(request.body(photo)).await.expect(201);
    started.elapsed().as_secs_f64()
}

/// A JPEG of slopes with a grain, which compresses as photos do.
fn picture() -> Result<Vec<u8>> {
    let pixel = |x: u32, y: u32| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).wrapping_mul(3_266_489_917) >> 27;
        let slope = |at: u32, most: u32| u8::try_from((at * 220 / most + grain).min(255)).unwrap_or(u8::MAX);
        Rgb([slope(x, WIDTH), slope(y, HEIGHT), slope(x / 2 + y / 2, WIDTH)])
    };
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_fn(WIDTH, HEIGHT, pixel)).write_to(&mut file, ImageFormat::Jpeg)?;
    Ok(file.into_inner())
}
