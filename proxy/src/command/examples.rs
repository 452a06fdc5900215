//! The examples below every `--help`.
//!
//! A line is what a person types and what comes of it; the columns line up with those of `overgrow --help`.

pub(super) const ALL: &str = "\
Examples:
  overgrow demo                          see the whole loop, nothing else needed
  overgrow check -c routes.toml          every fault of the file, with its line
  overgrow serve -c routes.toml          stand in front of the legacy
  overgrow set orders 25                 25 % of the route `orders` to rust
  overgrow rollback orders               all of it back to the legacy, at once
  overgrow explain GET /orders/7         which route takes it, which side, why
  overgrow parity orders                 whether both sides answer alike, and where not";

pub(super) const SERVE: &str = "\
Examples:
  overgrow serve                         routes.toml of this folder
  overgrow serve -q -c /etc/routes.toml  warnings only
  overgrow serve --upgrade               a new binary waits for the sockets of the old one
  kill -QUIT PID                         ... which hands them over, and no request is lost

SIGTERM and Ctrl-C drain, SIGHUP reloads, SIGQUIT hands the sockets over.
Exit codes: 1 it cannot start, 64 routes.toml has faults.";

pub(super) const CHECK: &str = "\
Examples:
  overgrow check -c routes.toml          exit code 0 or 1
  overgrow check --json | jq '.[].line'  for editors and pipelines";

pub(super) const DEMO: &str = "\
Examples:
  overgrow demo                          stays up for looking around, Ctrl-C ends it
  overgrow demo --once                   exit code 1 if any request failed
  overgrow demo --legacy http://127.0.0.1:3000
                                         before a real one, which is asked GET / only

An embedded legacy, two native handlers and steady traffic: a script turns a route's dial
up and back by editing routes.toml, and prints what the clients saw.";

pub(super) const ROUTES: &str = "\
Examples:
  overgrow routes
  overgrow routes --json | jq '.[] | select(.rust < 100) | .id'";

pub(super) const EXPLAIN: &str = "\
Examples:
  overgrow explain GET /orders/7
  overgrow explain POST 'https://shop.example.com/orders?dry=1'
  overgrow explain GET /orders/7 -H 'x-user: bob' --client 192.0.2.1";

pub(super) const SET: &str = "\
Examples:
  overgrow set orders 25                 a quarter of it to rust
  overgrow set orders 0.5                one in two hundred
  overgrow set orders true               all of it

The running sidecar follows the file; nobody needs to be told.";

pub(super) const ROLLBACK: &str = "\
Examples:
  overgrow rollback orders
  overgrow rollback --all                every route, in one edit";

pub(super) const STATUS: &str = "\
Examples:
  overgrow status                        the admin address is that of routes.toml
  overgrow status --admin 127.0.0.1:9901 --json
  overgrow status --ready                exit 0 when it takes traffic";

pub(super) const PARITY: &str = "\
Examples:
  overgrow parity                        one line for each route
  overgrow parity orders                 where its answers differ, and what the gate waits for
  overgrow parity orders --json | jq -r '.differences[] | select(.state == \"real\") | .place'

Exit codes: 0 nothing differs that is not known to be noise, 1 something does, or nobody answers.";

pub(super) const PILOT: &str = "\
Examples:
  overgrow pilot resume orders           after somebody moved its dial, or a rollback
  overgrow pilot --prometheus http://prometheus:9090 --expect 3
                                         look every 5 s and edit routes.toml here
  overgrow pilot --prometheus https://metrics.example --once --dry-run
                                         what it would do now
  overgrow pilot --prometheus http://prometheus:9090 --once --print patch \\
    | kubectl patch configmap overgrow-routes --patch-file /dev/stdin

Only routes with gate = { auto = \"fleet\" } or auto = true are moved; sidecars move the latter
themselves. A dial that a person has turned is left alone until it is resumed, and a rollback that
is resumed begins its evidence anew.

Exit codes of --once: 0 looked, 1 nothing is known or the file cannot be written, 2 usage,
64 the file has faults.";

pub(super) const PLUGINS: &str = "\
Examples:
  overgrow plugins                       one line for each
  overgrow plugins zalo                  what it asks for, what it was granted, what is missing
  overgrow plugins template --call hello --args '{\"name\":\"Ann\"}'
                                         what a tool answers, and what it would do
  overgrow plugins zalo --to 1234 --send hello --perform

Exit codes: 1 one of them is not loaded, or nobody answers.";

pub(super) const RECORD: &str = "\
Examples:
  overgrow record --route orders -o orders.har
                                         ten minutes of it; Ctrl-C ends it earlier
  overgrow record --route orders --for 1h -o orders.har --admin 127.0.0.1:9901

Secrets are taken out before anything leaves the sidecar; look through the file all the same
before you share it.";

pub(super) const REPLAY: &str = "\
Examples:
  overgrow replay shop.har --against http://127.0.0.1:8080
  overgrow replay shop.har --against https://staging.example --rules routes.toml
                                         its parity rules say what may differ
  overgrow replay shop.har --against http://127.0.0.1:8080 --host recorded --json
  overgrow replay chat.har --against http://127.0.0.1:8080 --without event=tick

Any browser's developer tools export such files. Exit codes: 1 something differs or the
service cannot be reached, 64 the rules have faults.";

pub(super) const COMPLETIONS: &str = r#"Examples:
  overgrow completions bash > /etc/bash_completion.d/overgrow
  overgrow completions zsh > "${fpath[1]}/_overgrow""#;
