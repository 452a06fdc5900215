//! The forms of a report: names, colours, JSON.

use super::known;
use crate::config::{Config, Faults};

const SOURCE: &str = "[server]\nthread = 1\n[legacy]\nurl = \"http://a\"\n";

fn faults(source: &str) -> Faults {
    Config::parse(source, &known()).unwrap_err()
}

#[test]
fn a_report_names_the_file_it_is_about() {
    let text = faults(SOURCE)
        .named("/etc/overgrow/routes.toml")
        .to_string();
    assert!(
        text.contains(" --> /etc/overgrow/routes.toml:2:1\n"),
        "{text}"
    );
}

#[test]
fn colours_are_there_when_asked_for_and_change_no_word() {
    let faults = faults(SOURCE);
    let coloured = faults.coloured().to_string();
    assert!(
        coloured
            .starts_with("\u{1b}[1;91merror\u{1b}[0m\u{1b}[1m: unknown key `thread`\u{1b}[0m\n")
    );
    let mut plain = coloured;
    for code in ["\u{1b}[1;91m", "\u{1b}[1;94m", "\u{1b}[1m", "\u{1b}[0m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, faults.to_string());
}

#[test]
fn as_json_a_report_is_a_list_of_places_and_words() {
    let expect = serde_json::json!([{
        "line": 2,
        "column": 1,
        "message": "unknown key `thread`",
        "help": "did you mean `threads`?",
        "excerpt": "thread = 1",
    }]);
    assert_eq!(serde_json::to_value(faults(SOURCE)).unwrap(), expect);
}

#[test]
fn tabs_and_wide_characters_leave_the_carets_in_their_place() {
    let text = faults("server = { data = '日本',\tthread = 1 }\n[legacy]\nurl = \"http://a\"\n")
        .to_string();
    let expect = "\
error: unknown key `thread`
 --> routes.toml:1:25
  |
1 | server = { data = '日本',    thread = 1 }
  |                              ^^^^^^
  |
  = help: did you mean `threads`?
";
    assert_eq!(text, expect);
}

#[test]
fn a_file_full_of_faults_is_reported_up_to_a_bound() {
    let keys: String = (0..5000).map(|at| format!("zzz{at} = 1\n")).collect();
    let faults = faults(&format!("[legacy]\nurl = \"http://a\"\n[server]\n{keys}"));
    assert_eq!((faults.len(), faults.iter().count()), (5000, 200));
    assert!(
        faults
            .to_string()
            .ends_with("\nerror: 4800 more faults are not shown\n")
    );
}

#[test]
fn bytes_that_are_not_text_are_a_fault_with_a_place() {
    let faults = Config::parse_bytes(b"[server]\ndata = '\xff'\n", &known()).unwrap_err();
    let fault = faults.iter().next().unwrap();
    assert_eq!(
        (fault.line, fault.column, fault.message.as_str()),
        (2, 9, "the file is not UTF-8 text")
    );
}

#[test]
fn a_secret_is_in_no_form_of_the_report() {
    for line in [
        "admin_token = \"hunter2\"",
        "admin_token = hunter2",
        "admin_token \"hunter2",
        "admin_token = 'hunter2",
    ] {
        let faults = faults(&format!(
            "[legacy]\nurl = \"http://a\"\n[server]\n{line}\nthread = 1\n"
        ));
        let json = serde_json::to_string(&faults).unwrap();
        let all = format!("{faults}{}{json}{faults:?}", faults.coloured());
        assert!(!all.contains("hunter2"), "{line}: {faults}");
    }
}
