//! The pictures of the demo's things, as `pictures/` draws them.

/// The WebP of a thing, by the name in its line.
pub(super) fn picture(name: &str) -> Option<&'static [u8]> {
    PICTURES.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}

const PICTURES: [(&str, &[u8]); 40] = [
    ("apple-press", include_bytes!("pictures/apple-press.webp")),
    ("bench-lathe", include_bytes!("pictures/bench-lathe.webp")),
    ("bike-trailer", include_bytes!("pictures/bike-trailer.webp")),
    ("camping-stove", include_bytes!("pictures/camping-stove.webp")),
    ("cargo-bike", include_bytes!("pictures/cargo-bike.webp")),
    ("carpet-cleaner", include_bytes!("pictures/carpet-cleaner.webp")),
    ("circular-saw", include_bytes!("pictures/circular-saw.webp")),
    ("city-bike", include_bytes!("pictures/city-bike.webp")),
    ("clamps", include_bytes!("pictures/clamps.webp")),
    ("digital-piano", include_bytes!("pictures/digital-piano.webp")),
    ("drill-driver", include_bytes!("pictures/drill-driver.webp")),
    ("extension-ladder", include_bytes!("pictures/extension-ladder.webp")),
    ("family-tent", include_bytes!("pictures/family-tent.webp")),
    ("fruit-picker", include_bytes!("pictures/fruit-picker.webp")),
    ("garden-shredder", include_bytes!("pictures/garden-shredder.webp")),
    ("hand-truck", include_bytes!("pictures/hand-truck.webp")),
    ("hedge-trimmer", include_bytes!("pictures/hedge-trimmer.webp")),
    ("honey", include_bytes!("pictures/honey.webp")),
    ("ice-cream-maker", include_bytes!("pictures/ice-cream-maker.webp")),
    ("jigsaw", include_bytes!("pictures/jigsaw.webp")),
    ("oak-offcuts", include_bytes!("pictures/oak-offcuts.webp")),
    ("orbital-sander", include_bytes!("pictures/orbital-sander.webp")),
    ("pa-speaker", include_bytes!("pictures/pa-speaker.webp")),
    ("paddle-board", include_bytes!("pictures/paddle-board.webp")),
    ("paper-lanterns", include_bytes!("pictures/paper-lanterns.webp")),
    ("picture-books", include_bytes!("pictures/picture-books.webp")),
    ("preserving-pot", include_bytes!("pictures/preserving-pot.webp")),
    ("pressure-washer", include_bytes!("pictures/pressure-washer.webp")),
    ("reel-mower", include_bytes!("pictures/reel-mower.webp")),
    ("repair-stand", include_bytes!("pictures/repair-stand.webp")),
    ("rotary-hammer", include_bytes!("pictures/rotary-hammer.webp")),
    ("sledge", include_bytes!("pictures/sledge.webp")),
    ("sleeping-bag", include_bytes!("pictures/sleeping-bag.webp")),
    ("stand-mixer", include_bytes!("pictures/stand-mixer.webp")),
    ("step-ladder", include_bytes!("pictures/step-ladder.webp")),
    ("tile-cutter", include_bytes!("pictures/tile-cutter.webp")),
    ("tomato-seedlings", include_bytes!("pictures/tomato-seedlings.webp")),
    ("video-projector", include_bytes!("pictures/video-projector.webp")),
    ("waffle-iron", include_bytes!("pictures/waffle-iron.webp")),
    ("wheelbarrow", include_bytes!("pictures/wheelbarrow.webp")),
];
