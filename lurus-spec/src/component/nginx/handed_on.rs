//! What is asked of a route, whichever balancer has it: that what stands behind it understands requests, that no other route
//! takes its own, and that nobody on the way gives up earlier than who answers.
//!
//! In: the routes of a balancer with its own words for them. Out: findings under its codes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::check::View;
use crate::component::nginx::Route;
use crate::literal::{Duration, Name};
use crate::report::{Code, Diagnostic, Origin, Report};

/// A route as its balancer has it.
pub(in crate::component) struct Handed<'v> {
    pub(in crate::component) route: &'v Route,
    /// The route and those beside it, which take requests from each other.
    pub(in crate::component) beside: Vec<&'v Route>,
    /// What its requests ask for: `ai.lurus.cn/v1/`.
    pub(in crate::component) requests: String,
    pub(in crate::component) balancer: &'v Name,
    /// How long the balancer waits, and the place that says so.
    pub(in crate::component) waits: (Duration, Origin),
}

/// What `explain` says of [`speaks_http`].
pub(in crate::component) const SPEAKS_HTTP: &str = r#"A route hands HTTP requests on. What stands behind it has to understand them: a database answers the first line of a request
with an error of its own protocol, and users see `502 Bad Gateway`.

Name an endpoint whose protocol is `http`, such as that of a service. That a route leads to something that exists and is
placed is asked of it as of every need (L0401, L0203), at the route's own line."#;

/// Finds routes that lead to something else than HTTP.
pub(in crate::component) fn speaks_http<'v>(
    view: &View<'_>,
    code: Code,
    routes: impl Iterator<Item = Handed<'v>>,
    report: &mut Report,
) {
    let declared = view.by_name();
    for Handed {
        route, requests, ..
    } in routes
    {
        // An endpoint that does not exist is the finding of another rule.
        let endpoint = declared
            .get(&route.to.component)
            .and_then(|declaration| declaration.endpoint(&route.to.endpoint));
        let Some(endpoint) = endpoint.filter(|endpoint| endpoint.protocol != "http") else {
            continue;
        };
        report.push(
            Diagnostic::error(
                code,
                format!(
                    "{} of {} speaks {}, and a route hands on HTTP",
                    route.to.endpoint, route.to.component, endpoint.protocol
                ),
            )
            .primary(
                route.origin.clone(),
                format!("requests for {requests} are sent there"),
            )
            .help("name an endpoint that speaks HTTP"),
        );
    }
}

/// Finds two routes for one path. `path` is how the balancer compares it, `named` what a finding calls it.
pub(in crate::component) fn once<'v>(
    code: Code,
    routes: impl Iterator<Item = &'v Route>,
    path: impl Fn(&Route) -> String,
    named: impl Fn(&Route) -> String,
    report: &mut Report,
) {
    let mut paths: BTreeMap<String, &Route> = BTreeMap::new();
    for route in routes {
        let first = match paths.entry(path(route)) {
            Entry::Occupied(first) => *first.get(),
            Entry::Vacant(free) => {
                free.insert(route);
                continue;
            }
        };
        report.push(
            Diagnostic::error(code, format!("{} has two routes", named(route)))
                .primary(first.origin.clone(), format!("to {}", first.to.component))
                .primary(route.origin.clone(), format!("to {}", route.to.component))
                .help("leave one of them out, or give it another path"),
        );
    }
}

/// Finds routes whose balancer gives up earlier than who answers.
pub(in crate::component) fn patience<'v>(
    view: &View<'_>,
    code: Code,
    routes: impl Iterator<Item = Handed<'v>>,
    report: &mut Report,
) {
    let declared = view.by_name();
    for handed in routes {
        let Handed {
            route,
            beside,
            requests,
            balancer,
            waits: (waits, origin),
        } = handed;
        let wanted = declared.get(&route.to.component).and_then(|declaration| {
            let endpoint = declaration.endpoint(&route.to.endpoint)?;
            route.slowest(endpoint, beside.iter().copied())
        });
        let Some(longest) = wanted.filter(|wanted| waits < wanted.value) else {
            continue;
        };
        let wanted = longest.value;
        let behind = &route.to.component;
        report.push(
            Diagnostic::error(
                code,
                format!("{balancer} gives up after {waits}, and {behind} may take {wanted}"),
            )
            .primary(origin, format!("{requests} waits {waits}"))
            .secondary(
                longest.origin.clone(),
                format!("{behind} may take {wanted}"),
            )
            .help(format!(
                "say `.timeout(\"{wanted}\")` on the route, or let {behind} give up earlier"
            )),
        );
    }
}
