//! Hands a message to the gateway.
//!
//! The surprise: the conversation is remembered before the message is handed over, since the reply may be quicker than
//! whatever comes after.

use overgrow_sdk::Failure;
use overgrow_sdk::host::inbound::{ChatKind, Event, Message, PollVote, Receipt, Sender};
use overgrow_sdk::host::log::Level;

use crate::CHANNEL;
use crate::activity::{Activity, Party, Place};
use crate::outgoing::{self, Format, Spot};
use crate::policy::{Policy, Replies, Room, Standing, Verdict};
use crate::reference::Reference;
use crate::settings::Settings;
use crate::world::World;
use crate::{connector, fetch, files, memory, moment, people, vote};

/// What a message is delivered by.
#[derive(Debug)]
pub struct Delivery<'a, W> {
    /// The world.
    pub world: &'a W,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// Whom they let in.
    pub policy: &'a Policy,
}

impl<W: World> Delivery<'_, W> {
    /// Delivers a message, a click on a poll, or nothing where nobody is to be heard. `work` names the piece of work, for
    /// a message that has no id of its own.
    ///
    /// # Errors
    /// What the gateway says; trying again hands over the same message.
    pub fn deliver(&self, activity: &Activity, work: &str) -> Result<(), Failure> {
        let Some(sender) = activity.sender() else {
            return self.dropped("nobody sent it");
        };
        let standing = match self.judge(activity, sender) {
            Verdict::Heard(standing) => standing,
            Verdict::Dropped(why) => return self.dropped(why),
        };
        let reference = Reference::of(activity, self.world.now());
        if let Some(reference) = &reference {
            memory::remember(self.world, reference)?;
        }
        if let Some(vote) = vote::read(&activity.value) {
            return self.count(activity, sender, &vote);
        }
        let mut text = activity.plain_text();
        if text.is_empty() {
            text = files::placeholder(&activity.attachments);
        }
        if text.is_empty() {
            return self.dropped("it is empty");
        }
        let addressed = self.is_addressed(activity)?;
        let (require_mention, replies) = self.policy.manners(room(activity));
        if require_mention && !addressed {
            return self.dropped("the bot is not called");
        }
        let files = fetch::all(self.world, self.settings, &activity.attachments);
        let heard = Heard {
            text,
            addressed,
            replies,
            standing,
        };
        let now = self.world.now();
        let event = Event::Message(message(activity, sender, heard, work, now));
        let receipt = self.world.submit(&event, &files)?;
        self.settled(receipt, reference.as_ref())
    }

    fn judge(&self, activity: &Activity, sender: &Party) -> Verdict {
        let ids = [sender.stable_id(), sender.id.as_deref().unwrap_or_default()];
        let judge = |known: &[String]| match activity.place() {
            Place::Personal => self.policy.direct(&ids, known),
            Place::Group | Place::Channel => self.policy.group(room(activity), &ids, known),
        };
        match (judge(&[]), &sender.aad_object_id) {
            // The directory is asked only for those who are not let in by their id.
            (Verdict::Heard(Standing::Unknown) | Verdict::Dropped(_), Some(id)) => {
                let known = people::known(self.world, self.settings, self.policy.names(), id);
                judge(&known)
            }
            (verdict, _) => verdict,
        }
    }

    fn is_addressed(&self, activity: &Activity) -> Result<bool, Failure> {
        if activity.place() == Place::Personal || activity.mentions_bot() {
            return Ok(true);
        }
        match &activity.reply_to_id {
            Some(id) => memory::is_own(self.world, activity.conversation_id(), id),
            None => Ok(false),
        }
    }

    /// Counts a vote here, where polls are kept, and tells the gateway, which need not care.
    fn count(&self, activity: &Activity, sender: &Party, vote: &vote::Vote) -> Result<(), Failure> {
        let Some((poll, choices)) = memory::record(self.world, sender.stable_id(), vote)? else {
            return self.dropped("there is no such poll");
        };
        self.world
            .log(Level::Info, "a vote is recorded", &[("poll", &poll.id)]);
        let event = Event::PollVote(PollVote {
            conversation: conversation(activity, sender),
            poll_id: poll.id,
            sender: person(sender),
            choices,
        });
        if let Err(failure) = self.world.submit(&event, &[]) {
            self.world.log(
                Level::Debug,
                "the gateway takes no votes",
                &[("why", &failure.line())],
            );
        }
        Ok(())
    }

    fn settled(&self, receipt: Receipt, reference: Option<&Reference>) -> Result<(), Failure> {
        match (receipt, reference) {
            (Receipt::Pairing(Some(words)), Some(reference)) => self.pair(reference, &words),
            (Receipt::Filtered(why), _) => return self.dropped(&why),
            _ => {}
        }
        Ok(())
    }

    /// A stranger is told once; when that fails the next message does not try again, so it is only logged.
    fn pair(&self, reference: &Reference, words: &str) {
        let spot = Spot::default();
        let activity = outgoing::Message::text(words, Format::Plain).activity(reference, spot);
        if let Err(failure) = connector::post(self.world, self.settings, reference, spot, &activity)
        {
            self.world.log(
                Level::Error,
                "a stranger cannot be told how to pair",
                &[("why", &failure.line())],
            );
        }
    }

    fn dropped(&self, why: &str) -> Result<(), Failure> {
        self.world
            .log(Level::Debug, "a message is not passed on", &[("why", why)]);
        Ok(())
    }
}

/// What is known of a message beside what it says itself.
struct Heard {
    text: String,
    addressed: bool,
    replies: Replies,
    standing: Standing,
}

fn message(activity: &Activity, sender: &Party, heard: Heard, work: &str, now: u64) -> Message {
    Message {
        channel: CHANNEL.to_owned(),
        account: None,
        id: activity.id.clone().unwrap_or_else(|| work.to_owned()),
        sender: person(sender),
        chat: match activity.place() {
            Place::Personal => ChatKind::Direct,
            Place::Group => ChatKind::Group,
            Place::Channel => ChatKind::Channel,
        },
        conversation: conversation(activity, sender),
        conversation_name: name(activity),
        thread: thread(activity, heard.replies),
        reply_to: activity.reply_to_id.clone(),
        text: heard.text,
        addressed: heard.addressed,
        sent_at: activity
            .timestamp
            .as_deref()
            .and_then(moment::read)
            .unwrap_or(now),
        extra: extra(activity, sender, heard.standing),
    }
}

/// Where a reply goes, in the words of the legacy.
fn conversation(activity: &Activity, sender: &Party) -> String {
    match activity.place() {
        Place::Personal => format!("user:{}", sender.stable_id()),
        Place::Group | Place::Channel => format!("conversation:{}", activity.conversation_id()),
    }
}

/// The thread that a reply belongs to: in a channel every message has one, or begins one.
fn thread(activity: &Activity, replies: Replies) -> Option<String> {
    let threaded = activity.place() == Place::Channel && replies == Replies::Thread;
    let thread = activity.thread().or(activity.id.as_deref());
    thread.filter(|_| threaded).map(str::to_owned)
}

fn person(sender: &Party) -> Sender {
    Sender {
        id: sender.stable_id().to_owned(),
        name: sender.name.clone(),
        handle: None,
        is_self: false,
        is_bot: sender.id.as_deref().is_some_and(|id| id.starts_with("28:")),
    }
}

fn name(activity: &Activity) -> Option<String> {
    let own = activity
        .conversation
        .as_ref()
        .and_then(|it| it.name.clone());
    own.or_else(|| activity.extra(&["channel", "name"]).map(str::to_owned))
}

fn room(activity: &Activity) -> Room<'_> {
    Room {
        conversation: activity.conversation_id(),
        team: activity.extra(&["team", "id"]),
        team_name: activity.extra(&["team", "name"]),
        channel_name: activity.extra(&["channel", "name"]),
    }
}

fn extra(activity: &Activity, sender: &Party, standing: Standing) -> Vec<(String, String)> {
    let room = room(activity);
    let tenant = activity
        .conversation
        .as_ref()
        .and_then(|it| it.tenant_id.as_deref());
    let all = [
        ("standing", Some(standing.as_str())),
        ("conversationId", Some(activity.conversation_id())),
        ("teamsUserId", sender.id.as_deref()),
        ("tenantId", tenant),
        ("teamId", room.team),
        ("teamName", room.team_name),
        ("channelName", room.channel_name),
        ("locale", activity.locale.as_deref()),
    ];
    let said = all
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
    said.collect()
}
