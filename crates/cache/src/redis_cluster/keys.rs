/// Slots of a Redis Cluster, as its specification fixes them.
const SLOTS: u16 = 16_384;

/// The names under which one entry lies, all in one slot: the part in braces decides which.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) value: String,
    pub(super) lease: String,
    pub(super) slot: u16,
}

impl Keys {
    pub(super) fn of(namespace: &str, key: &str) -> Self {
        let tag = format!("{namespace}:{key}");
        let slot = slot(tag.split('}').next().unwrap_or_default().as_bytes());
        Self { value: format!("{{{tag}}}:value"), lease: format!("{{{tag}}}:lease"), slot }
    }
}

/// CRC16/XMODEM of the tag, modulo the slots.
fn slot(tag: &[u8]) -> u16 {
    let step = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    let crc = tag.iter().fold(0, |crc, byte| (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| step(crc)));
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12_182);
    }
}
