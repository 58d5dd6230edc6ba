use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// White modules around a code (ISO/IEC 18004 §5.3.8).
const QUIET: i32 = 4;

/// A QR code, to be drawn as one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Qr {
    /// Modules from edge to edge, the quiet zone included.
    pub(crate) side: i32,
    /// The dark modules, in the path grammar of SVG.
    pub(crate) path: String,
}

impl Qr {
    /// The code of a text; none when it is too long for any.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
        Some(Self { side: code.size() + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_patterns_within_the_quiet_zone() {
        let code = Qr::of("http://localhost:8080/items/01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert!(code.side >= 21 + 8, "{}", code.side);
        for corner in ["M4 4h", &format!("M{} 4h", code.side - 5), &format!("M4 {}h", code.side - 5)] {
            assert!(code.path.contains(corner), "{corner}");
        }
        assert!(!code.path.contains("M3 "));
        assert_eq!(Qr::of(&"x".repeat(5000)), None);
    }
}
