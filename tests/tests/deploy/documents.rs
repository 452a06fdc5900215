//! Documents that others have schemas for.

use super::{files, is_named, of_tree, reader, satisfied};
use anyhow::{Result, ensure};

/// The oldest version that the manifests name as enough.
const KUBERNETES: &str = "1.30";

#[test]
fn kubernetes_takes_every_manifest() -> Result<()> {
    let mut manifests = files("deploy/kubernetes", ".yaml")?;
    // Of kustomize and of the Prometheus operator, whose schemas are not among Kubernetes' own.
    manifests
        .retain(|path| !is_named(path, "kustomization.yaml") && !is_named(path, "podmonitor.yaml"));
    let mut command = reader("kubernetes-validate");
    command.args(["--strict", "-k", KUBERNETES]);
    let said = satisfied(command.args(&manifests))?;
    ensure!(!said.contains("WARN"), "{said}");
    Ok(())
}

#[test]
fn compose_takes_its_file() -> Result<()> {
    let mut command = reader("check-jsonschema");
    command.args(["--builtin-schema", "vendor.compose-spec"]);
    satisfied(command.arg(of_tree("deploy/compose.yaml"))).map(drop)
}

#[test]
fn github_takes_every_workflow() -> Result<()> {
    let mut command = reader("check-jsonschema");
    command.args(["--builtin-schema", "vendor.github-workflows"]);
    satisfied(command.args(files(".github/workflows", ".yml")?)).map(drop)
}

#[test]
fn every_action_is_pinned_to_a_commit() -> Result<()> {
    for file in files(".github/workflows", ".yml")? {
        let text = std::fs::read_to_string(&file)?;
        let used = text.lines().filter_map(|line| line.split_once("uses: "));
        for (_, action) in used.filter(|(_, action)| !action.starts_with("./")) {
            let commit = action.split(['@', ' ']).nth(1).unwrap_or_default();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            ensure!(is_commit, "{}: {action}", file.display());
        }
    }
    Ok(())
}

#[test]
fn dockerfiles_have_no_known_fault() -> Result<()> {
    for file in files("deploy", "Dockerfile")? {
        satisfied(reader("hadolint").arg(&file))?;
    }
    Ok(())
}

#[test]
fn the_image_is_nothing_but_the_binary_and_runs_as_a_number() -> Result<()> {
    let text = std::fs::read_to_string(of_tree("deploy/Dockerfile"))?;
    let (_, last) = text.rsplit_once("\nFROM ").unwrap_or_default();
    let copied: Vec<&str> = last
        .lines()
        .filter(|line| line.starts_with("COPY "))
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    ensure!(last.starts_with("scratch\n"), "{last}");
    assert_eq!(
        copied,
        [
            "/overgrow",
            "/etc/ssl/certs/ca-certificates.crt",
            "/var/lib/overgrow/"
        ]
    );
    ensure!(last.contains("\nUSER 65532:65532\n"), "{last}");
    ensure!(
        !last.contains("\nRUN "),
        "a scratch image has nothing to run"
    );
    Ok(())
}
