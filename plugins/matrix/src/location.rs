//! A place in words.

use serde_json::Value;

/// The place that a content names (`geo_uri`), with its caption, in the gateway's words; `None` when it names none.
pub fn read(content: &Value) -> Option<String> {
    let place = Place::parse(content.get("geo_uri")?.as_str()?)?;
    let caption = content.get("body").and_then(Value::as_str).map(str::trim);
    Some(match caption.filter(|caption| !caption.is_empty()) {
        Some(caption) => format!("{}\n{caption}", place.words()),
        None => place.words(),
    })
}

struct Place {
    latitude: f64,
    longitude: f64,
    /// Metres.
    accuracy: Option<f64>,
}

impl Place {
    /// Reads `geo:51.5,0.12;u=35` (RFC 5870).
    fn parse(uri: &str) -> Option<Self> {
        let uri = uri.trim();
        let scheme = uri.get(..4)?;
        let rest = scheme.eq_ignore_ascii_case("geo:").then(|| &uri[4..])?;
        let mut parts = rest.split(';');
        let mut coordinates = parts.next()?.split(',').map(number);
        let accuracy = parts.find_map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("u")
                .then(|| number(value))?
        });
        Some(Self {
            latitude: coordinates.next()??,
            longitude: coordinates.next()??,
            accuracy,
        })
    }

    fn words(&self) -> String {
        let accuracy = self.accuracy.map(|metres| format!(" ±{}m", metres.round()));
        let accuracy = accuracy.unwrap_or_default();
        format!("📍 {:.6}, {:.6}{accuracy}", self.latitude, self.longitude)
    }
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(uri: &str, expect: Option<&str>) {
        let read = read(&json!({"geo_uri": uri, "body": " "}));
        assert_eq!(read.as_deref(), expect, "{uri}");
    }

    #[test]
    fn a_place_is_read_with_its_accuracy() {
        check("geo:51.5008,0.1247", Some("📍 51.500800, 0.124700"));
        check(
            " GEO:-1,2,3;crs=wgs84;u=35.6 ",
            Some("📍 -1.000000, 2.000000 ±36m"),
        );
        check("geo:1,2;u=x", Some("📍 1.000000, 2.000000"));
    }

    #[test]
    fn what_is_no_place_is_none() {
        for uri in [
            "",
            "geo:",
            "geo:1",
            "geo:a,b",
            "geo:NaN,1",
            "geo:inf,1",
            "http:1,2",
            "gé",
        ] {
            check(uri, None);
        }
        assert_eq!(read(&json!({"geo_uri": 1})), None);
        assert_eq!(read(&json!({})), None);
    }
}
