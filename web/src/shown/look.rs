use sha2::{Digest, Sha256};

/// How a category looks where there is no photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// A drawing in `icons.svg`.
    pub(crate) icon: &'static str,
    /// A class of the style sheet.
    pub(crate) tone: &'static str,
}

/// Which words in a category's slug ask for which drawing.
const DRAWINGS: [(&str, &[&str]); 10] = [
    ("ladder", &["ladder"]),
    ("bike", &["bike", "transport", "car"]),
    ("kitchen", &["kitchen", "cook", "cleaning", "house"]),
    ("plant", &["garden", "plant"]),
    ("tent", &["camp", "leisure", "travel"]),
    ("ball", &["sport", "game"]),
    ("party", &["party", "feast"]),
    ("book", &["book", "music", "film"]),
    ("drill", &["power", "workshop"]),
    ("tool", &["tool"]),
];

const TONES: [&str; 6] = ["tone-0", "tone-1", "tone-2", "tone-3", "tone-4", "tone-5"];

impl Look {
    /// The same for the same slug, for ever.
    pub(crate) fn of(slug: &str) -> Self {
        let drawing = DRAWINGS.into_iter().find(|(_, words)| words.iter().any(|word| slug.contains(word)));
        let tone = Sha256::digest(slug)[0] as usize % TONES.len();
        Self { icon: drawing.map_or("box", |(icon, _)| icon), tone: TONES[tone] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drawing_is_in_the_file() {
        let icons = include_str!("../../assets/icons.svg");
        for icon in DRAWINGS.map(|(icon, _)| icon).into_iter().chain(["box", "mark"]) {
            assert!(icons.contains(&format!("id=\"{icon}\"")), "{icon}");
        }
    }

    #[test]
    fn a_category_nobody_foresaw_is_a_box() {
        assert_eq!(Look::of("telescopes").icon, "box");
        assert_eq!(Look::of("power-tools").icon, "drill");
    }
}
