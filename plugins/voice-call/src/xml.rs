//! The documents that tell a provider what to do next.
//!
//! It must not know calls. The surprise: characters that XML cannot carry are left out, because a provider drops the
//! whole call over one of them.

/// The type of Twilio's documents.
pub const TWIML: &str = "application/xml";

/// The type of Plivo's documents.
pub const PLIVO: &str = "text/xml";

/// Nothing to do.
pub const EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;

/// Twilio: stay on the line; what follows comes by its API.
pub const PAUSE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Pause length="30"/>
</Response>"#;

/// Plivo: stay on the line.
pub const WAIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Wait length="300" />
</Response>"#;

/// The language that is spoken and understood.
const LANGUAGE: &str = "en-US";

/// Twilio: say this and hang up.
pub fn notify(text: &str, voice: &str) -> String {
    document(&format!(
        "  <Say voice=\"{}\">{}</Say>\n  <Hangup/>",
        escape(voice),
        escape(text)
    ))
}

/// Twilio: say this, then listen.
pub fn say_and_gather(text: &str, voice: &str, action: &str) -> String {
    document(&format!(
        "  <Say voice=\"{}\" language=\"{LANGUAGE}\">{}</Say>\n  \
         <Gather input=\"speech\" speechTimeout=\"auto\" action=\"{}\" method=\"POST\">\n    <Say>.</Say>\n  </Gather>",
        escape(voice),
        escape(text),
        escape(action)
    ))
}

/// Plivo: say this and stay.
pub fn speak(text: &str) -> String {
    document(&format!(
        "  <Speak language=\"{LANGUAGE}\">{}</Speak>\n  <Wait length=\"300\" />",
        escape(text)
    ))
}

/// Plivo: listen, after a prompt if there is one.
pub fn get_input(action: &str, prompt: Option<&str>) -> String {
    let prompt = prompt.map_or_else(String::new, |text| {
        format!(
            "    <Speak language=\"{LANGUAGE}\">{}</Speak>\n",
            escape(text)
        )
    });
    document(&format!(
        "  <GetInput inputType=\"speech\" method=\"POST\" action=\"{}\" language=\"{LANGUAGE}\" \
         executionTimeout=\"30\" speechEndTimeout=\"1\" redirect=\"false\">\n{prompt}  </GetInput>\n  \
         <Wait length=\"300\" />",
        escape(action)
    ))
}

/// The voice of Twilio's that comes nearest to one of the speech settings.
pub fn voice(wanted: Option<&str>) -> &str {
    let wanted = wanted.unwrap_or_default();
    if wanted.starts_with("Polly.") || wanted.starts_with("Google.") {
        return wanted;
    }
    match wanted.to_ascii_lowercase().as_str() {
        "echo" => "Polly.Matthew",
        "fable" => "Polly.Amy",
        "onyx" => "Polly.Brian",
        "nova" => "Polly.Salli",
        "shimmer" => "Polly.Kimberly",
        _ => "Polly.Joanna",
    }
}

/// Text for an element or an attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

fn document(inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n{inner}\n</Response>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_are_what_the_providers_know() {
        assert_eq!(
            notify("Tom & \"Ann\"", "Polly.Joanna"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <Say voice=\"Polly.Joanna\">Tom &amp; &quot;Ann&quot;</Say>\n  <Hangup/>\n</Response>"
        );
        assert_eq!(
            say_and_gather("Hi", "Polly.Amy", "https://e.com/v?callId=1&x=2"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <Say voice=\"Polly.Amy\" language=\"en-US\">Hi</Say>\n  \
             <Gather input=\"speech\" speechTimeout=\"auto\" action=\"https://e.com/v?callId=1&amp;x=2\" method=\"POST\">\n    \
             <Say>.</Say>\n  </Gather>\n</Response>"
        );
        assert_eq!(
            get_input("https://e.com", None),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <GetInput inputType=\"speech\" method=\"POST\" \
             action=\"https://e.com\" language=\"en-US\" executionTimeout=\"30\" speechEndTimeout=\"1\" redirect=\"false\">\n  \
             </GetInput>\n  <Wait length=\"300\" />\n</Response>"
        );
        assert!(
            get_input("a", Some("Hi?")).contains("\n    <Speak language=\"en-US\">Hi?</Speak>\n")
        );
        assert_eq!(
            speak("Hi"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <Speak language=\"en-US\">Hi</Speak>\n  <Wait length=\"300\" />\n</Response>"
        );
    }

    #[test]
    fn voices_are_mapped_unless_they_are_the_providers_own() {
        assert_eq!(voice(None), "Polly.Joanna");
        assert_eq!(voice(Some("Nova")), "Polly.Salli");
        assert_eq!(voice(Some("Google.en")), "Google.en");
        assert_eq!(voice(Some("nobody")), "Polly.Joanna");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_element(text in any::<String>()) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(escaped.chars().all(|c| c >= ' ' || "\t\n\r".contains(c)));
        }
    }
}
