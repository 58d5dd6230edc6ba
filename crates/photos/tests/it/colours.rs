//! Colours look as they did with the profile that is dropped.

use image::{DynamicImage, Rgb, RgbImage};
use moxcms::ColorProfile;
use photos::Format;

use crate::samples::{Extras, alike, file_with, prepare, shown};

fn green(profile: Option<Vec<u8>>) -> Rgb<u8> {
    let picture = DynamicImage::from(RgbImage::from_pixel(16, 16, Rgb([120, 200, 90])));
    let upload = file_with(&picture, Format::Png, Extras { profile, ..Extras::default() });
    shown(&prepare(&upload, Format::Png).unwrap().full)[(8, 8)]
}

#[test]
fn the_wider_colours_of_a_telephone_become_those_of_every_screen() {
    let wide = green(Some(ColorProfile::new_display_p3().encode().unwrap()));
    // CSS Color 4: color(display-p3 0.471 0.784 0.353) is rgb(95 204 72).
    assert!(alike(wide, [95, 204, 72]), "{wide:?}");
}

#[test]
fn without_a_profile_or_with_a_broken_one_colours_stay() {
    for profile in [None, Some(b"no profile".to_vec()), Some(ColorProfile::new_srgb().encode().unwrap())] {
        let pixel = green(profile);
        assert!(alike(pixel, [120, 200, 90]), "{pixel:?}");
    }
}

/// A profile of a telephone with nothing after it: a kilobyte of it, or a bomb.
fn padded(bytes: usize) -> Vec<u8> {
    let mut profile = ColorProfile::new_display_p3().encode().unwrap();
    profile.resize(profile.len() + bytes, 0);
    profile
}

#[test]
fn a_profile_that_unfolds_to_more_than_any_is_not_unfolded() {
    let [modest, bomb] = [green(Some(padded(1 << 10))), green(Some(padded(32 << 20)))];
    assert!(alike(modest, [95, 204, 72]), "{modest:?}");
    assert!(alike(bomb, [120, 200, 90]), "{bomb:?}");
}
