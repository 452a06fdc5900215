//! The rungs, in the legacy's order: side after side, and on each side setting after setting.
//!
//! The first rung that fits is what the legacy finds by trying them all, each from the encoded bytes. Here a side is resized
//! once, and because a lower quality is smaller, one encoding says whether any quality of a side fits. The surprise: JPEGs
//! are written with a little less effort than the legacy's, unless that little decides whether a rung fits.

use super::{Patience, Rung, SIDES};
use crate::{Effort, Encoding, Format, ImageError, Picture, encode, resize, to_srgb};

/// JPEG's qualities on each side: the lowest, and the others from the highest on.
const LOWEST: u8 = 40;
const BETWEEN: [u8; 4] = [HIGHEST, 70, 60, 50];
const HIGHEST: u8 = 80;
/// PNG's levels on each side.
const LEVELS: [u8; 4] = [6, 7, 8, 9];

/// No level of zlib makes half of what level 6 does, so a side is left when that is more than twice the cap.
const LEVELS_GAIN: usize = 200;
/// Trying every order of scans makes a photo smaller by two to five percent, one that is half grey by nine.
const SCANS_GAIN: usize = 125;

pub(super) struct Ladder<'a, P> {
    source: Picture,
    cap: usize,
    patience: &'a P,
}

impl<'a, P: Patience> Ladder<'a, P> {
    pub(super) fn new(source: Picture, cap: u64, patience: &'a P) -> Self {
        Self {
            source,
            cap: usize::try_from(cap).unwrap_or(usize::MAX),
            patience,
        }
    }

    /// The first rung that fits, if any does.
    pub(super) fn png(&self) -> Result<Option<(Rung, Vec<u8>)>, ImageError> {
        for side in self.sides() {
            let picture = self.at(side)?;
            for level in LEVELS {
                let bytes = self.encoded(&picture, Encoding::Png(level))?;
                if self.fits(&bytes) {
                    return Ok(Some((rung(Format::Png, side, level), bytes)));
                }
                if self.is_far(&bytes, LEVELS_GAIN) {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// The first rung that fits, else the smallest, which is the last one.
    pub(super) fn jpeg(&self) -> Result<(Rung, Vec<u8>), ImageError> {
        let picture = self.at(SIDES[0])?;
        // Most of what is sent fits at once.
        let highest = self.tried(&picture, SIDES[0], HIGHEST)?;
        if self.fits(&highest.1) {
            return Ok(highest);
        }
        let mut best = self.best_of(&picture, SIDES[0], &BETWEEN[1..])?;
        for side in self.sides().into_iter().skip(1) {
            if self.fits(&best.1) {
                break;
            }
            best = self.best_of(&self.at(side)?, side, &BETWEEN)?;
        }
        Ok(best)
    }

    /// The highest of these qualities that fits, else the lowest of all, whether it fits or not.
    fn best_of(
        &self,
        picture: &Picture,
        side: u32,
        mut higher: &[u8],
    ) -> Result<(Rung, Vec<u8>), ImageError> {
        let mut best = self.tried(picture, side, LOWEST)?;
        if !self.fits(&best.1) {
            return Ok(best);
        }
        while !higher.is_empty() {
            let middle = higher.len() / 2;
            let tried = self.tried(picture, side, higher[middle])?;
            if self.fits(&tried.1) {
                best = tried;
                higher = &higher[..middle];
            } else {
                higher = &higher[middle + 1..];
            }
        }
        Ok(best)
    }

    /// The sides that make a difference: a small picture is the same on all rungs it is smaller than.
    fn sides(&self) -> Vec<u32> {
        let mut sides = Vec::from(SIDES);
        sides.dedup_by_key(|side| self.source.inside(*side));
        sides
    }

    /// The picture at this side, as it will be seen.
    fn at(&self, side: u32) -> Result<Picture, ImageError> {
        self.patience.check()?;
        to_srgb(resize(&self.source, side)?).turned()
    }

    fn tried(
        &self,
        picture: &Picture,
        side: u32,
        quality: u8,
    ) -> Result<(Rung, Vec<u8>), ImageError> {
        let mut bytes = self.encoded(picture, Encoding::Jpeg(quality, Effort::Balanced))?;
        if !self.fits(&bytes) && !self.is_far(&bytes, SCANS_GAIN) {
            bytes = self.encoded(picture, Encoding::Jpeg(quality, Effort::Smallest))?;
        }
        Ok((rung(Format::Jpeg, side, quality), bytes))
    }

    fn encoded(&self, picture: &Picture, encoding: Encoding) -> Result<Vec<u8>, ImageError> {
        self.patience.check()?;
        encode(picture, encoding)
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.len() <= self.cap
    }

    /// Whether these are more than so many percent of the cap.
    fn is_far(&self, bytes: &[u8], percent: usize) -> bool {
        bytes.len() as u128 * 100 > self.cap as u128 * percent as u128
    }
}

fn rung(format: Format, side: u32, setting: u8) -> Rung {
    Rung {
        format,
        side,
        setting,
    }
}
