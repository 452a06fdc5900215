//! What follows when a person has said whether they want a file.
//!
//! The surprise: where the file goes is said by the answer, and an answer can be made up by whoever may write to the bot.
//! Only hosts on the list get our files, and only the conversation that was asked.

use overgrow_sdk::Failure;
use overgrow_sdk::host::log::Level;

use crate::activity::Activity;
use crate::consent::{self, Place, TOO_LATE, Waiting};
use crate::fetch;
use crate::memory;
use crate::outgoing::{Format, Message, Spot};
use crate::reference::Reference;
use crate::say::Voice;
use crate::world::{Body, Request, World};

/// Puts the file where it is wanted and shows it there, or says why not.
///
/// # Errors
/// What the host or the connector says.
pub fn answered<W: World>(voice: &Voice<'_, W>, activity: &Activity) -> Result<(), Failure> {
    let Some(answer) = consent::read(activity) else {
        return Ok(());
    };
    let upload = answer.upload.unwrap_or_default();
    let waiting = memory::waiting(voice.world, &upload)?;
    let asked = waiting.filter(|it| it.conversation == activity.conversation_id());
    let Some(place) = answer.place else {
        // Only those who were asked can say no.
        return match asked {
            Some(_) => voice.world.forget(&consent::key(&upload)).map(drop),
            None => Ok(()),
        };
    };
    let Some(reference) = Reference::of(activity, voice.world.now()) else {
        return Ok(());
    };
    let message = match asked {
        Some(waiting) => {
            // Once: whoever answers twice is too late the second time, as with the legacy.
            voice.world.forget(&consent::key(&upload))?;
            sent(voice, &waiting, &place)
        }
        None => Message::text(TOO_LATE, Format::Markdown),
    };
    let spot = Spot {
        thread: None,
        reply_to: activity.id.as_deref(),
    };
    voice.say(&reference, spot, &message).map(drop)
}

fn sent<W: World>(voice: &Voice<'_, W>, waiting: &Waiting, place: &Place) -> Message {
    match put(voice, waiting, place) {
        Ok(()) => Message::attached(consent::done(place)),
        Err(failure) => {
            let why = failure.line();
            voice.world.log(
                Level::Warn,
                "a file cannot be put where it is wanted",
                &[("why", &why)],
            );
            Message::text(
                format!("File upload failed: {}", failure.message),
                Format::Markdown,
            )
        }
    }
}

fn put<W: World>(voice: &Voice<'_, W>, waiting: &Waiting, place: &Place) -> Result<(), Failure> {
    if !fetch::hosts(voice.settings).admits(&place.upload_url) {
        return Err(Failure::permanent(
            "foreign-host",
            "files do not go to that host",
        ));
    }
    let info = voice.world.file(&waiting.media)?;
    let kind = waiting
        .content_type
        .clone()
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let body = Body::File(waiting.media.clone(), kind);
    let mut request = Request::with("PUT", &place.upload_url, body);
    request
        .headers
        .extend(consent::range(info.size).map(|range| ("Content-Range", range)));
    let reply = voice.world.ask(&request)?;
    match reply.is_good() {
        true => Ok(()),
        false => Err(Failure::permanent(
            format!("http-{}", reply.status),
            format!("it was refused: {}", reply.status),
        )),
    }
}
