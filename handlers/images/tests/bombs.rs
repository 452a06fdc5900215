//! Small files that claim to be huge. The only test of its binary, because it measures what the process has ever taken.

mod support;

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use img_parts::png::{Png, PngChunk};
use overgrow_images::{ImageError, Limits, Wanted, decode};
use support::{jpeg, photo};

/// What refusing may take: the files are small, and so is everything that judges them.
const BOUND: u64 = 32 << 20;

/// The most this process has had in memory, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    let kib: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    kib << 10
}

fn check(name: &str, bomb: Vec<u8>, limits: &Limits, expect: fn(&ImageError) -> bool) {
    let fault = bounded(name, bomb, limits).expect_err(name);
    assert!(expect(&fault), "{name}: {fault}");
}

fn bounded(name: &str, bomb: Vec<u8>, limits: &Limits) -> Result<(), ImageError> {
    let bomb = Bytes::from(bomb);
    let before = peak();
    let decoded = decode(&bomb, Wanted::Full, limits).map(|_| ());
    let taken = peak() - before;
    assert!(taken < BOUND, "{name} took {taken} bytes");
    decoded
}

#[test]
fn bombs_are_refused_in_bounded_memory() {
    let limits = Limits::default();
    let roomy = Limits {
        pixels: u64::MAX,
        ..Limits::default()
    };
    let pixels: fn(&ImageError) -> bool = |fault| matches!(fault, ImageError::Pixels { .. });
    let memory: fn(&ImageError) -> bool = |fault| matches!(fault, ImageError::Memory { .. });
    check("PNG", black_png(20_000), &limits, pixels);
    check(
        "PNG without a limit of pixels",
        black_png(20_000),
        &roomy,
        memory,
    );
    check("JPEG", claiming(60_000), &limits, pixels);
    check(
        "JPEG without a limit of pixels",
        claiming(60_000),
        &roomy,
        memory,
    );
    check("progressive JPEG", scans(2000), &limits, |fault| {
        matches!(fault, ImageError::Scans { .. })
    });
    check("GIF", gif(65_535, 65_535), &limits, pixels);
    check(
        "GIF with a frame larger than its screen",
        gif(1, 65_535),
        &limits,
        |fault| {
            matches!(
                fault,
                ImageError::Memory { .. } | ImageError::Broken { .. } | ImageError::Pixels { .. }
            )
        },
    );
    check("WebP", webp(), &limits, pixels);
    // The profile is left out, and what remains is an image like any other.
    let decoded = bounded("PNG with a profile", profile_png(), &limits);
    assert_eq!(decoded, Ok(()));
}

/// A valid PNG of black pixels, a thousandth of their size.
fn black_png(side: u32) -> Vec<u8> {
    let mut header = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    header.extend(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let crc = crc(&header[12..]);
    header.extend(crc.to_be_bytes());
    header.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    let mut png = Png::from_bytes(header.into()).expect("a PNG");
    let row = vec![0; side as usize * 3 + 1];
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    (0..side)
        .try_for_each(|_| packed.write_all(&row))
        .expect("packed");
    let data = PngChunk::new(*b"IDAT", packed.finish().expect("packed").into());
    png.chunks_mut().insert(1, data);
    png.encoder().bytes().into()
}

/// A PNG of one pixel whose profile is not.
fn profile_png() -> Vec<u8> {
    let mut png = Png::from_bytes(Bytes::from(black_png(1))).expect("a PNG");
    let mut packed = ZlibEncoder::new(b"x\0\0".to_vec(), Compression::fast());
    (0..512)
        .try_for_each(|_| packed.write_all(&vec![0; 1 << 20]))
        .expect("packed");
    let chunk = PngChunk::new(*b"iCCP", packed.finish().expect("packed").into());
    png.chunks_mut().insert(1, chunk);
    png.encoder().bytes().into()
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A JPEG whose frame header claims this many pixels a side.
fn claiming(side: u16) -> Vec<u8> {
    let mut jpeg = jpeg(&photo(16, 16, 4), 90).to_vec();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .expect("a frame header");
    jpeg[frame + 5..frame + 7].copy_from_slice(&side.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&side.to_be_bytes());
    jpeg
}

/// A JPEG whose one scan is repeated.
fn scans(count: usize) -> Vec<u8> {
    let jpeg = jpeg(&photo(16, 16, 4), 90).to_vec();
    let scan = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .expect("a scan");
    let (head, scan) = jpeg.split_at(scan);
    let scan = &scan[..scan.len() - 2];
    [head, &scan.repeat(count), &[0xff, 0xd9]].concat()
}

fn gif(screen: u16, frame: u16) -> Vec<u8> {
    let (screen, frame) = (screen.to_le_bytes(), frame.to_le_bytes());
    let mut gif = b"GIF89a".to_vec();
    gif.extend([screen, screen].concat());
    gif.extend(b"\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0");
    gif.extend([frame, frame].concat());
    gif.extend(b"\0\x02\x02\x44\x01\0\x3b");
    gif
}

/// A lossless WebP's header that claims the largest size there is.
fn webp() -> Vec<u8> {
    let mut webp = b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f".to_vec();
    webp.extend((0x3fff_u32 | 0x3fff << 14).to_le_bytes());
    webp.extend([0; 5]);
    webp
}
