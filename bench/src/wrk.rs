//! wrk's command line and its report.
//!
//! It must not know what is measured. The surprise: wrk counts an answer of 400 and above as answered, so those are added to the errors.

use std::net::SocketAddr;

use crate::latency::Summary;

/// The command for one thread and whole seconds, which is all that wrk takes.
pub fn words(
    target: SocketAddr,
    connections: usize,
    path: &str,
    script: Option<&str>,
    seconds: f64,
) -> Vec<String> {
    let mut words = vec!["wrk".into(), "-t1".into(), format!("-c{connections}")];
    words.push(format!("-d{}s", seconds.ceil()));
    words.push("--latency".into());
    if let Some(script) = script {
        words.push("-s".into());
        words.push(format!("{}/peers/{script}", env!("CARGO_MANIFEST_DIR")));
    }
    words.push(format!("http://{target}{path}"));
    words
}

/// Reads a report with `--latency`, or `None` when it is something else.
pub fn summary(report: &str) -> Option<Summary> {
    let quantile = |name| line(report, name).and_then(micros);
    let (count, rest) = report
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))?;
    Some(Summary {
        count: count.parse().ok()?,
        errors: refused(report) + broken(report),
        seconds: micros(rest.split(',').next()?)? / 1e6,
        p50: quantile("50%")?,
        p99: quantile("99%")?,
    })
}

fn line<'a>(report: &'a str, start: &str) -> Option<&'a str> {
    report
        .lines()
        .find_map(|line| line.trim().strip_prefix(start))
        .map(str::trim)
}

fn refused(report: &str) -> u64 {
    line(report, "Non-2xx or 3xx responses:")
        .and_then(|count| count.parse().ok())
        .unwrap_or(0)
}

/// `connect 0, read 3, write 0, timeout 1`
fn broken(report: &str) -> u64 {
    let counts = line(report, "Socket errors:").unwrap_or_default();
    counts
        .split(',')
        .filter_map(|count| count.split_whitespace().last()?.parse::<u64>().ok())
        .sum()
}

/// wrk writes `713.00us`, `2.30ms`, `1.02s` and `1.50m`.
fn micros(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let factor = match &text[unit..] {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        _ => return None,
    };
    Some(text[..unit].parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Running 3s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.85ms  300.00us   9.00ms   90.00%
    Req/Sec    75.10k     1.00k   77.00k    60.00%
  Latency Distribution
     50%  713.00us
     75%    1.10ms
     90%    1.60ms
     99%    2.30ms
  226000 requests in 3.01s, 260.00MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 5
Requests/sec:  75083.05
Transfer/sec:     86.38MB";

    #[test]
    fn a_report_is_read() {
        let read = summary(REPORT).unwrap();
        let expected = Summary {
            count: 226_000,
            errors: 9,
            seconds: 3.01,
            p50: 713.0,
            p99: 2300.0,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_refusal_is_not_a_report() {
        assert_eq!(
            summary("unable to connect to 127.0.0.1:1 Connection refused"),
            None
        );
    }
}
