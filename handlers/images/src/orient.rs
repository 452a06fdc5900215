//! How an image has to be turned before it is seen, and the turning.
//!
//! The surprise: turning comes after shrinking, not before as the legacy has it. The kernel is symmetrical, so the result
//! is the same, and fewer pixels are moved.

/// EXIF's eight orientations: what has to be done to the stored pixels to see the image upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// 1: nothing.
    #[default]
    Upright,
    /// 2: mirror left and right.
    Mirrored,
    /// 3: turn by half.
    Half,
    /// 4: mirror top and bottom.
    Flipped,
    /// 5: mirror along the diagonal from the top left.
    Transposed,
    /// 6: a quarter turn clockwise.
    Right,
    /// 7: mirror along the other diagonal.
    Transversed,
    /// 8: a quarter turn counter-clockwise.
    Left,
}

impl Orientation {
    /// By EXIF's number; anything but 1 to 8 is upright, as viewers take it.
    pub fn from_exif(value: u16) -> Self {
        match value {
            2 => Self::Mirrored,
            3 => Self::Half,
            4 => Self::Flipped,
            5 => Self::Transposed,
            6 => Self::Right,
            7 => Self::Transversed,
            8 => Self::Left,
            _ => Self::Upright,
        }
    }

    /// As an EXIF block says, without the prefix some formats give it.
    pub(crate) fn of_exif(exif: &[u8]) -> Self {
        let found = image::metadata::Orientation::from_exif_chunk(exif);
        found.map_or(Self::Upright, |found| {
            Self::from_exif(found.to_exif().into())
        })
    }

    /// EXIF's number, 1 to 8.
    pub fn to_exif(self) -> u16 {
        self as u16 + 1
    }

    /// Whether width and height change places.
    pub fn swaps(self) -> bool {
        self.to_exif() >= 5
    }
}

impl From<Orientation> for image::metadata::Orientation {
    fn from(orientation: Orientation) -> Self {
        match orientation {
            Orientation::Upright => Self::NoTransforms,
            Orientation::Mirrored => Self::FlipHorizontal,
            Orientation::Half => Self::Rotate180,
            Orientation::Flipped => Self::FlipVertical,
            Orientation::Transposed => Self::Rotate90FlipH,
            Orientation::Right => Self::Rotate90,
            Orientation::Transversed => Self::Rotate270FlipH,
            Orientation::Left => Self::Rotate270,
        }
    }
}
