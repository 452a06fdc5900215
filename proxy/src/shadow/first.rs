//! The first side's answer, which clients read at their own pace.

use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;

use super::said::{Answer, Voice};
use super::witness::{Answers, Primary};
use crate::metrics::Outcome;
use crate::route::Side;
use crate::tee::End;

/// What the first side said.
pub(super) async fn voice(
    primary: Primary,
    side: Side,
    patience: Duration,
) -> Result<Voice, Outcome> {
    match (primary, side) {
        (Primary::Answers(answers), side) => whole(answers, side, patience).await,
        (Primary::Silent(status, reason), Side::Rust) => Ok(Voice::Silence(status, reason)),
        (Primary::FellBack, _) => Ok(Voice::Silence(StatusCode::BAD_GATEWAY, "fell back")),
        (Primary::Declined, _) => Err(Outcome::Declined),
        (Primary::Silent(..), Side::Legacy) => Err(Outcome::Failed),
    }
}

/// The answer with its body, or with as much of it as there is when patience ends.
async fn whole(answers: Answers, side: Side, patience: Duration) -> Result<Voice, Outcome> {
    let Answers {
        status,
        headers,
        took,
        head,
        mut body,
        cutter,
    } = answers;
    let copied = match timeout(patience, &mut body).await {
        Ok(copied) => copied,
        Err(_) => {
            cutter.cut();
            body.await
        }
    };
    let body = copied.map_err(|_| Outcome::Incomplete)?;
    if body.end == End::Failed && side == Side::Rust {
        return Ok(Voice::Silence(status, "broken"));
    }
    Ok(Voice::Answer(Answer {
        status,
        headers,
        body,
        effects: Vec::new(),
        took,
        head,
    }))
}
