//! Alerts and dashboard: promtool checks the rules, runs their tests, and parses every query of the dashboard.

use super::{chart, output};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

pub(super) fn check() -> Result<(), String> {
    let rules = chart().join("rules");
    output(
        Command::new("promtool")
            .args(["check", "rules"])
            .arg(rules.join("oomparse.yaml")),
    )?;
    output(
        Command::new("promtool")
            .args(["test", "rules"])
            .arg(rules.join("oomparse.test.yaml")),
    )?;
    dashboard()
}

/// Every query of the dashboard, as Grafana sends it.
pub(crate) fn dashboard_queries() -> Result<Vec<String>, String> {
    let path = chart().join("dashboards/oomparse.json");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let dashboard: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let queries = queries(&dashboard);
    match queries.len() {
        10.. => Ok(queries),
        count => Err(format!("{} has {count} queries", path.display())),
    }
}

/// Every query stands in a rule, for promtool has no other way to parse one.
fn dashboard() -> Result<(), String> {
    let queries = dashboard_queries()?;
    let rules: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(n, query)| json!({"record": format!("dashboard:query:{n}"), "expr": query}))
        .collect();
    let file = crate::target_dir().join("dashboard-queries.yaml");
    let text = json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    output(Command::new("promtool").args(["check", "rules"]).arg(&file))?;
    println!("    {} queries of the dashboard parsed", queries.len());
    Ok(())
}

/// The queries as Grafana sends them, with its variables replaced.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets
        .filter_map(|target| target["expr"].as_str())
        .map(|query| {
            query
                .replace("$__rate_interval", "5m")
                .replace("$__range", "1h")
                .replace("$namespace", ".*")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every metric that is asked for is one that the program emits, or one of kube-state-metrics'.
    #[test]
    fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
        let rules = fs::read_to_string(chart().join("rules/oomparse.yaml")).unwrap();
        let dashboard = fs::read_to_string(chart().join("dashboards/oomparse.json")).unwrap();
        let known = [
            "oomparse_oom_kills_total",
            "oomparse_records_lost_total",
            "oomparse_outlet_events_total",
            "oomparse_outlet_errors_total",
            "oomparse_outlet_queue_length",
            "oomparse_container_limit_bytes",
            "oomparse_container_usage_bytes",
            "oomparse_container_last_kill_timestamp_seconds",
            "oomparse_build_info",
        ];
        let text = rules + &dashboard;
        let mut count = 0;
        for (at, _) in text.match_indices("oomparse_") {
            let name = text[at..].split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let name = name.clone().next().unwrap();
            assert!(known.contains(&name), "{name}");
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn every_panel_has_a_query_and_no_two_one_number() {
        let text = fs::read_to_string(chart().join("dashboards/oomparse.json")).unwrap();
        let dashboard: Value = serde_json::from_str(&text).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let mut numbers: Vec<_> = panels.iter().map(|panel| panel["id"].as_i64()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), panels.len());
        assert!(
            panels
                .iter()
                .all(|panel| panel["targets"][0]["expr"].is_string())
        );
        assert!(queries(&dashboard).iter().all(|query| !query.contains('$')));
    }
}
