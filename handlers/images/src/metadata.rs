//! What an image says of itself, read without its pixels.
//!
//! Decodes nothing and allocates next to nothing, so it may be asked of any bytes. The surprise: width and height are those
//! of the stored pixels; an orientation that [swaps](Orientation::swaps) shows them the other way around.

use bytes::Bytes;
use img_parts::png::Png;
use img_parts::webp::WebP;
use img_parts::{ImageEXIF, ImageICC};

use crate::parts::{gif, jpeg};
use crate::{Format, ImageError, Orientation};

/// What is known of an image before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// By its first bytes.
    pub format: Format,
    /// Pixels in a stored row.
    pub width: u32,
    /// Stored rows.
    pub height: u32,
    /// What has to be done to see it upright.
    pub orientation: Orientation,
    /// Whether it may be transparent somewhere.
    pub alpha: bool,
    /// How many pictures it shows one after the other; 1 for a still one. AVIF counts as still.
    pub frames: usize,
    /// Passes over the pixels: more than one for a progressive JPEG, else 1.
    pub scans: usize,
    /// Whether it carries EXIF, such as camera, time and place.
    pub exif: bool,
    /// Whether it carries XMP.
    pub xmp: bool,
    /// Whether it carries remarks: comments, texts, IPTC.
    pub remarks: bool,
    /// Whether it carries a colour profile.
    pub icc: bool,
}

/// Reads what an image says of itself.
///
/// # Errors
/// [`ImageError::Unknown`], [`ImageError::Heic`], or [`ImageError::Broken`] when there is no header to read. An image cut
/// off after its header is no error here.
pub fn inspect(bytes: &Bytes) -> Result<Info, ImageError> {
    let format = Format::of(bytes).ok_or(ImageError::Unknown)?;
    let info = match format {
        Format::Jpeg => of_jpeg(bytes),
        Format::Png => of_png(bytes),
        Format::Webp => of_webp(bytes),
        Format::Gif => of_gif(bytes),
        Format::Avif => of_avif(bytes),
        Format::Heic => return Err(ImageError::Heic),
    };
    info.filter(|info| info.width > 0 && info.height > 0)
        .ok_or_else(|| ImageError::Broken {
            format,
            reason: "it has no readable header".into(),
        })
}

impl Info {
    /// Nothing known yet but the format and the size.
    fn bare(format: Format, (width, height): (u32, u32)) -> Self {
        Self {
            format,
            width,
            height,
            orientation: Orientation::Upright,
            alpha: false,
            frames: 1,
            scans: 1,
            exif: false,
            xmp: false,
            remarks: false,
            icc: false,
        }
    }

    fn take_exif(&mut self, exif: &[u8]) {
        self.exif = true;
        self.orientation = Orientation::of_exif(exif);
    }
}

fn of_jpeg(bytes: &[u8]) -> Option<Info> {
    let mut info = Info::bare(Format::Jpeg, (0, 0));
    info.scans = 0;
    for segment in jpeg::segments(bytes) {
        match segment.marker {
            jpeg::SOS => info.scans += 1,
            jpeg::COM => info.remarks = true,
            jpeg::APP1 => of_app1(&mut info, segment.data),
            jpeg::APP2 => info.icc |= segment.data.starts_with(b"ICC_PROFILE\0"),
            marker => info.remarks |= marker == jpeg::APP13,
        }
        if let Some(frame) = segment.frame() {
            (info.width, info.height) = (frame.width, frame.height);
        }
    }
    Some(info)
}

/// The first EXIF counts; cameras write no second one, and viewers look at none.
fn of_app1(info: &mut Info, data: &[u8]) {
    match data.strip_prefix(b"Exif\0\0") {
        Some(exif) if !info.exif => info.take_exif(exif),
        Some(_) => {}
        None => info.xmp |= data.starts_with(b"http://ns.adobe.com/"),
    }
}

fn of_png(bytes: &Bytes) -> Option<Info> {
    // IHDR is always the first chunk, so its place is known even in a file that ends early.
    let [w, h] = *bytes.get(16..24)?.as_chunks().0 else {
        return None;
    };
    let mut info = Info::bare(Format::Png, (u32::from_be_bytes(w), u32::from_be_bytes(h)));
    let Ok(png) = Png::from_bytes(bytes.clone()) else {
        return Some(info);
    };
    for chunk in png.chunks() {
        let data = chunk.contents();
        match &chunk.kind() {
            // Colour types 4 and 6 have an alpha channel.
            b"IHDR" => info.alpha |= matches!(data.get(9), Some(4 | 6)),
            b"tRNS" => info.alpha = true,
            b"acTL" => {
                info.frames = usize::try_from(u32::from_be_bytes(*data.first_chunk()?)).ok()?
            }
            b"eXIf" => info.take_exif(data),
            b"iCCP" => info.icc = true,
            b"iTXt" if data.starts_with(b"XML:com.adobe.xmp\0") => info.xmp = true,
            b"tEXt" | b"zTXt" | b"iTXt" => info.remarks = true,
            _ => {}
        }
    }
    Some(info)
}

fn of_webp(bytes: &Bytes) -> Option<Info> {
    let webp = WebP::from_bytes(bytes.clone()).ok()?;
    let mut info = Info::bare(Format::Webp, webp.dimensions()?);
    info.alpha = webp_alpha(&webp);
    info.frames = webp.chunks_by_id(*b"ANMF").count().max(1);
    info.icc = webp.icc_profile().is_some();
    info.xmp = webp.has_chunk(*b"XMP ");
    if let Some(exif) = webp.exif() {
        // Some writers keep JPEG's prefix.
        info.take_exif(exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif));
    }
    Some(info)
}

/// The extended header's flag, or the one inside a lossless picture that has no extended header.
fn webp_alpha(webp: &WebP) -> bool {
    let flag = |id: [u8; 4], at: usize, bit: u8| {
        let data = webp
            .chunk_by_id(id)
            .and_then(|chunk| chunk.content().data());
        data.and_then(|data| data.get(at).map(|byte| byte & bit != 0))
    };
    flag(*b"VP8X", 0, 0x10)
        .or(flag(*b"VP8L", 4, 0x10))
        .unwrap_or(false)
}

fn of_gif(bytes: &[u8]) -> Option<Info> {
    let [w0, w1, h0, h1] = *bytes.get(6..)?.first_chunk()?;
    let size = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    let mut info = Info::bare(Format::Gif, (size.0.into(), size.1.into()));
    info.frames = 0;
    for block in gif::blocks(bytes) {
        match block.kind {
            gif::Kind::Frame => info.frames += 1,
            gif::Kind::Remark => info.remarks = true,
            // A graphic control names a transparent colour.
            gif::Kind::Control => {
                info.alpha |= matches!(block.whole, [0x21, 0xf9, _, flags, ..] if flags & 1 != 0)
            }
            gif::Kind::Header | gif::Kind::Trailer => {}
        }
    }
    Some(info)
}

fn of_avif(bytes: &[u8]) -> Option<Info> {
    let size = imagesize::blob_size(bytes).ok()?;
    let side = |pixels| u32::try_from(pixels).ok();
    Some(Info::bare(
        Format::Avif,
        (side(size.width)?, side(size.height)?),
    ))
}
