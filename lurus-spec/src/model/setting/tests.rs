//! What `#[derive(Component)]` writes, seen through the traits that it implements.

use crate::component::Component;
use crate::literal::{Port, Size};

use super::*;

const NODE_1: HostRef = HostRef::new("node-1");
const NODE_2: HostRef = HostRef::new("node-2");

/// Servers of
/// short-lived values.
///
/// They share nothing.
#[derive(Component, Clone, Debug)]
#[component(kind = "cache")]
struct Cache {
    meta: Meta,
    /// Port for clients.
    #[option(default = "11211", cost = "recreate")]
    port: Option<Setting<Port>>,
    /// Names of tenants.
    ///
    /// Each has its own keys.
    #[option(each = "tenant", cost = "reload")]
    tenants: Vec<Setting<Name>>,
    /// Most connections at a time.
    #[option(default = "1024", cost = "restart", plain)]
    connections: Option<Setting<u32>>,
}

/// Pages over a cache.
#[derive(Component, Clone, Debug)]
#[component(kind = "pages")]
struct Pages {
    meta: Meta,
    /// Where sessions are.
    #[option(required, cost = "data-danger", plain)]
    cache: Setting<CacheRef>,
    /// Memory of all pages.
    #[option(default = "1GiB", cost = "nothing")]
    memory: Option<Setting<Size>>,
    /// A header of every answer.
    #[option(each = "header", cost = "procedure", manual)]
    headers: Vec<Setting<String>>,
}

impl Pages {
    #[track_caller]
    fn header(mut self, name: &str, value: &str) -> Self {
        let header = Setting::new(format!("{name}: {value}"), Origin::caller());
        self.headers.push(header);
        self
    }
}

/// What the author set, a line for each setting.
fn said(component: &impl Settings) -> Vec<String> {
    let settings = component.settings().into_iter();
    settings
        .map(|set| format!("{} = {} ({:?})", set.option, set.value, set.cost))
        .collect()
}

#[test]
fn settings_are_in_the_order_of_the_table() {
    let cache = Cache::new("sessions")
        .memory("2GiB")
        .image(ImageRef::new("memcached"))
        .stack("web")
        .network(NetworkRef::new("data"))
        .on([NODE_2, NODE_1])
        .connections(512)
        .tenant("b")
        .tenant("a")
        .port("11300");
    assert_eq!(
        said(&cache),
        [
            "port = 11300 (Recreate)",
            "tenant = b (Reload)",
            "tenant = a (Reload)",
            "connections = 512 (Restart)",
            "on = node-2, node-1 (Procedure)",
            "network = data (Procedure)",
            "stack = web (Nothing)",
            "image = memcached (Recreate)",
            "memory = 2GiB (Recreate)",
        ]
    );
    let common = COMMON_OPTIONS.map(|option| option.name);
    assert_eq!(common, ["on", "network", "stack", "image", "memory"]);
}

#[test]
fn nothing_said_is_nothing_recorded() {
    let cache = Cache::new("sessions");
    assert_eq!(cache.settings(), []);
    assert_eq!(cache.meta().refused, []);
}

#[test]
fn a_setting_knows_the_line_of_its_setter() {
    let line = line!();
    let cache = Cache::new("sessions")
        .port("11300")
        .connections(512)
        .on([NODE_1, NODE_2]);
    let lines: Vec<_> = cache.settings().iter().map(|set| set.origin.line).collect();
    assert_eq!(lines, [line + 2, line + 3, line + 4]);
    assert_eq!(cache.meta().name.origin.line, line + 1);
    assert_eq!(cache.reference().origin().line, line + 1);
}

#[test]
fn the_last_value_of_an_option_holds() {
    let cache = Cache::new("sessions")
        .port("1")
        .port("2")
        .on([NODE_1])
        .on([NODE_2]);
    assert_eq!(
        said(&cache),
        ["port = 2 (Recreate)", "on = node-2 (Procedure)"]
    );
}

#[test]
fn a_refused_text_is_kept_with_its_option() {
    let cache = Cache::new("My Cache")
        .port("0")
        .tenant("A")
        .stack("")
        .memory("lots");
    let refused: Vec<_> = cache
        .meta()
        .refused
        .iter()
        .map(|refused| (refused.option, &*refused.text))
        .collect();
    assert_eq!(
        refused,
        [
            ("new", "My Cache"),
            ("port", "0"),
            ("tenant", "A"),
            ("stack", ""),
            ("memory", "lots")
        ]
    );
    assert_eq!(cache.settings(), []);
}

#[test]
fn a_component_may_require_another_and_replace_a_common_option() {
    let cache = Cache::new("sessions");
    let pages = Pages::new("pages", cache.reference())
        .header("X-Frame-Options", "DENY")
        .memory("3GiB");
    assert_eq!(
        said(&pages),
        [
            "cache = sessions (DataDanger)",
            "memory = 3GiB (Nothing)",
            "header = X-Frame-Options: DENY (Procedure)",
        ]
    );
    assert_eq!(pages.meta().memory, None);
}

#[test]
fn the_table_says_what_the_doc_comments_say() {
    assert_eq!((Cache::KIND, Cache::new("a").kind()), ("cache", "cache"));
    assert_eq!(Cache::DOC, "Servers of short-lived values.");
    let [port, tenant, _] = Cache::OPTIONS else {
        panic!("three options, not {:?}", Cache::OPTIONS)
    };
    assert_eq!(
        *port,
        OptionDoc {
            name: "port",
            ty: "Port",
            default: Some("11211"),
            cost: OptionCost::Recreate,
            needs: None,
            entrusted: false,
            doc: "Port for clients.",
        }
    );
    assert_eq!(tenant.doc, "Names of tenants.\n\nEach has its own keys.");
    assert_eq!(tenant.default, Some("none"));
    assert_eq!(Pages::OPTIONS[0].default, None);
}

#[test]
fn references_to_one_component_are_equal() {
    let cache = Cache::new("sessions");
    assert_eq!(cache.reference(), cache.reference());
    assert_ne!(cache.reference(), Cache::new("sessions").reference());
    assert_eq!(
        ComponentRef::name(&cache.reference()),
        cache.reference().name()
    );
    assert_eq!(cache.reference().to_string(), "sessions");
}
