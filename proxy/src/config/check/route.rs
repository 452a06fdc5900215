//! One `[[route]]`, and `[defaults]`, which has the same keys but for `id` and `match`.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use super::admission::AdmissionFile;
use super::alone::Missing;
use super::gate::GateFile;
use super::parity::ParityFile;
use super::shadow::ShadowFile;
use super::{handler, matcher, sticky};
use crate::config::fault::Notes;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{boolean, dial, time_limit};
use crate::config::{HandlerRef, Handlers, RouteConfig, ShadowConfig};
use crate::route::{Dial, Match, Sticky};

/// Keys people write beside the tables they belong in, and what they meant.
const HOMES: &[(&str, &str)] = &[
    ("path", "it belongs in `match`"),
    ("methods", "it belongs in `match`"),
    ("host", "it belongs in `match`"),
    ("websocket", "it belongs in `match`"),
    ("sample", "it belongs in `shadow`"),
    ("writes", "it belongs in `shadow`"),
    ("ignore", "it belongs in `parity`"),
    ("steps", "it belongs in `gate`"),
    ("hold", "it belongs in `gate`"),
    ("auto", "it belongs in `gate`"),
    ("jwt", "it belongs in `auth`"),
    ("csp", "it belongs in `security`"),
    ("failures", "it belongs in `limit`"),
    ("url", "write `handler`"),
    ("name", "write `id`"),
];

/// What routes are checked against.
pub(super) struct Known<'a> {
    /// The handlers of this program.
    pub(super) handlers: &'a Handlers,
    /// Whether `[legacy]` says where the legacy is.
    pub(super) legacy: bool,
    /// Whether `[legacy].config` is written.
    pub(super) settings: bool,
    /// Whether `[media].upload` is on.
    pub(super) uploads: bool,
}

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct RouteFile {
    pub(super) id: Option<Spanned<Arc<str>>>,
    pub(super) matcher: Option<Match>,
    keys: RouteKeys,
}

/// The keys that may have a default.
#[derive(Debug, Clone, Default)]
struct RouteKeys {
    handler: Field<HandlerRef>,
    rust: Field<Dial>,
    sticky: Field<Sticky>,
    fallback: Field<bool>,
    timeout: Field<Duration>,
    shadow: Field<ShadowFile>,
    parity: Field<ParityFile>,
    gate: Field<GateFile>,
    admission: AdmissionFile,
}

impl RouteFile {
    pub(super) fn read(mut section: Section<'_, '_>, known: &Handlers) -> Self {
        let id = section.require("id", "give the route a name: id = \"hooks.wake\"", id);
        let matcher = section.require(
            "match",
            "say what it takes: match = { path = \"/*\" }",
            |item| item.table(matcher::EXAMPLE, matcher::read)?,
        );
        let keys = RouteKeys::read(&mut section, known);
        section.finish(HOMES);
        RouteFile {
            id,
            matcher: matcher.map(Spanned::into_inner),
            keys,
        }
    }

    pub(super) fn defaults(mut section: Section<'_, '_>, known: &Handlers) -> Self {
        for key in ["id", "match"] {
            let refused = section.take(key, |item| {
                item.refuse::<()>(
                    format!("`{key}` has no default"),
                    "write it into each [[route]]",
                )
            });
            debug_assert!(refused.get().is_none());
        }
        let keys = RouteKeys::read(&mut section, known);
        section.finish(HOMES);
        RouteFile {
            keys,
            ..RouteFile::default()
        }
    }

    /// The checked route, unless it has no id or nothing to match, which is noted already.
    pub(super) fn check(
        self,
        defaults: &RouteFile,
        known: &Known<'_>,
        notes: &mut Notes,
    ) -> Option<RouteConfig> {
        let keys = self.keys.clone().or(&defaults.keys);
        keys.check_plans(&self.keys, known.handlers, notes);
        if !known.settings {
            keys.need_settings(known.handlers, notes);
        }
        if known.uploads && self.matcher.as_ref().is_some_and(takes_post) {
            keys.need_auth(notes);
        }
        if keys.handler.is_absent() && known.legacy {
            self.keys.need_handler(notes);
        }
        let (id, matcher) = (self.id?, self.matcher?);
        if !known.legacy {
            keys.stand_alone(&self.keys, &id, known.handlers, notes);
        }
        let mut route = keys.check(id.into_inner(), matcher);
        match route.handler {
            None => route.answer_by_legacy(),
            Some(_) if !known.legacy => route.answer_alone(),
            Some(_) => {}
        }
        Some(route)
    }
}

impl RouteKeys {
    fn read(section: &mut Section<'_, '_>, known: &Handlers) -> Self {
        RouteKeys {
            handler: section.take("handler", |item| handler::read(item, known)),
            rust: section.take("rust", dial),
            sticky: section.take("sticky", sticky::read),
            fallback: section.take("fallback", boolean),
            timeout: section.take("timeout", time_limit),
            shadow: section.take("shadow", |item| {
                item.table("{ sample = 10 }", ShadowFile::read)
            }),
            parity: section.take("parity", |item| {
                item.table("{ ignore = [\"header:date\"] }", ParityFile::read)
            }),
            gate: section.take("gate", |item| {
                item.table("{ steps = [5, 25, 50, 100] }", GateFile::read)
            }),
            admission: AdmissionFile::read(section),
        }
    }

    /// Key by key, and inside `shadow`, `parity` and `gate` key by key again.
    fn or(self, inherited: &Self) -> Self {
        RouteKeys {
            handler: self.handler.or(&inherited.handler),
            rust: self.rust.or(&inherited.rust),
            sticky: self.sticky.or(&inherited.sticky),
            fallback: self.fallback.or(&inherited.fallback),
            timeout: self.timeout.or(&inherited.timeout),
            shadow: self.shadow.merged(&inherited.shadow, ShadowFile::or),
            parity: self.parity.merged(&inherited.parity, ParityFile::or),
            gate: self.gate.merged(&inherited.gate, GateFile::or),
            admission: self.admission.or(&inherited.admission),
        }
    }

    /// Notes what the route itself asks for that only a handler can do. Defaults are for those routes that can.
    fn need_handler(&self, notes: &mut Notes) {
        let wants = |span: Option<Range<usize>>, message: &str, notes: &mut Notes| {
            if let Some(span) = span {
                notes
                    .add(span, message)
                    .help("add `handler`, or leave this out: the legacy answers the route");
            }
        };
        let rust = self
            .rust
            .given()
            .filter(|dial| *dial.get_ref() > Dial::default());
        wants(
            rust.map(Spanned::span),
            "`rust` sends requests to a handler, and this route has none",
            notes,
        );
        let fallback = self.fallback.given().filter(|fallback| *fallback.get_ref());
        wants(
            fallback.map(Spanned::span),
            "`fallback` is for a handler that fails, and this route has none",
            notes,
        );
        let sample = self.shadow.get().and_then(ShadowFile::samples);
        wants(
            sample,
            "`shadow` asks the other side, and this route has no handler",
            notes,
        );
    }

    /// Notes what only a legacy could do, where there is none. Defaults are for files that name one.
    fn stand_alone(
        &self,
        own: &RouteKeys,
        id: &Spanned<Arc<str>>,
        known: &Handlers,
        notes: &mut Notes,
    ) {
        let written = |keys: &RouteKeys| keys.rust.given().map(Spanned::span);
        let dial = self.rust.get().copied().unwrap_or_default();
        let mut missing = Missing { id, notes };
        match &self.handler {
            Field::Absent => return missing.handler(),
            Field::Faulty => return,
            Field::Given(handler) => missing.part_of(handler, known),
        }
        if !matches!(self.rust, Field::Faulty) && !dial.is_full() {
            missing.rest(written(own), dial);
        }
        let fallback = own.fallback.given().filter(|fallback| *fallback.get_ref());
        missing.fallback(fallback.map(Spanned::span));
        missing.shadow(own.shadow.get().and_then(ShadowFile::samples));
    }

    /// Notes what asks for the legacy's own configuration, which is not there.
    fn need_settings(&self, known: &Handlers, notes: &mut Notes) {
        let mut wants = |span: Range<usize>, who: &str, does: &str| {
            let message = format!(
                "`{who}` {does} as the legacy's configuration says, and [legacy].config is missing"
            );
            notes
                .add(span, message)
                .help("add config = \"~/.openclaw/openclaw.json\" to [legacy]");
        };
        if let Some(auth) = self.admission.asks_by_settings() {
            wants(auth, "auth", "asks");
        }
        if let Some(handler) = self.handler.given()
            && let HandlerRef::Named(name) = handler.get_ref()
            && known.needs_settings(name)
        {
            wants(handler.span(), name, "answers");
        }
    }

    /// Notes that anybody may fill the store.
    fn need_auth(&self, notes: &mut Notes) {
        let handler = self.handler.given();
        let media = handler.filter(
            |handler| matches!(handler.get_ref(), HandlerRef::Named(name) if name == "media"),
        );
        if let (Some(media), true) = (media, self.admission.asks_nobody()) {
            let message = "[media].upload is on, and this route asks nobody who is sending";
            let help = "add auth = \"gateway\", or methods = [\"GET\", \"HEAD\"] to `match`";
            notes.add(media.span(), message).help(help);
        }
    }

    /// Notes that a plan is asked of a handler that cannot give one. When a default asks for it and the handler is the
    /// route's `own`, the fault is at the handler: the default may be right for the other routes.
    fn check_plans(&self, own: &RouteKeys, known: &Handlers, notes: &mut Notes) {
        let plans = |keys: &RouteKeys| keys.shadow.get().and_then(ShadowFile::plans);
        let (Some(handler), Some(asked)) = (self.handler.given(), plans(self)) else {
            return;
        };
        let Some((message, help)) = handler::refusal_to_plan(handler.get_ref(), known) else {
            return;
        };
        let by_default = plans(own).is_none() && !own.handler.is_absent();
        let (at, other, label) = if by_default {
            (handler.span(), asked, "asks for a plan")
        } else {
            (asked, handler.span(), "the handler")
        };
        notes.add(at, message).help(help).other(other, label);
    }

    fn check(self, id: Arc<str>, matcher: Match) -> RouteConfig {
        RouteConfig {
            id,
            matcher,
            handler: self.handler.value(),
            rust: self.rust.value().unwrap_or_default(),
            sticky: self.sticky.value().unwrap_or_default(),
            fallback: self.fallback.value().unwrap_or(false),
            timeout: self.timeout.value(),
            shadow: self
                .shadow
                .value()
                .map(ShadowFile::check)
                .unwrap_or_default(),
            parity: self
                .parity
                .value()
                .map(ParityFile::check)
                .unwrap_or_default(),
            gate: self.gate.value().map(GateFile::check),
            admission: self.admission.check(),
        }
    }
}

impl RouteConfig {
    /// Without a handler an inherited dial, fallback or sample has nothing to act on.
    fn answer_by_legacy(&mut self) {
        self.rust = Dial::default();
        self.fallback = false;
        self.shadow.sample = ShadowConfig::default().sample;
    }

    /// Without a legacy an inherited fallback or sample has nobody to ask.
    fn answer_alone(&mut self) {
        self.fallback = false;
        self.shadow.sample = ShadowConfig::default().sample;
    }
}

fn takes_post(matcher: &Match) -> bool {
    matcher.methods.is_empty() || matcher.methods.contains(&http::Method::POST)
}

fn id(item: &mut Item<'_, '_>) -> Option<Arc<str>> {
    let text = item.string("\"hooks.wake\"")?;
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
    match text {
        "" => item.refuse("an id cannot be empty", "for example \"hooks.wake\""),
        "-" => item.refuse(
            "`-` stands for the requests that no route takes",
            "choose another id",
        ),
        text if text.chars().all(allowed) => Some(text.into()),
        text => {
            let lower = text.to_lowercase();
            let written: String = lower
                .chars()
                .map(|c| if allowed(c) { c } else { '-' })
                .collect();
            item.refuse(
                format!(
                    "`{}` is not an id: only a-z, 0-9, `.`, `_` and `-`",
                    brief(text)
                ),
                format!("write \"{}\"", brief(&written)),
            )
        }
    }
}
