//! Pictures that look enough like photographs to be compressed like them, and the legacy to ask about them.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use overgrow_images::{Effort, Encoding, Layout, Orientation, Picture, encode};
use serde_json::Value;

/// Hills of several sizes, an edge and some grain. `grain` is in steps of brightness.
pub(crate) fn photo(width: u32, height: u32, grain: u32) -> Picture {
    picture(width, height, Layout::Rgb, |x, y, noise| {
        let hill = |size: f32, weight: f32| {
            ((x as f32 / size).sin() + (y as f32 / size * 1.3).cos()) * weight
        };
        let light = 120.0
            + hill(311.0, 30.0)
            + hill(67.0, 14.0)
            + hill(13.0, 6.0)
            + (noise % grain.max(1)) as f32;
        let edge = if (x / 97 + y / 61) % 3 == 0 {
            30.0
        } else {
            0.0
        };
        [light + edge, light * 0.9, light * 0.7 + 20.0, 255.0].map(|channel| channel as u8)
    })
}

/// The same with an alpha channel that fades to the right.
pub(crate) fn veil(width: u32, height: u32, grain: u32) -> Picture {
    let photo = photo(width, height, grain);
    let opaque = |x: u32, y: u32| &photo.pixels[((y * width + x) * 3) as usize..][..3];
    picture(width, height, Layout::Rgba, |x, y, _| {
        let [r, g, b] = *opaque(x, y).first_chunk().expect("three channels");
        [r, g, b, 255 - (x * 255 / width) as u8]
    })
}

fn picture(
    width: u32,
    height: u32,
    layout: Layout,
    pixel: impl Fn(u32, u32, u32) -> [u8; 4],
) -> Picture {
    let mut noise = 1_u32;
    let mut pixels = Vec::with_capacity((width * height) as usize * layout.channels());
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            pixels.extend(&pixel(x, y, noise >> 16)[..layout.channels()]);
        }
    }
    Picture {
        width,
        height,
        layout,
        pixels,
        orientation: Orientation::Upright,
        profile: None,
    }
}

pub(crate) fn jpeg(picture: &Picture, quality: u8) -> Bytes {
    encode(picture, Encoding::Jpeg(quality, Effort::Quick))
        .expect("encodes")
        .into()
}

pub(crate) fn png(picture: &Picture) -> Bytes {
    encode(picture, Encoding::Png(1)).expect("encodes").into()
}

/// The JPEG with these segments, `(marker, data)`, before its own.
pub(crate) fn with_segments(jpeg: &[u8], segments: &[(u8, &[u8])]) -> Bytes {
    let mut out = jpeg[..2].to_vec();
    for (marker, data) in segments {
        out.extend([0xff, *marker]);
        out.extend((data.len() as u16 + 2).to_be_bytes());
        out.extend(*data);
    }
    out.extend(&jpeg[2..]);
    out.into()
}

/// What cameras write, with this orientation and a text.
pub(crate) fn exif(orientation: u16) -> Vec<u8> {
    let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend(orientation.to_le_bytes());
    exif.extend(b"\0\0\x3b\x01\x02\0\x07\0\0\0\x26\0\0\0\0\0\0\0SECRET\0");
    exif
}

/// Where the legacy is installed, with sharp beside it.
fn kit() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base =
        base.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    let kit = base.expect("a home").join("overgrow/openclaw");
    assert!(
        kit.join("node_modules/sharp").exists(),
        "tests/legacy/install.sh installs sharp and the legacy"
    );
    kit
}

/// Runs a script in the legacy's Node, `input` being the path of a file with these bytes, and reads the JSON it prints.
/// `image`, `media` and `sharp` are the legacy's modules.
pub(crate) fn ask_legacy(bytes: &[u8], name: &str, script: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join(name);
    std::fs::write(&input, bytes).expect("written");
    let prelude = "const root = process.argv[1]; const input = process.argv[2];
        const sharp = (await import(`${root}/sharp/lib/index.js`)).default;
        const image = await import(`${root}/openclaw/dist/media/image-ops.js`);
        const media = await import(`${root}/openclaw/dist/web/media.js`);
        const read = async () => (await import('node:fs/promises')).readFile(input);
        const show = (value) => console.log(JSON.stringify(value));";
    let output = Command::new("node")
        .args(["--input-type=module", "-e", &format!("{prelude}\n{script}")])
        .args([&kit().join("node_modules"), &input])
        .env("HOME", folder.path())
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.trim())
        .unwrap_or_else(|_| panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)))
}
