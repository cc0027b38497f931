//! Instances with one configuration file, and an exporter beside each.

use serde::Serialize;

use crate::component::Lowering;
use crate::component::nginx::{
    EXPORTER_MEMORY, HTTP, HTTPS, METRICS, Nginx, Route, STATUS, VirtualHost,
};
use crate::literal::{AbsPath, Duration, Size};
use crate::model::Certificate;
use crate::plan::{
    Body, ConfigDir, ConfigFile, Content, Contract, Cost, Health, KernelSetting, Provided,
    Resources, Stop, Symbol, Text, Workload, checked,
};
use crate::template;
use crate::words::Words;
use crate::yaml::{Node, map, seq};

/// What `nginx.conf.hbs` reads.
#[derive(Debug, Serialize)]
pub(super) struct Configuration {
    pub(super) bind: String,
    /// The member's own address, and those that move between hosts.
    pub(super) addresses: Vec<String>,
    pub(super) http_port: String,
    pub(super) https_port: String,
    /// What follows the name in the address that plain HTTP is sent to: nothing, or a port.
    pub(super) redirect_port: String,
    pub(super) status_port: String,
    pub(super) connections: u32,
    pub(super) drain: String,
    pub(super) max_body: String,
    pub(super) tries: u32,
    /// Seconds; empty where browsers are told nothing.
    pub(super) hsts: String,
    /// From where statistics may be asked for.
    pub(super) scrapers: Vec<String>,
    pub(super) upstreams: Vec<Upstream>,
    pub(super) hosts: Vec<Host>,
}

/// The servers behind an endpoint.
#[derive(Debug, Serialize)]
pub(super) struct Upstream {
    pub(super) name: String,
    /// `address:port` of each.
    pub(super) servers: Vec<String>,
}

/// A name that is served.
#[derive(Debug, Serialize)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) routes: Vec<Location>,
}

/// A route of a name.
#[derive(Debug, Serialize)]
pub(super) struct Location {
    pub(super) path: String,
    pub(super) upstream: String,
    pub(super) timeout: String,
    pub(super) streaming: bool,
}

/// How a changed file is read: only when the program accepts it.
const RELOAD: &str = "nginx -s reload";
/// The user of the program in the image, which is not root.
const USER: &str = "101:101";
/// Ports below this are root's, unless the kernel is told otherwise.
const PRIVILEGED: u16 = 1024;

pub(super) fn lower(nginx: &Nginx, lowering: &Lowering<'_>) -> Vec<Workload> {
    let meta = &nginx.meta;
    let name = &meta.name.value;
    let config = template::render(
        "nginx.conf",
        include_str!("nginx.conf.hbs"),
        &configuration(nginx, lowering),
    );
    let provided = nginx.certificates.iter().map(|set| Provided {
        name: set.value.name.clone(),
        mount: folder(&set.value),
        content: Content::Certificate {
            names: set
                .value
                .names
                .iter()
                .map(|name| name.value.clone())
                .collect(),
        },
        cost: Cost::Reload(RELOAD.to_owned()),
        origin: set.origin.clone(),
    });
    let mut workloads = vec![Workload {
        user: Some(USER.to_owned()),
        command: ["nginx", "-g", "daemon off;"].map(Text::from).to_vec(),
        config: vec![ConfigDir {
            mount: checked("/etc/nginx"),
            files: vec![ConfigFile::new(
                "nginx.conf",
                Body::Lines(config.into()),
                Cost::Reload(RELOAD.to_owned()),
            )],
        }],
        provided: provided.collect(),
        health: Some(Health::http(STATUS, "/healthz", Duration::secs(10))),
        stop: Stop {
            // TERM cuts off requests that run.
            signal: Some("SIGQUIT"),
            grace: Duration::millis(nginx.drain_time().as_millis() + 5000),
            needed: nginx.drain_time(),
        },
        scratch: vec![checked("/tmp")],
        kernel: kernel(nginx, lowering),
        published: vec![HTTP.into(), HTTPS.into()],
        ..lowering.workload(
            meta,
            name,
            Words::new(
                "Nginx, the edge: ends TLS and sends requests to the services",
                "Nginx 边缘代理：终结 TLS，并将请求转发给各服务",
            ),
            Resources {
                // What every worker has open for itself, besides its connections.
                open_files: nginx.most_connections().saturating_add(1024),
                ..Resources::memory(nginx.instance_memory(), meta.blame(meta.memory.as_ref()))
            },
        )
    }];
    if lowering.site.monitored {
        workloads.push(exporter(nginx, lowering));
    }
    workloads
}

fn exporter(nginx: &Nginx, lowering: &Lowering<'_>) -> Workload {
    let meta = &nginx.meta;
    Workload {
        command: [
            format!(
                "--nginx.scrape-uri=http://{}/stub_status",
                Symbol::Beside(meta.name.value.clone(), STATUS.into())
            ),
            format!(
                "--web.listen-address={}:{}",
                Symbol::OwnBind,
                Symbol::OwnPort(METRICS.into())
            ),
        ]
        .map(Text::from)
        .to_vec(),
        unprivileged: Some((101, 101)),
        ..lowering.workload(
            meta,
            &nginx.exporter(),
            Words::new("metrics of Nginx", "Nginx 指标"),
            Resources::memory(EXPORTER_MEMORY, meta.name.origin.clone()),
        )
    }
}

/// What can be asked through every instance: each stream, and of other routes those on which the service says whether it
/// is ready.
pub(super) fn contracts(nginx: &Nginx, lowering: &Lowering<'_>) -> Vec<Contract> {
    let hosts = nginx.virtual_hosts.iter().map(|host| &host.value);
    let routes = hosts.flat_map(|host| {
        host.routes.iter().filter_map(|route| {
            let answering = lowering.answering(&route.to, route.path.as_str())?;
            let (group, port) = lowering.entry(answering)?;
            let path = match route.streaming {
                true => route.path.to_string(),
                false => lowering
                    .readiness(group, port)
                    .filter(|path| path.starts_with(route.path.as_str()))?
                    .to_owned(),
            };
            let asked = map([
                ("host", host.name.to_string()),
                ("path", path),
                ("to", group.to_string()),
            ]);
            Some(asked.with_some("streaming", route.streaming.then_some(true)))
        })
    });
    let routes: Vec<Node> = routes.collect();
    if routes.is_empty() {
        return Vec::new();
    }
    let certificates = nginx.certificates.iter().map(|set| set.value.name.as_str());
    let mut contract =
        lowering.contract(&nginx.meta, "https", &nginx.meta.name.value, &HTTPS.into());
    contract.entry = contract
        .entry
        .with("certificates", seq(certificates))
        .with("routes", seq(routes));
    vec![contract]
}

/// What the program wants of the kernel, since it is nobody special: ports of the web, and addresses that are on another
/// host at the moment.
fn kernel(nginx: &Nginx, lowering: &Lowering<'_>) -> Vec<KernelSetting> {
    let ports = [
        nginx.http_port_or_default().value.get(),
        nginx.https_port_or_default().value.get(),
    ];
    let lowest = ports.into_iter().filter(|port| *port < PRIVILEGED).min();
    let floats = !lowering.floating(&nginx.meta.name.value).is_empty();
    let low_ports = lowest.map(|lowest| KernelSetting {
        key: "net.ipv4.ip_unprivileged_port_start",
        value: lowest.to_string(),
        why: "Ports of the web are listened on without root and without a capability.",
    });
    let absent = floats.then(|| KernelSetting {
        key: "net.ipv4.ip_nonlocal_bind",
        value: "1".to_owned(),
        why: "Who listens on an address that moves between hosts starts also where it is not at the moment.",
    });
    low_ports.into_iter().chain(absent).collect()
}

fn configuration(nginx: &Nginx, lowering: &Lowering<'_>) -> Configuration {
    let name = &nginx.meta.name.value;
    let port = |port: &'static str| Symbol::OwnPort(port.into()).token();
    let floating = lowering.floating(name);
    let bind = Symbol::OwnBind.token();
    let https = nginx.https_port_or_default().value.get();
    let upstreams = nginx.destinations().into_keys().map(|endpoint| Upstream {
        name: format!("{}.{}", endpoint.component, endpoint.endpoint),
        servers: lowering.lasting(endpoint),
    });
    Configuration {
        addresses: std::iter::once(bind.clone())
            .chain(floating.iter().map(ToString::to_string))
            .collect(),
        bind,
        http_port: port(HTTP),
        https_port: port(HTTPS),
        redirect_port: match https {
            443 => String::new(),
            other => format!(":{other}"),
        },
        status_port: port(STATUS),
        connections: nginx.most_connections(),
        drain: time(nginx.drain_time()),
        max_body: size(nginx.largest_body().0),
        tries: nginx.most_tries(),
        hsts: nginx
            .hsts
            .as_ref()
            .map_or_else(String::new, |set| set.value.as_secs().to_string()),
        scrapers: lowering
            .sources(name, STATUS)
            .iter()
            .map(ToString::to_string)
            .collect(),
        upstreams: upstreams.collect(),
        hosts: nginx
            .virtual_hosts
            .iter()
            .map(|host| virtual_host(nginx, &host.value))
            .collect(),
    }
}

fn virtual_host(nginx: &Nginx, host: &VirtualHost) -> Host {
    let certificate = nginx
        .certificate_for(&host.name)
        .expect("a checked name has a certificate");
    let folder = folder(certificate);
    let location = |route: &Route| Location {
        path: route.path.to_string(),
        upstream: format!("{}.{}", route.to.component, route.to.endpoint),
        timeout: time(nginx.patience(route).0),
        streaming: route.streaming,
    };
    Host {
        name: host.name.to_string(),
        certificate: format!("{folder}/{}", Content::CHAIN),
        key: format!("{folder}/{}", Content::KEY),
        routes: host.routes.iter().map(location).collect(),
    }
}

/// Where a certificate's files are in an instance.
fn folder(certificate: &Certificate) -> AbsPath {
    let folder: AbsPath = checked("/etc/tls");
    folder
        .join(certificate.name.as_str())
        .expect("a name is a segment of a path")
}

/// A time as Nginx reads it.
fn time(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

/// A size as Nginx reads it: whole mebibytes, or bytes.
fn size(size: Size) -> String {
    const MIB: u64 = 1 << 20;
    if size.bytes().is_multiple_of(MIB) {
        format!("{}m", size.bytes() / MIB)
    } else {
        size.bytes().to_string()
    }
}
