//! Twilio: HMAC-SHA1 over the address and the sorted fields of the body.
//!
//! It must not rebuild the address. The surprise: Twilio leaves the port out of some addresses and writes it in
//! others, so each spelling is tried, as its own libraries do.

use super::{Digest, Distrust, Keyed, Signed, same};
use crate::address;
use crate::form::Form;

/// Whether Twilio sent this. The outer error is that of whoever makes the digests.
pub fn check<K: Keyed>(signed: Signed<'_>, token: &K) -> Result<Result<(), Distrust>, K::Error> {
    let Some(presented) = signed.headers.get("x-twilio-signature") else {
        return Ok(Err(Distrust::Missing));
    };
    let fields = fields(signed.body);
    for url in address::spellings(signed.url) {
        let digest = token.digest(Digest::Sha1, format!("{url}{fields}").as_bytes())?;
        if same(presented, &digest) {
            return Ok(Ok(()));
        }
    }
    Ok(Err(Distrust::Wrong))
}

fn fields(body: &[u8]) -> String {
    Form::parse(body)
        .by_name()
        .into_iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Headers, testing::Secret};
    use super::*;
    use url::Url;

    fn checked(
        token: &'static str,
        url: &str,
        body: &str,
        signature: &str,
    ) -> Result<(), Distrust> {
        let headers = Headers::new(&[("X-Twilio-Signature".into(), signature.into())]);
        let signed = Signed {
            url: &Url::parse(url).expect("a URL"),
            headers: &headers,
            body: body.as_bytes(),
        };
        let Ok(verdict) = check(signed, &Secret(token));
        verdict
    }

    /// The example of Twilio's own documentation.
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const BODY: &str = "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
    const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    #[test]
    fn the_documented_example_is_believed() {
        assert_eq!(checked("12345", URL, BODY, SIGNATURE), Ok(()));
    }

    #[test]
    fn anything_else_is_not() {
        let wrong = Err(Distrust::Wrong);
        assert_eq!(checked("12346", URL, BODY, SIGNATURE), wrong);
        assert_eq!(checked("12345", &URL[..40], BODY, SIGNATURE), wrong);
        assert_eq!(checked("12345", URL, &BODY[1..], SIGNATURE), wrong);
        assert_eq!(checked("12345", URL, BODY, &SIGNATURE[1..]), wrong);
        assert_eq!(checked("12345", URL, BODY, "nonsense"), wrong);
        assert_eq!(checked("12345", URL, BODY, ""), Err(Distrust::Missing));
    }

    #[test]
    fn the_port_may_be_in_the_address_or_not() {
        for port in ["", ":443", ":8443"] {
            let signed = format!("https://e.com{port}/v");
            let digest = Secret("t").digest(Digest::Sha1, format!("{signed}Ab").as_bytes());
            let Ok(digest) = digest;
            let signature = base64::Engine::encode(&super::super::STANDARD, digest);
            let seen = match port {
                ":8443" => signed.as_str(),
                _ => "https://e.com/v",
            };
            assert_eq!(checked("t", seen, "A=b", &signature), Ok(()), "{port}");
        }
    }
}
