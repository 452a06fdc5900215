//! Every query of every panel, choice and annotation gives data, asked of a Prometheus that watched the scene.

use crate::deploy::{DASHBOARDS, dashboard};
use anyhow::{Context, Result, ensure};
use overgrow_tests::prometheus::{Prometheus, Series};
use serde_json::Value;

/// One question of a dashboard, and where it is asked.
#[derive(Clone)]
struct Question {
    place: String,
    expression: String,
}

/// The queries that gave nothing, each with its dashboard and its panel.
pub(crate) async fn unanswered(prometheus: &Prometheus) -> Result<Vec<String>> {
    let mut unanswered = Vec::new();
    for question in DASHBOARDS
        .map(questions)
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .concat()
    {
        let Question { place, expression } = &question;
        if let Err(reason) = answered(prometheus, expression).await {
            unanswered.push(format!("{place}: {reason:#}\n    {expression}"));
        }
    }
    Ok(unanswered)
}

/// A panel that says NaN alone is as empty as one that says nothing. A scrape that came late on a busy machine leaves gauges
/// without a value for its time, so emptiness is believed when the next scrape does not end it.
pub(crate) async fn answered(prometheus: &Prometheus, expression: &str) -> Result<()> {
    if is_data(&prometheus.query(expression).await?) {
        return Ok(());
    }
    prometheus.caught_up().await?;
    let found = prometheus.query(expression).await?;
    ensure!(is_data(&found), "{found:?}");
    Ok(())
}

fn is_data(found: &[Series]) -> bool {
    found.iter().any(|series| !series.value.is_nan())
}

fn question(dashboard: &str, place: &Value, expression: &Value) -> Result<Question> {
    Ok(Question {
        place: format!("{dashboard} / {}", place.as_str().context("a title")?),
        expression: filled(expression.as_str().context("a query")?),
    })
}

fn questions(name: &str) -> Result<Vec<Question>> {
    let dashboard = dashboard(name)?;
    let ask = |place: &Value, expression: &Value| question(name, place, expression);
    let mut questions = Vec::new();
    for panel in list(&dashboard["panels"]) {
        for target in list(&panel["targets"]) {
            questions.push(ask(&panel["title"], &target["expr"])?);
        }
    }
    for choice in list(&dashboard["templating"]["list"])
        .iter()
        .filter(|choice| choice["type"] == "query")
    {
        let series = choice["definition"]
            .as_str()
            .and_then(|text| text.strip_prefix("label_values(")?.rsplit_once(", "));
        questions.push(ask(
            &choice["name"],
            &series.context("label_values")?.0.into(),
        )?);
    }
    for annotation in list(&dashboard["annotations"]["list"]) {
        // Whether something moved is the picture; here it matters that there is something that could.
        let expression = annotation["expr"]
            .as_str()
            .context("a query")?
            .replace(" > 0", "");
        questions.push(ask(&annotation["name"], &expression.into())?);
    }
    Ok(questions)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The variables as a person would have chosen them: where one route has to be chosen one that is split or the one with a
/// pilot, all of everything else.
fn filled(expression: &str) -> String {
    expression
        .replace("=\"$route\"", "=~\"orders|piloted\"")
        .replace("$__rate_interval", "1m")
        .replace("$job", "overgrow")
        .replace("$instance", ".*")
        .replace("$route", ".*")
        .replace("$plugin", ".*")
}
