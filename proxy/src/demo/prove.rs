//! The part of the story in which nobody's traffic moves: rust is asked what the legacy answers, and is found out.
//!
//! It reads the admin API as a dashboard would. The surprise: mending the handler begins the count anew, because what
//! was seen of the old one says nothing about the new one.

use serde_json::Value;
use tokio::time::timeout;

use super::DemoError;
use super::report::Paper;
use super::script::{PATIENCE, late, told};
use super::stage::Stage;
use crate::reload;

/// Comparisons after which something is said: the gate's 1 % is shown by 315 equal answers, however often one looks.
const ENOUGH: u64 = 320;

const DRAFT: &str = "handler = \"orders-draft\"";
const MENDED: &str = "handler = \"orders\"";

/// Plays it.
pub(super) async fn play(stage: &Stage, paper: &Paper) -> Result<(), DemoError> {
    paper.chapter("Rust is asked the same, off the clients' path");
    let parity = compared(stage, 1).await?;
    paper.parity(&parity);

    paper.chapter("The handler is mended, and the proof begins anew");
    let edited = reload::edit(&stage.file, &stage.handlers, |source| {
        Ok(source.replacen(DRAFT, MENDED, 1))
    })?;
    paper.edit(&edited);
    let parity = compared(stage, 2).await?;
    paper.parity(&parity);
    Ok(())
}

/// The route's parity, as soon as there is enough of it in that epoch.
async fn compared(stage: &Stage, epoch: u64) -> Result<Value, DemoError> {
    let enough = |parity: &Value| {
        parity["epoch"] == epoch && parity["compared"].as_u64().unwrap_or(0) >= ENOUGH
    };
    let waited = timeout(PATIENCE, told(stage, "/api/parity/orders", enough)).await;
    waited.map_err(|_| late("320 comparisons"))?
}
