//! The functions a component exports, found once at load so that a call looks up no names.
//!
//! Each interface is there or not on its own: a plugin exports any subset. The surprise: types are not checked here but
//! at the load's first instance, by the generated bindings, which know every function of an interface.

use std::marker::PhantomData;

use wasmtime::component::{Component, ComponentExportIndex};

use crate::bindings::overgrow::plugin::types::{CallContext, Failure};
use crate::wit::channel::{Attachment, ChannelInfo, Delivery, Poll, Target, Text};
use crate::wit::events::Verdict;
use crate::wit::lifecycle::{Identity, Problem};
use crate::wit::service::{Next, StopReason};
use crate::wit::tool::{Definition, Invocation, Output};
use crate::wit::webhook::{Outcome, Request, Route};

/// A function with its arguments and its result.
pub(super) struct Export<P, R> {
    pub(super) index: ComponentExportIndex,
    types: PhantomData<fn(P) -> R>,
}

/// A result that may be the plugin's own failure.
type Fallible<T> = (Result<T, Failure>,);
/// A target, a caption and what goes with it.
type Files = (CallContext, Target, Option<Text>, Vec<Attachment>);
/// An account and what a person wrote.
type Query = (CallContext, Option<String>, String);
/// Addresses and their labels.
type Found = Vec<(String, String)>;
type Sending<A> = Export<(CallContext, Target, A), Fallible<Delivery>>;

#[derive(Clone, Copy)]
pub(super) struct Lifecycle {
    pub(super) describe: Export<(), (Identity,)>,
    pub(super) check_config: Export<(String,), (Vec<Problem>,)>,
}

#[derive(Clone, Copy)]
pub(super) struct Channel {
    pub(super) describe: Export<(), (ChannelInfo,)>,
    pub(super) send_text: Sending<Text>,
    pub(super) send_media: Export<Files, Fallible<Delivery>>,
    pub(super) send_poll: Sending<Poll>,
    pub(super) edit: Export<(CallContext, Target, String, Text), Fallible<Delivery>>,
    pub(super) delete: Sending<String>,
    pub(super) react: Export<(CallContext, Target, String, String), Fallible<Delivery>>,
    pub(super) typing: Sending<bool>,
    pub(super) resolve: Export<Query, Fallible<Found>>,
}

#[derive(Clone, Copy)]
pub(super) struct Webhook {
    pub(super) routes: Export<(String,), Fallible<Vec<Route>>>,
    pub(super) handle: Export<(CallContext, Request), Fallible<Outcome>>,
}

#[derive(Clone, Copy)]
pub(super) struct Jobs {
    pub(super) run: Export<(CallContext, String, String), Fallible<()>>,
}

#[derive(Clone, Copy)]
pub(super) struct Tool {
    pub(super) definitions: Export<(), (Vec<Definition>,)>,
    pub(super) invoke: Export<(CallContext, Invocation), Fallible<Output>>,
}

#[derive(Clone, Copy)]
pub(super) struct Service {
    pub(super) start: Export<(CallContext, String), Fallible<Next>>,
    pub(super) tick: Export<(CallContext,), Fallible<Next>>,
    pub(super) stop: Export<(CallContext, StopReason), Fallible<()>>,
    pub(super) health: Export<(), (Result<String, String>,)>,
}

#[derive(Clone, Copy)]
pub(super) struct Events {
    pub(super) subscribe: Export<(), (Vec<String>,)>,
    pub(super) handle: Export<(CallContext, String, String), Fallible<Verdict>>,
}

/// The interfaces that are there.
#[derive(Clone, Copy)]
pub(super) struct Exports {
    pub(super) lifecycle: Lifecycle,
    pub(super) channel: Option<Channel>,
    pub(super) webhook: Option<Webhook>,
    pub(super) jobs: Option<Jobs>,
    pub(super) tool: Option<Tool>,
    pub(super) service: Option<Service>,
    pub(super) events: Option<Events>,
}

/// An interface or a function of one is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing(pub(super) String);

/// An interface of a component.
struct Interface<'a> {
    name: &'static str,
    component: &'a Component,
    index: ComponentExportIndex,
}

impl Exports {
    /// Finds what is there.
    ///
    /// # Errors
    /// [`Missing`] without `lifecycle`, which every plugin has, and when an interface is there in part.
    pub(super) fn of(component: &Component) -> Result<Self, Missing> {
        let find = |name| Interface::of(component, name);
        let lifecycle = find("lifecycle").ok_or_else(|| Missing("lifecycle".to_owned()))?;
        Ok(Self {
            lifecycle: lifecycle.lifecycle()?,
            channel: find("channel").map(|found| found.channel()).transpose()?,
            webhook: find("webhook").map(|found| found.webhook()).transpose()?,
            jobs: find("jobs").map(|found| found.jobs()).transpose()?,
            tool: find("tool").map(|found| found.tool()).transpose()?,
            service: find("service").map(|found| found.service()).transpose()?,
            events: find("events").map(|found| found.events()).transpose()?,
        })
    }

    /// The interfaces' names.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let there = [
            ("lifecycle", true),
            ("channel", self.channel.is_some()),
            ("webhook", self.webhook.is_some()),
            ("jobs", self.jobs.is_some()),
            ("tool", self.tool.is_some()),
            ("service", self.service.is_some()),
            ("events", self.events.is_some()),
        ];
        let there = there.into_iter().filter(|(_, there)| *there);
        there.map(|(name, _)| name).collect()
    }
}

impl<'a> Interface<'a> {
    fn of(component: &'a Component, name: &'static str) -> Option<Self> {
        let whole = format!("overgrow:plugin/{name}@0.1.0");
        let index = component.get_export_index(None, &whole)?;
        Some(Self {
            name,
            component,
            index,
        })
    }

    fn export<P, R>(&self, function: &str) -> Result<Export<P, R>, Missing> {
        let found = self.component.get_export_index(Some(&self.index), function);
        let index = found.ok_or_else(|| Missing(format!("{}.{function}", self.name)))?;
        Ok(Export {
            index,
            types: PhantomData,
        })
    }

    fn lifecycle(&self) -> Result<Lifecycle, Missing> {
        Ok(Lifecycle {
            describe: self.export("describe")?,
            check_config: self.export("check-config")?,
        })
    }

    fn channel(&self) -> Result<Channel, Missing> {
        Ok(Channel {
            describe: self.export("describe")?,
            send_text: self.export("send-text")?,
            send_media: self.export("send-media")?,
            send_poll: self.export("send-poll")?,
            edit: self.export("edit")?,
            delete: self.export("delete")?,
            react: self.export("react")?,
            typing: self.export("typing")?,
            resolve: self.export("resolve")?,
        })
    }

    fn webhook(&self) -> Result<Webhook, Missing> {
        Ok(Webhook {
            routes: self.export("routes")?,
            handle: self.export("handle")?,
        })
    }

    fn jobs(&self) -> Result<Jobs, Missing> {
        Ok(Jobs {
            run: self.export("run")?,
        })
    }

    fn tool(&self) -> Result<Tool, Missing> {
        Ok(Tool {
            definitions: self.export("definitions")?,
            invoke: self.export("invoke")?,
        })
    }

    fn service(&self) -> Result<Service, Missing> {
        Ok(Service {
            start: self.export("start")?,
            tick: self.export("tick")?,
            stop: self.export("stop")?,
            health: self.export("health")?,
        })
    }

    fn events(&self) -> Result<Events, Missing> {
        Ok(Events {
            subscribe: self.export("subscribe")?,
            handle: self.export("handle")?,
        })
    }
}

impl<P, R> Clone for Export<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for Export<P, R> {}
