//! Rules of Nginx.

use std::collections::BTreeMap;

use crate::check::{Check, Rule, View};
use crate::component::nginx::handed_on::{self, Handed};
use crate::component::nginx::{Nginx, VirtualHost};
use crate::literal::DomainName;
use crate::model::Setting;
use crate::report::{Code, Diagnostic, Report};

const HTTP_CODE: Code = Code::new("L1230");
const ONCE_CODE: Code = Code::new("L1231");
const PATIENCE_CODE: Code = Code::new("L1232");
const COVERED_CODE: Code = Code::new("L1233");
const CERTIFICATE_CODE: Code = Code::new("L1234");
const NOTHING_CODE: Code = Code::new("L1235");

/// The rules of this product, by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: HTTP_CODE.as_str(),
        ensures: "Ensure every route leads to something that speaks HTTP.",
        explain: handed_on::SPEAKS_HTTP,
        source: "ngx_http_proxy_module: proxy_pass speaks HTTP to its servers",
        check: Check::Described(speaks_http),
    },
    Rule {
        code: ONCE_CODE.as_str(),
        ensures: "Ensure a name is served once, and a path of it leads to one place.",
        explain: r#"Of two server blocks with one name Nginx takes the first and only warns (`conflicting server name … ignored`): the routes of
the second are never used, and which one is the first decides the order of lines. Of two locations with one path it
refuses the file (`duplicate location`).

Write one virtual host for a name, with all of its routes; routes whose paths differ may overlap, since the longest that
fits takes the request."#,
        source: "ngx_http.c: conflicting server name; ngx_http_core_module: duplicate location; seen with nginx 1.26.3",
        check: Check::Described(once),
    },
    Rule {
        code: PATIENCE_CODE.as_str(),
        ensures: "Ensure the edge waits at least as long as the service behind it takes.",
        explain: r#"A model may think for minutes before it says a word. Where the edge gives up first, the user sees `504 Gateway Time-out`, the
service goes on working for nobody, and a client that tries again doubles the load. Each one in the chain has to wait a
little longer than what is behind it: edge, gateway, provider.

Raise the time-out of the route (`.timeout(…)`) or of Nginx, or lower that of the service."#,
        source: "ngx_http_proxy_module: proxy_read_timeout is the time between two reads",
        check: Check::Described(patience),
    },
    Rule {
        code: COVERED_CODE.as_str(),
        ensures: "Ensure a certificate covers every name that is served, and warn of one that covers none.",
        explain: r#"A client compares the name that it asked for with those in the certificate. A star stands for exactly one label at the very
left: `*.lurus.cn` covers `api.lurus.cn`, and neither `lurus.cn` nor `v1.api.lurus.cn` (RFC 6125, 6.4.3). Served with
another name's certificate, the site is shown as an attack, and programs refuse it.

Have the name added to the certificate and say so with `.covers(…)`, or give Nginx the certificate that has it."#,
        source: "RFC 6125, section 6.4.3; RFC 2818, section 3.1",
        check: Check::Described(covered),
    },
    Rule {
        code: CERTIFICATE_CODE.as_str(),
        ensures: "Ensure Nginx has a certificate.",
        explain: r#"Everything that users send, keys of APIs included, goes through TLS; plain HTTP is only sent on to HTTPS. Without a
certificate there is nothing to serve with.

Name the certificate and what it covers:

    Nginx::new(…).certificate(Certificate::new("lurus-cn").covers("lurus.cn").covers("*.lurus.cn"))

The compiler never sees its files. `cargo xtask secrets` says where to put them, and makes a self-signed one for
development."#,
        source: "the meaning of an edge that ends TLS",
        check: Check::Described(certificate),
    },
    Rule {
        code: NOTHING_CODE.as_str(),
        ensures: "Ensure Nginx serves a name, and every name has a route.",
        explain: r#"An edge without names refuses every handshake, and a name without routes answers everything with 404: both look like an
outage to users and like health to whoever asks `/healthz`.

Say what is served, with the references that `add` returned:

    Nginx::new(…).serves(VirtualHost::new("api.lurus.cn").route("/", api.http()))"#,
        source: "the meaning of a balancer",
        check: Check::Described(nothing),
    },
];

fn handed<'v>(view: &'v View<'_>) -> impl Iterator<Item = Handed<'v>> {
    let hosts = view
        .all::<Nginx>()
        .flat_map(|(nginx, _)| nginx.virtual_hosts.iter().map(move |host| (nginx, host)));
    hosts.flat_map(|(nginx, host)| {
        let routes = host.value.routes.iter();
        routes.map(move |route| Handed {
            route,
            beside: host.value.routes.iter().collect(),
            requests: format!("{}{}", host.value.name, route.path),
            balancer: &nginx.meta.name.value,
            waits: nginx.patience(route),
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
    for (nginx, _) in view.all::<Nginx>() {
        let mut names: BTreeMap<&DomainName, &Setting<VirtualHost>> = BTreeMap::new();
        for host in &nginx.virtual_hosts {
            let name = &host.value.name;
            if let Some(first) = names.get(name) {
                report.push(
                    Diagnostic::error(
                        ONCE_CODE,
                        format!("{} serves {name} twice", nginx.meta.name.value),
                    )
                    .primary(first.origin.clone(), "the first")
                    .primary(host.origin.clone(), "the second, which nobody would reach")
                    .help("write one virtual host with the routes of both"),
                );
                continue;
            }
            names.insert(name, host);
            handed_on::once(
                ONCE_CODE,
                host.value.routes.iter(),
                |route| route.path.to_string(),
                |route| format!("{name}{}", route.path),
                report,
            );
        }
    }
}

fn covered(view: &View<'_>, report: &mut Report) {
    for (nginx, _) in view.all::<Nginx>() {
        let mut used = Vec::new();
        for host in &nginx.virtual_hosts {
            let name = &host.value.name;
            if let Some(certificate) = nginx.certificate_for(name) {
                used.push(&certificate.name);
                continue;
            }
            // Without any certificate, that is what is to be said.
            let Some(first) = nginx.certificates.first() else {
                continue;
            };
            let mut finding =
                Diagnostic::error(COVERED_CODE, format!("no certificate covers {name}"))
                    .primary(host.origin.clone(), format!("{name} is served here"));
            for certificate in &nginx.certificates {
                finding = finding.secondary(
                    certificate.origin.clone(),
                    format!("{} does not", certificate.value),
                );
            }
            let parent = name
                .as_str()
                .split_once('.')
                .map_or("", |(_, parent)| parent);
            let covers_parent = nginx.certificates.iter().any(|certificate| {
                let mut names = certificate.value.names.iter();
                names.any(|covered| {
                    covered
                        .value
                        .as_str()
                        .strip_prefix("*.")
                        .is_some_and(|star| {
                            name.as_str() == star || parent.ends_with(&format!(".{star}"))
                        })
                })
            });
            if covers_parent {
                finding = finding.note("a star stands for exactly one label");
            }
            report.push(finding.help(format!(
                "have it issued for the name too, and say `.covers(\"{name}\")` on {}",
                first.value.name
            )));
        }
        for certificate in &nginx.certificates {
            let is_used = used.contains(&&certificate.value.name);
            if !is_used && !nginx.virtual_hosts.is_empty() {
                report.push(
                    Diagnostic::warning(
                        COVERED_CODE,
                        format!(
                            "no name is served with certificate {}",
                            certificate.value.name
                        ),
                    )
                    .primary(certificate.origin.clone(), certificate.value.to_string())
                    .help("leave it out, or say what it covers with `.covers(…)`"),
                );
            }
        }
    }
}

fn certificate(view: &View<'_>, report: &mut Report) {
    for (nginx, _) in view.all::<Nginx>() {
        let Some(first) = nginx.virtual_hosts.first() else {
            continue;
        };
        if nginx.certificates.is_empty() {
            let name = &nginx.meta.name;
            report.push(
                Diagnostic::error(
                    CERTIFICATE_CODE,
                    format!("{} has no certificate", name.value),
                )
                .primary(name.origin.clone(), "ends TLS")
                .secondary(first.origin.clone(), format!("for {}", first.value.name))
                .help(format!(
                    "add `.certificate(Certificate::new(\"{}\").covers(\"{}\"))`",
                    name.value, first.value.name
                )),
            );
        }
    }
}

fn nothing(view: &View<'_>, report: &mut Report) {
    for (nginx, _) in view.all::<Nginx>() {
        let name = &nginx.meta.name;
        if nginx.virtual_hosts.is_empty() {
            report.push(
                Diagnostic::error(NOTHING_CODE, format!("{} serves no name", name.value))
                    .primary(name.origin.clone(), "refuses everyone")
                    .help("add `.serves(VirtualHost::new(\"…\").route(\"/\", …))`"),
            );
        }
        for host in &nginx.virtual_hosts {
            if host.value.routes.is_empty() {
                report.push(
                    Diagnostic::error(NOTHING_CODE, format!("{} has no route", host.value.name))
                        .primary(host.origin.clone(), "every request is answered with 404")
                        .help("add `.route(\"/\", …)`"),
                );
            }
        }
    }
}
