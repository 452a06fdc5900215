//! Pictures with what photographs have: slow light, texture of several sizes, edges, and a sensor's grain.
//!
//! Made, not taken, so that everybody measures the same bytes. Nothing here is random between two runs.

use overgrow_images::{Layout, Orientation, Picture};

/// Lattices of values between which a texture is interpolated: pixels from one to the next, and the contrast.
const TEXTURES: [(f32, f32); 6] = [
    (640.0, 80.0),
    (160.0, 50.0),
    (40.0, 26.0),
    (12.0, 14.0),
    (5.0, 8.0),
    (2.5, 4.0),
];
/// Steps of brightness by which a sensor errs.
const GRAIN: f32 = 5.0;

/// An opaque picture of this size.
pub(crate) fn photo(width: u32, height: u32) -> Picture {
    picture(width, height, Layout::Rgb)
}

/// The same behind a round window with a soft edge.
pub(crate) fn window(width: u32, height: u32) -> Picture {
    picture(width, height, Layout::Rgba)
}

fn picture(width: u32, height: u32, layout: Layout) -> Picture {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * layout.channels());
    for y in 0..height {
        for x in 0..width {
            let [r, g, b] = colour(x, y);
            let pixel = [
                r,
                g,
                b,
                veil(x as f32 / width as f32, y as f32 / height as f32),
            ];
            pixels.extend(&pixel[..layout.channels()]);
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

fn colour(x: u32, y: u32) -> [u8; 3] {
    let texture = |seed: u32| -> f32 {
        let waves = TEXTURES.iter().zip(seed..);
        waves
            .map(|(&(size, contrast), seed)| (smooth(x, y, size, seed) - 0.5) * contrast)
            .sum()
    };
    let light = 128.0 + texture(1) + shape(x, y) + (lattice(x, y, 99) - 0.5) * GRAIN;
    let warm = (smooth(x, y, 300.0, 50) - 0.5) * 60.0;
    [light + warm, light, light - warm].map(|channel| channel.clamp(0.0, 255.0) as u8)
}

/// Tiles like roofs and windows: hard edges at an angle.
fn shape(x: u32, y: u32) -> f32 {
    let (u, v) = ((x * 3 + y) / 420, (y * 3).wrapping_sub(x) / 560);
    if lattice(u, v, 7) < 0.3 { 38.0 } else { 0.0 }
}

/// Opaque in the middle, clear in the corners.
fn veil(u: f32, v: f32) -> u8 {
    let distance = ((u - 0.5).powi(2) + (v - 0.5).powi(2)).sqrt();
    ((0.55 - distance) * 1200.0).clamp(0.0, 255.0) as u8
}

fn smooth(x: u32, y: u32, size: f32, seed: u32) -> f32 {
    let (u, v) = (x as f32 / size, y as f32 / size);
    let (i, j) = (u as u32, v as u32);
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(u.fract()), ease(v.fract()));
    let row = |j| lattice(i, j, seed) * (1.0 - s) + lattice(i + 1, j, seed) * s;
    row(j) * (1.0 - t) + row(j + 1) * t
}

/// A value from 0 to 1 that looks random and is always the same.
fn lattice(x: u32, y: u32, seed: u32) -> f32 {
    let mut mixed =
        x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
    mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297a_2d39);
    (mixed ^ (mixed >> 15)) as f32 / u32::MAX as f32
}
