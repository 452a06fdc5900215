//! Every rule has something to look at: its expression gives data whether or not its condition holds.

use crate::dashboards::answered;
use crate::deploy::rules;
use anyhow::{Context, Result};
use overgrow_tests::prometheus::Prometheus;
use regex::Regex;

/// The rules whose expressions gave nothing.
pub(crate) async fn unanswered(prometheus: &Prometheus) -> Result<Vec<String>> {
    let nothing = Prometheus::scraping(&[]).await?;
    let mut unanswered = Vec::new();
    for rule in rules()? {
        // What is absent is seen where nothing is there.
        let absent = rule.expression.starts_with("absent(");
        let asked = if absent { &nothing } else { prometheus };
        if let Err(reason) = answered(asked, &unconditional(&rule.expression)?).await {
            unanswered.push(format!(
                "{}: {reason:#}\n    {}",
                rule.name, rule.expression
            ));
        }
    }
    Ok(unanswered)
}

/// What somebody is told about the file that was refused in the scene.
pub(crate) async fn told_of_the_refused_file(prometheus: &Prometheus) -> Result<String> {
    let name = "OvergrowReloadRejected";
    let fires = format!("ALERTS{{alertname=\"{name}\", alertstate=\"firing\"}}");
    prometheus.until(&fires, |found| found.len() == 1).await?;
    let alerts = prometheus.alerts().await?;
    let told = alerts
        .into_iter()
        .find(|alert| alert.labels["alertname"] == name);
    let mut annotations = told.context("an alert that fires")?.annotations;
    annotations.remove("description").context("a description")
}

/// A comparison that answers 0 or 1 instead of leaving series out.
fn unconditional(expression: &str) -> Result<String> {
    let comparison = Regex::new(" (>=|==|>|<) ")?;
    Ok(comparison.replace_all(expression, " $1 bool ").into_owned())
}

#[test]
fn comparisons_lose_their_condition() -> Result<()> {
    let expression = r#"a{b!="c",d=~"e"} > on (x) f >= 3 and g == 0"#;
    let expect = r#"a{b!="c",d=~"e"} > bool on (x) f >= bool 3 and g == bool 0"#;
    assert_eq!(unconditional(expression)?, expect);
    Ok(())
}
