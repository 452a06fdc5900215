//! What both sides are asked to do.

use overgrow_images::{
    Declared, Effort, Encoding, Endless, Format, ImageError, Limits, Picture, Wanted, decode,
    encode, reduce, resize, to_srgb,
};

use bytes::Bytes;
use serde_json::{Value, json};

/// One row of the table.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) input: Bytes,
    /// What was encoded as `input`.
    pub(crate) original: Picture,
    pub(crate) goal: Goal,
}

#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// Inside a square of this side, so encoded; sharp is told this setting.
    Convert(u32, Encoding, u8),
    /// Under this many bytes, down the ladder.
    Reduce(u64),
}

impl Task {
    /// Does it here.
    pub(crate) fn perform(&self) -> Result<Bytes, ImageError> {
        let limits = Limits::default();
        match self.goal {
            Goal::Convert(side, encoding, _) => {
                let picture = decode(&self.input, Wanted::Inside(side), &limits)?;
                let picture = to_srgb(resize(&picture, side)?).turned()?;
                encode(&picture, encoding).map(Bytes::from)
            }
            Goal::Reduce(cap) => {
                let declared = Declared {
                    mime: Some("image/jpeg"),
                    name: None,
                };
                reduce(&self.input, declared, cap, &limits, &Endless).map(|reduced| reduced.bytes)
            }
        }
    }

    /// The same in the words of `peer.mjs`.
    pub(crate) fn words(&self) -> Value {
        match self.goal {
            Goal::Reduce(cap) => json!({ "cap": cap }),
            Goal::Convert(side, encoding, setting) => {
                json!({ "side": side, "format": name(encoding.format()), "setting": setting })
            }
        }
    }
}

fn name(format: Format) -> &'static str {
    format.mime().trim_start_matches("image/")
}

/// All rows.
pub(crate) fn all() -> Result<Vec<Task>, ImageError> {
    let large = crate::sample::photo(4000, 3000);
    let clear = crate::sample::window(1600, 1250);
    let jpeg: Bytes = encode(&large, Encoding::Jpeg(90, Effort::Quick))?.into();
    let png: Bytes = encode(&clear, Encoding::Png(6))?.into();
    let task = |name, (input, original): (&Bytes, &Picture), goal| Task {
        name,
        input: input.clone(),
        original: original.clone(),
        goal,
    };
    let (photo, window) = ((&jpeg, &large), (&png, &clear));
    let balanced = Encoding::Jpeg(80, Effort::Balanced);
    // The quality at which it looks as like the original as the others do at 80.
    let quick = Encoding::Jpeg(72, Effort::Quick);
    let (webp, level) = (Encoding::Webp(80), Encoding::Png(6));
    Ok(vec![
        task(
            "JPEG 12 Mpx to JPEG 2048 q80",
            photo,
            Goal::Convert(2048, balanced, 80),
        ),
        task("the same, quickly", photo, Goal::Convert(2048, quick, 80)),
        task(
            "JPEG 12 Mpx to JPEG 800 q80",
            photo,
            Goal::Convert(800, balanced, 80),
        ),
        task("the same, quickly", photo, Goal::Convert(800, quick, 80)),
        task(
            "JPEG 12 Mpx to WebP 2048 q80",
            photo,
            Goal::Convert(2048, webp, 80),
        ),
        task(
            "PNG 2 Mpx with alpha to PNG 1024 level 6",
            window,
            Goal::Convert(1024, level, 6),
        ),
        task(
            "PNG 2 Mpx with alpha to JPEG 1024 q80",
            window,
            Goal::Convert(1024, balanced, 80),
        ),
        task(
            "JPEG 12 Mpx under 300 KB, the gateway's way",
            photo,
            Goal::Reduce(300_000),
        ),
        task(
            "JPEG 12 Mpx under 100 KB, the gateway's way",
            photo,
            Goal::Reduce(100_000),
        ),
        task(
            "JPEG 12 Mpx under 30 KB, the gateway's way",
            photo,
            Goal::Reduce(30_000),
        ),
    ])
}
