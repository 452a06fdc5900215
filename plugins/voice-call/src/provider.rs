//! The providers: how each reports, and what each is asked.
//!
//! It must not send or keep anything. The surprise: "speak" means three things, a document sent to Twilio, an address
//! sent to Plivo where the document waits, and a command sent to Telnyx.

pub mod mock;
pub mod plivo;
pub mod telnyx;
pub mod twilio;

use crate::ask::Ask;
use crate::event::Stamp;
use crate::reading::{Incoming, Reading};
use crate::settings::{Provider, Settings};

/// A call as its provider has to know it.
#[derive(Debug, Clone, Copy)]
pub struct Leg<'a> {
    /// Our id.
    pub call_id: &'a str,
    /// The provider's id.
    pub provider_call_id: &'a str,
    /// Whether that is still the id of the request to call, not of the call.
    pub requested: Requested,
    /// Where webhooks go.
    pub webhook: Option<&'a str>,
    /// For providers that know commands: the same for a repeat of the same command.
    pub command: &'a str,
}

/// What a provider's id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// A call.
    No,
    /// The request to make one, which may not have become one.
    Still,
}

/// A call to be made.
#[derive(Debug, Clone, Copy)]
pub struct Dial<'a> {
    /// Our id.
    pub call_id: &'a str,
    /// The number that calls.
    pub from: &'a str,
    /// The number that is called.
    pub to: &'a str,
    /// Where webhooks go.
    pub webhook: &'a str,
    /// How long it may ring, ms.
    pub ring_ms: u64,
}

/// Why a provider cannot be asked.
pub type Unable = &'static str;

const NO_WEBHOOK: Unable = "Missing webhook URL for this call (provider state not initialized)";

/// Reads a webhook.
pub fn read(settings: &Settings, incoming: Incoming<'_>, stamp: &Stamp) -> Reading {
    match settings.provider {
        Provider::Twilio(_) => twilio::read(incoming, stamp),
        Provider::Telnyx(_) => telnyx::read(incoming, stamp),
        Provider::Plivo(_) => plivo::read(incoming, stamp),
        Provider::Mock => mock::read(incoming, stamp),
    }
}

/// What makes a call; nothing where there is nobody to ask.
pub fn dial(settings: &Settings, dial: Dial<'_>) -> Option<Ask> {
    match &settings.provider {
        Provider::Twilio(account) => Some(twilio::dial(account, dial)),
        Provider::Telnyx(telnyx) => Some(telnyx::dial(telnyx, dial)),
        Provider::Plivo(account) => Some(plivo::dial(account, dial)),
        Provider::Mock => None,
    }
}

/// The provider's id of a call it was asked to make.
pub fn dialled(settings: &Settings, answer: &[u8]) -> Result<String, Unable> {
    match settings.provider {
        Provider::Twilio(_) => twilio::dialled(answer),
        Provider::Telnyx(_) => telnyx::dialled(answer),
        Provider::Plivo(_) => plivo::dialled(answer),
        Provider::Mock => Err("nobody was asked"),
    }
}

/// What ends a call, in order.
pub fn hang_up(settings: &Settings, leg: Leg<'_>) -> Vec<Ask> {
    match &settings.provider {
        Provider::Twilio(account) => vec![twilio::hang_up(account, leg)],
        Provider::Telnyx(telnyx) => vec![telnyx::hang_up(telnyx, leg)],
        Provider::Plivo(account) => plivo::hang_up(account, leg),
        Provider::Mock => Vec::new(),
    }
}

/// What says something into a call. Plivo comes for the words, which must wait for it.
pub fn speak(settings: &Settings, leg: Leg<'_>, text: &str) -> Result<Option<Ask>, Unable> {
    match &settings.provider {
        Provider::Twilio(account) => {
            twilio::speak(account, leg, text, settings.voice.as_deref()).map(Some)
        }
        Provider::Telnyx(telnyx) => Ok(Some(telnyx::speak(telnyx, leg, text))),
        Provider::Plivo(account) => plivo::fetch(account, leg, plivo::SPEAK).map(Some),
        Provider::Mock => Ok(None),
    }
}

/// What says something and then listens. Twilio's and Plivo's next document would cut the words off, so both are in one.
pub fn converse(settings: &Settings, leg: Leg<'_>, text: &str) -> Result<Vec<Ask>, Unable> {
    match &settings.provider {
        Provider::Telnyx(telnyx) => Ok(vec![
            telnyx::speak(telnyx, leg, text),
            telnyx::listen(telnyx, leg),
        ]),
        Provider::Plivo(account) => Ok(vec![plivo::fetch(account, leg, plivo::LISTEN)?]),
        Provider::Twilio(_) | Provider::Mock => {
            Ok(speak(settings, leg, text)?.into_iter().collect())
        }
    }
}

/// What ends listening, where it does not end by itself.
pub fn stop_listening(settings: &Settings, leg: Leg<'_>) -> Option<Ask> {
    match &settings.provider {
        Provider::Telnyx(telnyx) => Some(telnyx::stop_listening(telnyx, leg)),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Readings of made-up webhooks.

    use super::{Incoming, Reading, Stamp};
    use crate::event::Kind;
    use crate::form::Form;
    use crate::reading::Reply;
    use crate::signature::Headers;

    pub(crate) fn reading(
        read: fn(Incoming<'_>, &Stamp) -> Reading,
        query: &str,
        body: &str,
    ) -> Reading {
        let incoming = Incoming {
            query: &Form::parse(query.as_bytes()),
            headers: &Headers::default(),
            body: body.as_bytes(),
            base: "https://e.com/v",
        };
        let stamp = Stamp {
            now: 1000,
            id: "stamp".into(),
        };
        read(incoming, &stamp)
    }

    pub(crate) fn kinds(reading: &Reading) -> Vec<Kind> {
        let kinds = reading.events.iter().map(|event| event.kind.clone());
        kinds.collect()
    }

    pub(crate) fn status(reading: &Reading) -> u16 {
        match &reading.reply {
            Reply::Plain(answer) => answer.status,
            _ => 200,
        }
    }

    pub(crate) fn text(reading: &Reading) -> String {
        match &reading.reply {
            Reply::Plain(answer) => answer.body.clone(),
            Reply::Notice { otherwise, .. } => (*otherwise).to_owned(),
            other => panic!("no document: {other:?}"),
        }
    }
}
