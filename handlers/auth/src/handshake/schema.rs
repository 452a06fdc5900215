//! The form of a `connect`, and what is said of one that has another.
//!
//! It must not know what the members mean. The surprise: the texts are those of the validator that the legacy uses,
//! because clients show them to people; all faults are told, not the first.

use std::collections::HashSet;

use super::json::Json;

/// What a value must be.
enum Rule {
    /// A text that is not empty.
    Text,
    /// A text.
    AnyText,
    /// A whole number, and the least that it may be.
    Whole(f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts that are not empty.
    Texts,
    /// An object whose members are `true` or `false`.
    Flags,
    /// An object of these members and no others.
    Object(&'static [Member]),
}

/// A member of an object.
struct Member {
    name: &'static str,
    need: Need,
    rule: Rule,
}

#[derive(PartialEq)]
enum Need {
    Required,
    Optional,
}

const fn required(name: &'static str, rule: Rule) -> Member {
    let need = Need::Required;
    Member { name, need, rule }
}

const fn optional(name: &'static str, rule: Rule) -> Member {
    let need = Need::Optional;
    Member { name, need, rule }
}

const CLIENTS: &[&str] = &[
    "webchat-ui",
    "openclaw-control-ui",
    "webchat",
    "cli",
    "gateway-client",
    "openclaw-macos",
    "openclaw-ios",
    "openclaw-android",
    "node-host",
    "test",
    "fingerprint",
    "openclaw-probe",
];

const MODES: &[&str] = &["webchat", "cli", "ui", "backend", "node", "probe", "test"];

const CLIENT: &[Member] = &[
    required("id", Rule::OneOf(CLIENTS)),
    optional("displayName", Rule::Text),
    required("version", Rule::Text),
    required("platform", Rule::Text),
    optional("deviceFamily", Rule::Text),
    optional("modelIdentifier", Rule::Text),
    required("mode", Rule::OneOf(MODES)),
    optional("instanceId", Rule::Text),
];

const DEVICE: &[Member] = &[
    required("id", Rule::Text),
    required("publicKey", Rule::Text),
    required("signature", Rule::Text),
    required("signedAt", Rule::Whole(0.0)),
    optional("nonce", Rule::Text),
];

const AUTH: &[Member] = &[
    optional("token", Rule::AnyText),
    optional("password", Rule::AnyText),
];

const CONNECT: Rule = Rule::Object(&[
    required("minProtocol", Rule::Whole(1.0)),
    required("maxProtocol", Rule::Whole(1.0)),
    required("client", Rule::Object(CLIENT)),
    optional("caps", Rule::Texts),
    optional("commands", Rule::Texts),
    optional("permissions", Rule::Flags),
    optional("pathEnv", Rule::AnyText),
    optional("role", Rule::Text),
    optional("scopes", Rule::Texts),
    optional("device", Rule::Object(DEVICE)),
    optional("auth", Rule::Object(AUTH)),
    optional("locale", Rule::AnyText),
    optional("userAgent", Rule::AnyText),
]);

/// Checks the parameters of a `connect`; without any they are no object.
///
/// # Errors
/// What is wrong, in one text.
pub(super) fn check(params: Option<&Json>) -> Result<(), String> {
    let mut faults = Faults::default();
    faults.check(&CONNECT, params.unwrap_or(&Json::Null), "");
    if faults.told.is_empty() {
        return Ok(());
    }
    Err(faults.told.join("; "))
}

/// What is wrong, each once: a frame has room for tens of thousands.
#[derive(Default)]
struct Faults {
    told: Vec<String>,
    known: HashSet<String>,
}

impl Faults {
    fn check(&mut self, rule: &Rule, value: &Json, at: &str) {
        match rule {
            Rule::Text => self.text(value, at),
            Rule::AnyText => self.kind(value.as_text(), "string", at),
            Rule::Whole(least) => self.whole(*least, value, at),
            Rule::OneOf(texts) => self.one_of(texts, value, at),
            Rule::Texts => self.texts(value, at),
            Rule::Flags => self.flags(value, at),
            Rule::Object(members) => self.object(members, value, at),
        }
    }

    fn text(&mut self, value: &Json, at: &str) {
        if value.as_text() == Some("") {
            return self.add(at, "must NOT have fewer than 1 characters");
        }
        self.kind(value.as_text(), "string", at);
    }

    fn whole(&mut self, least: f64, value: &Json, at: &str) {
        let Json::Number(number) = value else {
            return self.add(at, "must be integer");
        };
        if number.fract() != 0.0 {
            self.add(at, "must be integer");
        }
        if *number < least {
            self.add(at, &format!("must be >= {least}"));
        }
    }

    fn one_of(&mut self, texts: &[&str], value: &Json, at: &str) {
        if value.as_text().is_some_and(|text| texts.contains(&text)) {
            return;
        }
        self.kind(value.as_text(), "string", at);
        self.add(at, "must be equal to constant");
        self.add(at, "must match a schema in anyOf");
    }

    fn texts(&mut self, value: &Json, at: &str) {
        let Json::List(items) = value else {
            return self.add(at, "must be array");
        };
        for (number, item) in items.iter().enumerate() {
            self.text(item, &format!("{at}/{number}"));
        }
    }

    /// A member without a name is one too; its pointer ends with a slash.
    fn flags(&mut self, value: &Json, at: &str) {
        let Some(members) = value.members() else {
            return self.add(at, "must be object");
        };
        for (name, flag) in members {
            let flag = matches!(flag, Json::Flag(_)).then_some(());
            self.kind(flag, "boolean", &format!("{at}/{}", escaped(name)));
        }
    }

    fn object(&mut self, members: &[Member], value: &Json, at: &str) {
        let Some(given) = value.members() else {
            return self.add(at, "must be object");
        };
        for member in members {
            if member.need == Need::Required && value.member(member.name).is_none() {
                self.add(
                    at,
                    &format!("must have required property '{}'", member.name),
                );
            }
        }
        for (name, _) in given {
            if !members.iter().any(|member| member.name == name) {
                self.unexpected(name, at);
            }
        }
        for member in members {
            if let Some(value) = value.member(member.name) {
                self.check(&member.rule, value, &format!("{at}/{}", member.name));
            }
        }
    }

    fn unexpected(&mut self, name: &str, at: &str) {
        if crate::headers::trimmed(name).is_empty() {
            return self.add(at, "must NOT have additional properties");
        }
        let place = if at.is_empty() { "root" } else { at };
        self.push(format!("at {place}: unexpected property '{name}'"));
    }

    fn kind<T>(&mut self, value: Option<T>, kind: &str, at: &str) {
        if value.is_none() {
            self.add(at, &format!("must be {kind}"));
        }
    }

    fn add(&mut self, at: &str, fault: &str) {
        self.push(if at.is_empty() {
            fault.to_owned()
        } else {
            format!("at {at}: {fault}")
        });
    }

    fn push(&mut self, fault: String) {
        if self.known.insert(fault.clone()) {
            self.told.push(fault);
        }
    }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the real validator said of each, one case a line.
    const MEASURED: &str = include_str!("validator.jsonl");

    #[test]
    fn faults_are_told_in_the_validators_words() {
        let mut cases = 0;
        for line in MEASURED.lines() {
            let case = Json::parse(line.as_bytes()).unwrap();
            let said = check(case.member("params"));
            assert_eq!(said.err().as_deref(), case.text("text"), "{line}");
            cases += 1;
        }
        assert!(cases > 50, "{cases}");
    }

    #[test]
    fn a_flood_of_faults_is_told_in_the_time_it_takes_to_read() {
        let names: Vec<String> = (0..40_000).map(|name| format!(r#""x{name}":1"#)).collect();
        let params = Json::parse(format!("{{{}}}", names.join(",")).as_bytes());
        let said = check(params.as_ref()).unwrap_err();
        assert!(said.contains("'x39999'"));
    }
}
