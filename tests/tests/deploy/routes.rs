//! Every routes.toml of a deployment is one that overgrow takes.

use super::{files, of_tree, satisfied};
use anyhow::Result;
use overgrow_tests::sidecar;
use std::process::Command;

#[test]
fn every_routes_toml_of_a_deployment_is_fine() -> Result<()> {
    for file in files("deploy", "routes.toml")? {
        let mut command = Command::new(sidecar::binary()?);
        command.args(["check", "-c"]).arg(&file);
        let said = satisfied(&mut command)?;
        assert!(
            said.contains(": fine, 1 route "),
            "{}: {said}",
            file.display()
        );
    }
    Ok(())
}

/// A rename of a folder, a secret or a port in one file and not in the other would be found by a cluster only.
#[test]
fn the_pod_mounts_what_its_routes_toml_names() -> Result<()> {
    let pod = std::fs::read_to_string(of_tree("deploy/kubernetes/base/deployment.yaml"))?;
    let routes = std::fs::read_to_string(of_tree("deploy/kubernetes/base/routes.toml"))?;
    for (of_pod, of_routes) in [
        (
            "mountPath: /run/secrets/overgrow\n",
            "file = \"/run/secrets/overgrow/admin-token\"",
        ),
        (
            "mountPath: /var/lib/overgrow\n",
            "data        = \"/var/lib/overgrow\"",
        ),
        ("containerPort: 8080\n", "listen      = \"0.0.0.0:8080\""),
        ("containerPort: 9901\n", "admin       = \"0.0.0.0:9901\""),
        ("containerPort: 18789\n", "url = \"http://127.0.0.1:18789\""),
    ] {
        assert!(pod.contains(of_pod), "deployment.yaml lacks {of_pod}");
        assert!(routes.contains(of_routes), "routes.toml lacks {of_routes}");
    }
    Ok(())
}
