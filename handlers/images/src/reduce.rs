//! Makes what is sent fit under a cap: down the legacy's two ladders of sizes and qualities, to the same rung.
//!
//! Knows nothing of where the bytes go. The surprise: what is declared of the bytes decides which ladder is taken, even
//! where the bytes say otherwise, because it does in the legacy.

mod ladder;

use std::borrow::Cow;

use bytes::Bytes;

use crate::cap;
use crate::{Format, ImageError, Limits, Wanted, decode, inspect};
use ladder::Ladder;

/// The sides of both ladders, the first rung's first.
const SIDES: [u32; 5] = [2048, 1536, 1280, 1024, 800];

/// What is said of the bytes by whoever has them. The legacy believes it, so it decides here as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared<'a> {
    /// The media type, without parameters.
    pub mime: Option<&'a str>,
    /// The file's name.
    pub name: Option<&'a str>,
}

/// What fits under the cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The bytes to send.
    pub bytes: Bytes,
    /// Their media type, if it is known.
    pub mime: Option<Cow<'static, str>>,
    /// The rung they are from, or `None` when they are as they were.
    pub rung: Option<Rung>,
}

/// A step of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// JPEG or PNG.
    pub format: Format,
    /// The square the picture fits into, in pixels.
    pub side: u32,
    /// JPEG's quality or PNG's level.
    pub setting: u8,
}

/// Told between two steps whether anybody still waits.
pub trait Patience {
    /// # Errors
    /// [`ImageError::Abandoned`] ends the work.
    fn check(&self) -> Result<(), ImageError>;
}

/// Whoever waits as long as it takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Endless;

impl Patience for Endless {
    fn check(&self) -> Result<(), ImageError> {
        Ok(())
    }
}

/// Makes anything that is sent fit under `cap` bytes: images by shrinking, GIF and everything else by saying no.
///
/// Every image but GIF is re-encoded even if it fits, which turns it upright and removes what it says beside its pixels.
///
/// # Errors
/// [`ImageError::OverCap`] and [`ImageError::Irreducible`] in the legacy's words; as [`decode`]; [`ImageError::Abandoned`].
pub fn reduce(
    bytes: &Bytes,
    declared: Declared<'_>,
    cap: u64,
    limits: &Limits,
    patience: &impl Patience,
) -> Result<Reduced, ImageError> {
    match declared.mime {
        Some("image/gif") => untouched("GIF", bytes, declared, cap),
        Some(mime) if mime.starts_with("image/") => shrink(bytes, declared, cap, limits, patience),
        _ => untouched("Media", bytes, declared, cap),
    }
}

fn untouched(
    label: &'static str,
    bytes: &Bytes,
    declared: Declared<'_>,
    cap: u64,
) -> Result<Reduced, ImageError> {
    cap::admit(label, bytes.len(), cap)?;
    Ok(Reduced {
        bytes: bytes.clone(),
        mime: declared.mime.map(|mime| Cow::Owned(mime.to_owned())),
        rung: None,
    })
}

fn shrink(
    bytes: &Bytes,
    declared: Declared<'_>,
    cap: u64,
    limits: &Limits,
    patience: &impl Patience,
) -> Result<Reduced, ImageError> {
    let info = inspect(bytes)?;
    let picture = decode(bytes, Wanted::Inside(SIDES[0]), limits)?;
    patience.check()?;
    let ladder = Ladder::new(picture, cap, patience);
    if declared.is_png()
        && info.alpha
        && let Some((rung, bytes)) = ladder.png()?
    {
        return Ok(reduced(rung, bytes));
    }
    let (rung, bytes) = ladder.jpeg()?;
    if bytes.len() as u64 > cap {
        return Err(cap::irreducible(bytes.len(), cap));
    }
    Ok(reduced(rung, bytes))
}

fn reduced(rung: Rung, bytes: Vec<u8>) -> Reduced {
    Reduced {
        bytes: bytes.into(),
        mime: Some(rung.format.mime().into()),
        rung: Some(rung),
    }
}

impl Declared<'_> {
    fn is_png(&self) -> bool {
        let named = self
            .name
            .is_some_and(|name| name.to_lowercase().ends_with(".png"));
        named || self.mime == Some("image/png")
    }
}
