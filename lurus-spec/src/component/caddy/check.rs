//! Rules of Caddy.

use crate::check::{Check, Rule, View};
use crate::component::caddy::Caddy;
use crate::component::nginx::Nginx;
use crate::component::nginx::handed_on::{self, Handed};
use crate::model::Settings as _;
use crate::report::{Code, Diagnostic, Report};

const HTTP_CODE: Code = Code::new("L1244");
const ONCE_CODE: Code = Code::new("L1245");
const PATIENCE_CODE: Code = Code::new("L1246");
const NOTHING_CODE: Code = Code::new("L1247");
const BODY_CODE: Code = Code::new("L1249");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: HTTP_CODE.as_str(),
        ensures: "Ensure every route of Caddy leads to something that speaks HTTP.",
        explain: handed_on::SPEAKS_HTTP,
        source: "reverse_proxy of Caddy: its transport is HTTP",
        check: Check::Described(speaks_http),
    },
    Rule {
        code: ONCE_CODE.as_str(),
        ensures: "Ensure a path of Caddy leads to one place.",
        explain: r#"Of two handlers with one path Caddy uses the first and says nothing: requests that were meant for the second never reach it.
Caddy compares paths without regard to case, so `/V1/` and `/v1/` are one path.

Routes whose paths differ may overlap, since the longest that fits takes the request."#,
        source: "the handle directive of Caddy: mutually exclusive, first match; its path matcher: case-insensitive",
        check: Check::Described(once),
    },
    Rule {
        code: PATIENCE_CODE.as_str(),
        ensures: "Ensure Caddy waits at least as long as the service behind it takes.",
        explain: r#"A model may think for minutes before it says a word. Where Caddy gives up first, the user sees `504 Gateway Timeout`, the
service goes on working for nobody, and a client that tries again doubles the load. Each one in the chain has to wait at
least as long as what is behind it: edge, Caddy, gateway, provider.

Raise the time-out of the route (`.timeout(…)`) or of Caddy, or lower that of the service."#,
        source: "the HTTP transport of Caddy: response_header_timeout, read_timeout",
        check: Check::Described(patience),
    },
    Rule {
        code: NOTHING_CODE.as_str(),
        ensures: "Ensure Caddy has a route.",
        explain: r#"A balancer without routes answers everything with 404: an outage to users, and health to whoever asks it how it is.

Say where requests go, with the references that `add` returned:

    Caddy::new(…).with(Route::new("/v1/", gateway.http()))"#,
        source: "the meaning of a balancer",
        check: Check::Described(nothing),
    },
    Rule {
        code: BODY_CODE.as_str(),
        ensures: "Ensure Caddy takes every body that the edge lets through, and counts it.",
        explain: r#"A request that the edge accepts and Caddy does not ends in the middle: the user has sent it, and reads an error of Caddy
instead of the edge's `413`.

No limit is no way out. The program's HTTP server closes a body when the answer begins, and its client looks once more
whether the body has ended. Whoever counts the body answers for it; where nobody counts, that look fails, the connection
to the service is closed, and an answer in pieces stops after the first ones with status 200.

Give Caddy the limit of the edge, or a greater one (`.max_body("64MiB")`)."#,
        source: "request_body of Caddy, client_max_body_size of Nginx; golang/go#40747 for what is not counted",
        check: Check::Described(bodies),
    },
];

fn handed<'v>(view: &'v View<'_>) -> impl Iterator<Item = Handed<'v>> {
    view.all::<Caddy>().flat_map(|(caddy, _)| {
        caddy.routes().map(move |route| Handed {
            route,
            beside: caddy.routes().collect(),
            requests: route.path.to_string(),
            balancer: &caddy.meta.name.value,
            waits: caddy.patience(route),
        })
    })
}

fn speaks_http(view: &View<'_>, report: &mut Report) {
    handed_on::speaks_http(view, HTTP_CODE, handed(view), report);
}

fn patience(view: &View<'_>, report: &mut Report) {
    handed_on::patience(view, PATIENCE_CODE, handed(view), report);
}

fn once(view: &View<'_>, report: &mut Report) {
    for (caddy, _) in view.all::<Caddy>() {
        let name = &caddy.meta.name.value;
        handed_on::once(
            ONCE_CODE,
            caddy.routes(),
            |route| route.path.as_str().to_ascii_lowercase(),
            |route| format!("{} of {name}", route.path),
            report,
        );
    }
}

fn nothing(view: &View<'_>, report: &mut Report) {
    for (caddy, _) in view.all::<Caddy>() {
        let name = &caddy.meta.name;
        if caddy.routes.is_empty() {
            report.push(
                Diagnostic::error(NOTHING_CODE, format!("{} has no route", name.value))
                    .primary(name.origin.clone(), "every request is answered with 404")
                    .help("add `.with(Route::new(\"/\", …))`"),
            );
        }
    }
}

fn bodies(view: &View<'_>, report: &mut Report) {
    for (caddy, _) in view.all::<Caddy>() {
        let name = &caddy.meta.name.value;
        let takes = caddy.largest_body();
        let origin = caddy.meta.blame(caddy.max_body.as_ref());
        // The program takes a limit of nothing, and one that is no signed number of 64 bits, for none.
        if takes.bytes() == 0 || i64::try_from(takes.bytes()).is_err() {
            report.push(
                Diagnostic::error(BODY_CODE, format!("{name} counts no bodies"))
                    .primary(origin, "means that there is no limit")
                    .help("say the largest body that a request may have, such as `.max_body(\"64MiB\")`"),
            );
            continue;
        }
        for (nginx, _) in view.all::<Nginx>() {
            let (lets, edge) = nginx.largest_body();
            let unlimited = lets.bytes() == 0;
            let leads_here = nginx.routes().any(|route| route.to.component == *name);
            if !leads_here || (lets <= takes && !unlimited) {
                continue;
            }
            let edge_name = &nginx.meta().name.value;
            let (through, help) = if unlimited {
                let help = format!("say `.max_body(\"{takes}\")` on {edge_name}");
                ("a body of any size".to_owned(), help)
            } else {
                let help = format!("say `.max_body(\"{lets}\")` on {name}, or less on {edge_name}");
                (lets.to_string(), help)
            };
            report.push(
                Diagnostic::error(
                    BODY_CODE,
                    format!(
                        "{name} takes bodies up to {takes}, and {edge_name} lets {through} through"
                    ),
                )
                .primary(origin.clone(), format!("takes up to {takes}"))
                .secondary(edge, format!("lets {through} through"))
                .help(help),
            );
        }
    }
}
