/// What an upload may cost. The defaults take what a telephone of today sends and one machine can bear.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the upload.
    pub bytes: usize,
    /// Pixels of its longer side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
    /// Bytes of the unfolded picture, before it is scaled down.
    pub memory: u64,
}

impl Default for Limits {
    /// 10 MiB; 12,000 pixels a side; 50 binary megapixels, which lets the common 8,160 x 6,144 in; 256 MiB, which is such a
    /// picture with four channels of 8 bits.
    fn default() -> Self {
        Self { bytes: 10 << 20, side: 12_000, pixels: 50 << 20, memory: 256 << 20 }
    }
}
