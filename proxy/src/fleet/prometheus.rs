//! Asking a Prometheus one question, by its HTTP API.
//!
//! It must not know what the series mean. The surprise: an instant query for a range gives the samples with the times at
//! which they were scraped; one for a value would give the time of the question, and a sidecar that has been gone for
//! four minutes would look alive.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use overgrow_fetch::{Fetcher, Limits, Policy};
use overgrow_handler::Effects;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::FleetError;

/// A Prometheus answers such a question in milliseconds; one that does not is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thousand sidecars with a hundred routes each, ten times over.
const SIZE: usize = 256 * 1024 * 1024;

/// A Prometheus that can be asked.
pub struct Prometheus {
    query: Url,
    headers: HeaderMap,
    fetcher: Fetcher,
}

/// A series and its samples, the oldest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Series {
    /// Its labels, the name under `__name__`.
    #[serde(rename = "metric")]
    pub labels: BTreeMap<String, String>,
    /// At least one.
    #[serde(rename = "values")]
    pub samples: Vec<Sample>,
}

/// One sample: when, in unix seconds, and the value as Prometheus writes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sample(pub f64, pub String);

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

impl Prometheus {
    /// One at an address such as `http://prometheus:9090`, with or without a path before its API, and with a bearer token
    /// where it wants one.
    ///
    /// # Errors
    /// When that is no http or https address, or the token cannot stand in a header.
    pub fn at(address: &str, token: Option<&str>) -> Result<Self, FleetError> {
        let wrong = || FleetError::Address(without_secrets(address));
        let mut query = Url::parse(address).map_err(|_| wrong())?;
        if !matches!(query.scheme(), "http" | "https") || !query.username().is_empty() {
            return Err(wrong());
        }
        let path = format!("{}/api/v1/query", query.path().trim_end_matches('/'));
        query.set_path(&path);
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let bearer = Zeroizing::new(format!("Bearer {token}"));
            let mut value = HeaderValue::from_str(&bearer).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(Self {
            query,
            headers,
            fetcher: Fetcher::new(Policy::operator()),
        })
    }

    /// What an expression that gives a range vector gives now. Dropping the future closes the connection.
    ///
    /// # Errors
    /// When there is no answer within ten seconds, or one that is none.
    pub async fn ask(&self, expression: &str) -> Result<Vec<Series>, FleetError> {
        let mut url = self.query.clone();
        url.query_pairs_mut().append_pair("query", expression);
        let limits = Limits {
            bytes: SIZE,
            time: PATIENCE,
            ..Limits::default()
        };
        let effects = Effects::performing();
        let asked = self
            .fetcher
            .get(&effects, url.as_str(), self.headers.clone(), limits);
        let outcome = asked
            .await
            .map_err(|error| FleetError::Silent(self.place(), Box::new(error)))?;
        let Some(fetched) = outcome.fetched() else {
            return Ok(Vec::new());
        };
        let foreign = |_| FleetError::Foreign(self.place(), fetched.status);
        read(&fetched.body).map_err(foreign)?
    }

    fn place(&self) -> String {
        self.query.origin().ascii_serialization()
    }
}

/// Without the headers, in which there may be a token.
impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prometheus")
            .field(&self.query.as_str())
            .finish()
    }
}

fn read(body: &[u8]) -> Result<Result<Vec<Series>, FleetError>, serde_json::Error> {
    let answer: Answer = serde_json::from_slice(body)?;
    Ok(match (answer.data, answer.error) {
        (_, Some(error)) => Err(FleetError::Refused(error)),
        (Some(data), None) => Ok(data.result),
        (None, None) => Ok(Vec::new()),
    })
}

/// What stands before an `@` may be a password.
fn without_secrets(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, place)) => format!("…@{place}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_path_and_must_be_one() {
        let query = |address| Prometheus::at(address, None).map(|at| at.query.to_string());
        let api = "http://prometheus:9090/api/v1/query";
        assert_eq!(query("http://prometheus:9090").unwrap(), api);
        assert_eq!(query("http://prometheus:9090/").unwrap(), api);
        assert_eq!(
            query("https://metrics.example/prom/").unwrap(),
            "https://metrics.example/prom/api/v1/query"
        );
        for wrong in ["prometheus:9090", "ftp://prometheus", "", "http://"] {
            assert!(query(wrong).is_err(), "{wrong}");
        }
        let secret = query("http://me:s3cret@prometheus")
            .unwrap_err()
            .to_string();
        assert!(!secret.contains("s3cret"), "{secret}");
    }

    #[test]
    fn a_token_is_not_shown() {
        let prometheus = Prometheus::at("http://prometheus", Some("s3cret")).unwrap();
        assert!(!format!("{prometheus:?}").contains("s3cret"));
        assert_eq!(prometheus.headers[header::AUTHORIZATION], "Bearer s3cret");
    }

    #[test]
    fn answers_are_read_and_refusals_told() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"overgrow_evidence","of":"row"},"values":[[17.5,"0"],[18,"3"]]}]}}"#;
        let series = read(body).unwrap().unwrap();
        assert_eq!(series[0].labels["of"], "row");
        assert_eq!(series[0].samples[1], Sample(18.0, "3".to_owned()));
        let refused = br#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
        let told = read(refused).unwrap().unwrap_err().to_string();
        assert_eq!(told, "Prometheus refuses to answer: parse error");
        assert!(read(b"<html>").is_err());
    }
}
