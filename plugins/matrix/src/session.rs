//! How the plugin is known to the homeserver: by a token that was given, or by one that it logged in for.
//!
//! The token itself never is in here. The surprise: outbound calls and the service are separate instances, so that a
//! claim in the durable state keeps them from logging in twice.

use std::cell::RefCell;

use overgrow_sdk::host::log::Level;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::settings::Settings;
use crate::trouble::{Cause, Logout, Trouble};
use crate::world::{Body, Key, PASSWORD_MARK, Request, World};

/// The operator's token.
pub const GIVEN: &str = "access-token";
/// The operator's password.
pub const PASSWORD: &str = "password";
/// The token that the plugin logged in for.
pub const OBTAINED: &str = "session";

/// Where [`Login`] is kept.
const KEY: &str = "session";
/// Held while somebody logs in.
const CLAIM: &str = "logging-in";
/// A login that has not ended by then has failed, ms.
const CLAIM_TIME: u64 = 20_000;

/// How the plugin is known.
#[derive(Debug)]
pub struct Session {
    /// The secret that is the token.
    pub token: &'static str,
    user: RefCell<Option<String>>,
    /// When it logged in, Unix ms; 0 for a token that was given.
    since: u64,
}

/// A login that was made, or that was lost but for its device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Login {
    homeserver: String,
    user: String,
    device: Option<String>,
    since: u64,
    lost: bool,
}

/// Finds out how the plugin is known, and logs in when it is not.
///
/// # Errors
/// `Barred` when it cannot be known, or what the homeserver says.
pub fn open<W: World>(world: &W, settings: &Settings) -> Result<Session, Trouble> {
    if world.has_secret(GIVEN) {
        return Ok(Session::new(GIVEN, settings.user.clone(), 0));
    }
    let login = recall(world, settings)?;
    match login {
        Some(login) if !login.lost && world.has_secret(OBTAINED) => Ok(login.session()),
        login => log_in(world, settings, login.and_then(|login| login.device)),
    }
}

/// Takes note that a token is not known any more.
///
/// # Errors
/// `Barred` when nothing can be done about it.
pub fn lost<W: World>(
    world: &W,
    settings: &Settings,
    session: &Session,
    how: Logout,
) -> Result<(), Trouble> {
    if session.token == GIVEN {
        let text = "the homeserver does not know the access token any more";
        return Err(Trouble::new(Cause::Barred, text));
    }
    let Some(mut login) = recall(world, settings)?.filter(|login| login.since == session.since)
    else {
        return Ok(());
    };
    login.lost = true;
    login.device = login.device.filter(|_| how == Logout::Soft);
    login.keep(world)
}

/// Who the homeserver says that the token's bearer is.
pub fn whoami(homeserver: &str, token: &'static str) -> Request {
    Request {
        method: "GET",
        url: format!("{homeserver}/_matrix/client/v3/account/whoami"),
        body: Body::None,
        key: Key::Bearer(token),
        timeout: 10_000,
        most: 16 * 1024,
    }
}

impl Session {
    fn new(token: &'static str, user: Option<String>, since: u64) -> Self {
        let user = RefCell::new(user);
        Self { token, user, since }
    }

    /// The bot's own id; asked for once when it was not given.
    ///
    /// # Errors
    /// What the homeserver says.
    pub fn user<W: World>(&self, world: &W, settings: &Settings) -> Result<String, Trouble> {
        if let Some(user) = self.user.borrow().clone() {
            return Ok(user);
        }
        let answer = exchange(
            world,
            "asking who I am",
            &whoami(&settings.homeserver, self.token),
        )?;
        let user = answer["user_id"].as_str().and_then(crate::names::user);
        let user = user.ok_or_else(|| Trouble::refused("the homeserver does not say who I am"))?;
        self.user.replace(Some(user.clone()));
        Ok(user)
    }
}

impl Login {
    fn session(&self) -> Session {
        Session::new(OBTAINED, Some(self.user.clone()), self.since)
    }

    fn keep<W: World>(&self, world: &W) -> Result<(), Trouble> {
        let text = serde_json::to_vec(self).map_err(|error| Trouble::refused(error.to_string()))?;
        world.keep(KEY, &text, None)
    }
}

/// What was kept, if it is of this homeserver and user.
fn recall<W: World>(world: &W, settings: &Settings) -> Result<Option<Login>, Trouble> {
    let kept = world.recall(KEY)?;
    let login = kept.and_then(|text| serde_json::from_slice::<Login>(&text).ok());
    let same = |login: &Login| {
        login.homeserver == settings.homeserver
            && settings
                .user
                .as_ref()
                .is_none_or(|user| *user == login.user)
    };
    Ok(login.filter(same))
}

fn log_in<W: World>(
    world: &W,
    settings: &Settings,
    device: Option<String>,
) -> Result<Session, Trouble> {
    let Some(user) = settings
        .user
        .as_deref()
        .filter(|_| world.has_secret(PASSWORD))
    else {
        let text = "neither an access token nor a user with a password is given";
        return Err(Trouble::new(Cause::Barred, text));
    };
    if !world.claim(CLAIM, CLAIM_TIME)? {
        return Err(Trouble::new(
            Cause::Limited(Some(1000)),
            "another call is logging in",
        ));
    }
    let made = answered(world, settings, user, device);
    world.forget(CLAIM)?;
    let login = made.map_err(barred)?;
    world.log(Level::Info, "logged in", &[("user", &login.user)]);
    Ok(login.session())
}

/// A login that is refused stays so until an operator does something.
fn barred(trouble: Trouble) -> Trouble {
    match trouble.cause {
        Cause::Refused | Cause::Absent | Cause::Unrecognized => {
            Trouble::new(Cause::Barred, trouble.message)
        }
        _ => trouble,
    }
}

fn answered<W: World>(
    world: &W,
    settings: &Settings,
    user: &str,
    device: Option<String>,
) -> Result<Login, Trouble> {
    let answer = exchange(
        world,
        "logging in",
        &request(settings, user, device.as_deref()),
    )?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    let token = text("access_token").filter(|token| !token.trim().is_empty());
    let token = token.ok_or_else(|| Trouble::new(Cause::Away, "the login did not give a token"))?;
    world.keep_secret(OBTAINED, token.trim())?;
    let login = Login {
        homeserver: settings.homeserver.clone(),
        user: text("user_id")
            .and_then(|id| crate::names::user(&id))
            .unwrap_or_else(|| user.to_owned()),
        device: text("device_id"),
        since: world.now(),
        lost: false,
    };
    login.keep(world)?;
    Ok(login)
}

fn request(settings: &Settings, user: &str, device: Option<&str>) -> Request {
    let mut body = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": PASSWORD_MARK,
        "initial_device_display_name": settings.device_name,
    });
    if let Some(device) = device {
        body["device_id"] = device.into();
    }
    Request {
        method: "POST",
        url: format!("{}/_matrix/client/v3/login", settings.homeserver),
        body: Body::Json(body),
        key: Key::Password(PASSWORD),
        timeout: 15_000,
        most: 64 * 1024,
    }
}

/// Asks, and reads the document that comes back.
///
/// # Errors
/// What the homeserver says; `Away` when it is no document.
pub fn exchange<W: World>(world: &W, doing: &str, request: &Request) -> Result<Value, Trouble> {
    let reply = world.ask(request)?;
    if !reply.ok() {
        return Err(Trouble::answered(
            doing,
            reply.status,
            reply.wait,
            &reply.body,
        ));
    }
    serde_json::from_slice(&reply.body)
        .map_err(|error| Trouble::new(Cause::Away, format!("{doing}: not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::Double;

    const LOGIN: &str = "POST /_matrix/client/v3/login";

    fn settings() -> Settings {
        Settings::parse(r#"{"homeserver":"https://hs.example","userId":"@bot:hs.example"}"#)
            .expect("settings")
    }

    fn logging_in() -> Double {
        let world = Double::new();
        world.secret(PASSWORD, "secret");
        world.answer(LOGIN, 200, json!({"access_token": " abc123 ", "device_id": "GHTYAJCE", "user_id": "@bot:hs.example"}));
        world
    }

    #[test]
    fn a_given_token_needs_no_login() {
        let world = Double::new();
        world.secret(GIVEN, "t");
        world.answer(
            "GET /_matrix/client/v3/account/whoami",
            200,
            json!({"user_id": "@joe:example.org", "device_id": "ABC"}),
        );
        let settings = Settings::parse(r#"{"homeserver":"https://hs.example"}"#).expect("settings");
        let session = open(&world, &settings).expect("a session");
        assert_eq!(
            session.user(&world, &settings).expect("a user"),
            "@joe:example.org"
        );
        assert_eq!(
            session.user(&world, &settings).expect("a user"),
            "@joe:example.org"
        );
        assert_eq!(world.asked(), ["GET /_matrix/client/v3/account/whoami"]);
    }

    #[test]
    fn a_password_is_used_once() {
        let world = logging_in();
        let first = open(&world, &settings()).expect("a session");
        let again = open(&world, &settings()).expect("a session");
        assert_eq!((first.token, again.token), (OBTAINED, OBTAINED));
        assert_eq!(world.asked(), [LOGIN]);
        assert_eq!(world.revealed(OBTAINED).as_deref(), Some("abc123"));
        let Body::Json(body) = &world.requests()[0].body else {
            panic!("a document")
        };
        assert_eq!(
            *body,
            json!({
                "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "@bot:hs.example"},
                "password": "{{password}}", "initial_device_display_name": "OpenClaw Gateway",
            })
        );
    }

    #[test]
    fn a_lost_token_is_replaced_and_a_device_kept_when_it_may_be() {
        let world = logging_in();
        let session = open(&world, &settings()).expect("a session");
        world.pass(1);
        lost(&world, &settings(), &session, Logout::Soft).expect("noted");
        open(&world, &settings()).expect("a session");
        let Body::Json(body) = &world.requests()[1].body else {
            panic!("a document")
        };
        assert_eq!(body["device_id"], "GHTYAJCE");
    }

    #[test]
    fn a_late_loss_does_not_undo_a_new_login() {
        let world = logging_in();
        let old = open(&world, &settings()).expect("a session");
        world.pass(1);
        lost(&world, &settings(), &old, Logout::Hard).expect("noted");
        open(&world, &settings()).expect("a session");
        lost(&world, &settings(), &old, Logout::Hard).expect("nothing to do");
        open(&world, &settings()).expect("a session");
        assert_eq!(world.asked(), [LOGIN, LOGIN]);
    }

    #[test]
    fn a_given_token_that_is_lost_stays_lost() {
        let world = Double::new();
        world.secret(GIVEN, "t");
        let session = open(&world, &settings()).expect("a session");
        let trouble = lost(&world, &settings(), &session, Logout::Hard).expect_err("lost");
        assert_eq!(trouble.cause, Cause::Barred);
    }

    #[test]
    fn nobody_logs_in_beside_another() {
        let world = logging_in();
        assert!(world.claim(CLAIM, CLAIM_TIME).expect("a claim"));
        let trouble = open(&world, &settings()).expect_err("busy");
        assert_eq!(trouble.cause, Cause::Limited(Some(1000)));
        world.pass(CLAIM_TIME + 1);
        assert!(open(&world, &settings()).is_ok());
    }

    #[test]
    fn another_user_needs_another_login() {
        let world = logging_in();
        open(&world, &settings()).expect("a session");
        let other =
            Settings::parse(r#"{"homeserver":"https://hs.example","userId":"@other:hs.example"}"#)
                .expect("settings");
        open(&world, &other).expect("a session");
        assert_eq!(world.asked().len(), 2);
    }

    #[test]
    fn a_login_that_is_refused_says_so_and_frees_the_way() {
        let world = Double::new();
        world.secret(PASSWORD, "wrong");
        world.answer(
            LOGIN,
            403,
            json!({"errcode": "M_FORBIDDEN", "error": "Invalid password"}),
        );
        for _ in 0..2 {
            assert_eq!(
                open(&world, &settings()).expect_err("refused").cause,
                Cause::Barred
            );
        }
    }

    #[test]
    fn nothing_to_log_in_with_is_refused() {
        assert_eq!(
            open(&Double::new(), &settings())
                .expect_err("refused")
                .cause,
            Cause::Barred
        );
    }
}
