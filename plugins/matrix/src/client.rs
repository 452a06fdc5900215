//! Requests to the homeserver, as the plugin's own user.
//!
//! The surprise: a token that is not known any more is replaced and the request sent again, once; the caller does not
//! notice.

use std::cell::{Ref, RefCell};

use serde_json::{Value, json};

use crate::names;
use crate::session::{self, Session};
use crate::settings::Settings;
use crate::trouble::{Cause, Logout, Trouble};
use crate::world::{Body, Key, Request, Saved, World};

/// How long an ordinary request may take, ms.
const PATIENCE: u64 = 15_000;
/// How long a file may take, ms.
const FILE_PATIENCE: u64 = 60_000;
/// What is left of a call to make something of an answer, ms.
const RESERVE: u64 = 1_000;
/// Largest ordinary answer, bytes: the members of a large room are the largest.
const ANSWER: u64 = 4 * 1024 * 1024;

/// The homeserver, seen by one user.
pub struct Client<'a, W> {
    /// The host.
    pub world: &'a W,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// When the host gives up on the call, Unix ms.
    pub deadline: u64,
    session: RefCell<Session>,
}

/// What is asked of the homeserver.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// For messages: "joining a room".
    pub doing: &'a str,
    /// Upper case.
    pub method: &'static str,
    /// Escaped, with its query.
    pub path: String,
    /// What is sent along.
    pub body: Option<Value>,
}

impl<'a, W: World> Client<'a, W> {
    /// Becomes known to the homeserver.
    ///
    /// # Errors
    /// As [`session::open`].
    pub fn open(world: &'a W, settings: &'a Settings) -> Result<Self, Trouble> {
        let session = session::open(world, settings)?;
        Ok(Self::with(world, settings, session))
    }

    /// Goes on with a session.
    pub fn with(world: &'a W, settings: &'a Settings, session: Session) -> Self {
        let session = RefCell::new(session);
        Self {
            world,
            settings,
            deadline: u64::MAX,
            session,
        }
    }

    /// The session to go on with.
    pub fn into_session(self) -> Session {
        self.session.into_inner()
    }

    /// The bot's own id.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn user(&self) -> Result<String, Trouble> {
        self.known(|session| session.user(self.world, self.settings))
    }

    /// Asks, and reads the document that comes back.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn ask(&self, ask: Ask<'_>) -> Result<Value, Trouble> {
        let doing = ask.doing;
        let request = Request {
            method: ask.method,
            url: format!("{}{}", self.settings.homeserver, ask.path),
            body: ask.body.map_or(Body::None, Body::Json),
            key: Key::None,
            timeout: self.patience(PATIENCE),
            most: ANSWER,
        };
        self.exchange(doing, request)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn get(&self, doing: &str, path: String) -> Result<Value, Trouble> {
        self.ask(Ask::new(doing, "GET", path))
    }

    /// The content of an event of a room's state; `None` when there is none.
    ///
    /// # Errors
    /// What the homeserver says, but for that there is none.
    pub fn state(&self, room: &str, kind: &str, key: &str) -> Result<Option<Value>, Trouble> {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/state/{}/{}",
            names::segment(room),
            names::segment(kind),
            names::segment(key)
        );
        match self.get("reading a room's state", path) {
            Err(trouble) if trouble.cause == Cause::Absent => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Sends a request that is not an ordinary one.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn exchange(&self, doing: &str, mut request: Request) -> Result<Value, Trouble> {
        self.known(|session| {
            request.key = Key::Bearer(session.token);
            session::exchange(self.world, doing, &request)
        })
    }

    /// Puts a file of the media store into the media repository: its `mxc:` URI.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn upload(
        &self,
        id: &str,
        content_type: &str,
        name: Option<&str>,
    ) -> Result<String, Trouble> {
        let query = name.map(|name| format!("?filename={}", names::segment(name)));
        let answer = self.exchange(
            "uploading a file",
            Request {
                method: "POST",
                url: format!(
                    "{}/_matrix/media/v3/upload{}",
                    self.settings.homeserver,
                    query.unwrap_or_default()
                ),
                body: Body::File(id.into(), content_type.into()),
                key: Key::None,
                timeout: self.patience(FILE_PATIENCE),
                most: 64 * 1024,
            },
        )?;
        let uri = answer["content_uri"]
            .as_str()
            .filter(|uri| names::Media::parse(uri).is_some());
        uri.map(str::to_owned).ok_or_else(|| {
            Trouble::refused("uploading a file: the homeserver does not say where it is")
        })
    }

    /// Takes a file from the media repository into the media store: its id there.
    ///
    /// # Errors
    /// What the homeserver says; `Large` when it is larger than the operator allows.
    pub fn download(&self, file: &crate::event::File) -> Result<String, Trouble> {
        if file
            .size
            .is_some_and(|size| size > self.settings.media_limit)
        {
            return Err(Trouble::new(
                Cause::Large,
                "downloading a file: it says that it is too large",
            ));
        }
        let save = |path: String| {
            self.known(|session| {
                let request = self.download_from(&path, session.token);
                match self.world.save(
                    &request,
                    file.content_type.as_deref(),
                    file.name.as_deref(),
                )? {
                    Saved::File(id) => Ok(id),
                    Saved::Not(reply) => Err(Trouble::answered(
                        "downloading a file",
                        reply.status,
                        reply.wait,
                        &reply.body,
                    )),
                }
            })
        };
        match save(file.media.path()) {
            Err(trouble) if trouble.cause == Cause::Unrecognized => save(file.media.old_path()),
            saved => saved,
        }
    }

    /// How long something may take when there is that long, ms; a little less than what is left of the call.
    pub fn patience(&self, wanted: u64) -> u64 {
        let left = self.deadline.saturating_sub(self.world.now());
        wanted.min(left.saturating_sub(RESERVE)).max(RESERVE)
    }

    fn download_from(&self, path: &str, token: &'static str) -> Request {
        Request {
            method: "GET",
            url: format!("{}{path}", self.settings.homeserver),
            body: Body::None,
            key: Key::Bearer(token),
            timeout: self.patience(FILE_PATIENCE),
            most: self.settings.media_limit,
        }
    }

    /// Does something, and once more with a new session when the old one turns out to be lost.
    fn known<T>(
        &self,
        mut act: impl FnMut(Ref<'_, Session>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match act(self.session.borrow()) {
            Err(Trouble {
                cause: Cause::Token(how),
                ..
            }) => {
                self.renew(how)?;
                act(self.session.borrow())
            }
            done => done,
        }
    }

    fn renew(&self, how: Logout) -> Result<(), Trouble> {
        session::lost(self.world, self.settings, &self.session.borrow(), how)?;
        let fresh = session::open(self.world, self.settings)?;
        self.session.replace(fresh);
        Ok(())
    }
}

impl<'a> Ask<'a> {
    /// A request without a body.
    pub fn new(doing: &'a str, method: &'static str, path: String) -> Self {
        Self {
            doing,
            method,
            path,
            body: None,
        }
    }

    /// The same, with a document.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// An event for a room. `transaction` makes it one event, however often it is sent.
    pub fn event(
        doing: &'a str,
        room: &str,
        kind: &str,
        transaction: &str,
        content: Value,
    ) -> Self {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/{}/{}",
            names::segment(room),
            names::segment(kind),
            names::segment(transaction)
        );
        Self {
            ..Self::new(doing, "PUT", path).with(content)
        }
    }

    /// An event taken back.
    pub fn redaction(room: &str, event: &str, transaction: &str) -> Self {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/redact/{}/{}",
            names::segment(room),
            names::segment(event),
            names::segment(transaction)
        );
        Self {
            ..Self::new("taking an event back", "PUT", path).with(json!({}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::Double;
    use crate::event::File;

    const LOGIN: &str = "POST /_matrix/client/v3/login";
    const JOINED: &str = "GET /_matrix/client/v3/joined_rooms";

    fn settings() -> Settings {
        Settings::parse(
            r#"{"homeserver":"https://hs.example","userId":"@bot:hs.example","mediaMaxMb":1}"#,
        )
        .expect("settings")
    }

    fn given() -> Double {
        let world = Double::new();
        world.secret(session::GIVEN, "t");
        world
    }

    fn file(size: Option<u64>) -> File {
        let media = names::Media::parse("mxc://b.org/abc").expect("mxc");
        File {
            media,
            content_type: Some("image/png".into()),
            name: Some("a.png".into()),
            size,
        }
    }

    #[test]
    fn a_lost_token_is_not_noticed() {
        let world = Double::new();
        world.secret(session::PASSWORD, "p");
        world.answer(
            LOGIN,
            200,
            json!({"access_token": "new", "user_id": "@bot:hs.example"}),
        );
        world.answer(
            JOINED,
            401,
            json!({"errcode": "M_UNKNOWN_TOKEN", "soft_logout": true}),
        );
        world.answer(JOINED, 200, json!({"joined_rooms": []}));
        let settings = settings();
        let client = Client::open(&world, &settings).expect("a client");
        let path = "/_matrix/client/v3/joined_rooms".to_owned();
        assert_eq!(
            client.get("listing", path).expect("rooms"),
            json!({"joined_rooms": []})
        );
        assert_eq!(world.asked(), [LOGIN, JOINED, LOGIN, JOINED]);
    }

    #[test]
    fn a_token_that_stays_unknown_is_tried_once_more_only() {
        let world = Double::new();
        world.secret(session::PASSWORD, "p");
        world.answer(LOGIN, 200, json!({"access_token": "new"}));
        world.answer(JOINED, 401, json!({"errcode": "M_UNKNOWN_TOKEN"}));
        let settings = settings();
        let client = Client::open(&world, &settings).expect("a client");
        let trouble = client
            .get("listing", "/_matrix/client/v3/joined_rooms".into())
            .expect_err("unknown");
        assert_eq!(trouble.cause, Cause::Token(Logout::Hard));
        assert_eq!(world.asked().len(), 4);
    }

    #[test]
    fn state_that_is_not_there_is_none() {
        let (world, settings) = (given(), settings());
        world.answer(
            "GET /_matrix/client/v3/rooms/%21a%3Ab/state/m.room.encryption/",
            404,
            json!({"errcode": "M_NOT_FOUND"}),
        );
        let client = Client::open(&world, &settings).expect("a client");
        assert_eq!(client.state("!a:b", "m.room.encryption", ""), Ok(None));
    }

    #[test]
    fn an_old_server_is_asked_in_the_old_way() {
        let (world, settings) = (given(), settings());
        world.answer(
            "GET /_matrix/client/v1/media/download/b.org/abc",
            404,
            json!({"errcode": "M_UNRECOGNIZED"}),
        );
        world.answer(
            "GET /_matrix/media/v3/download/b.org/abc",
            200,
            json!("png"),
        );
        let client = Client::open(&world, &settings).expect("a client");
        let id = client.download(&file(None)).expect("a file");
        let stored = world.file(&id).expect("a file");
        assert_eq!(
            (stored.name.as_deref(), stored.content_type.as_deref()),
            (Some("a.png"), Some("image/png"))
        );
    }

    #[test]
    fn a_file_too_large_is_not_sent_for() {
        let (world, settings) = (given(), settings());
        let client = Client::open(&world, &settings).expect("a client");
        let trouble = client
            .download(&file(Some(1024 * 1024 + 1)))
            .expect_err("too large");
        assert_eq!(trouble.cause, Cause::Large);
        assert!(world.asked().is_empty());
    }

    #[test]
    fn an_upload_says_where_it_is() {
        let (world, settings) = (given(), settings());
        world.answer(
            "POST /_matrix/media/v3/upload",
            200,
            json!({"content_uri": "mxc://hs.example/xyz"}),
        );
        let client = Client::open(&world, &settings).expect("a client");
        let uri = client
            .upload("media-1", "image/png", Some("ä b.png"))
            .expect("a place");
        assert_eq!(uri, "mxc://hs.example/xyz");
        let sent = &world.requests()[0];
        assert_eq!(
            sent.url,
            "https://hs.example/_matrix/media/v3/upload?filename=%C3%A4%20b.png"
        );
        assert_eq!(sent.body, Body::File("media-1".into(), "image/png".into()));
    }

    #[test]
    fn names_in_a_path_stay_in_their_segment() {
        let ask = Ask::event("x", "!a/b:c", "m.room.message", "t/1", json!({}));
        assert_eq!(
            ask.path,
            "/_matrix/client/v3/rooms/%21a%2Fb%3Ac/send/m.room.message/t%2F1"
        );
    }
}
