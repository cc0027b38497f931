//! What an operator sees who mistyped a value. The data stands in the test, and its line in the finding.

use insta::assert_snapshot;

use super::*;

const NETWORKS: &str = "\
[networks.data]
cidr = \"10.0.1.0/24\"
gateway = \"10.0.1.1\"
";

const HOST: &str = "\
[hosts.node-1]
addresses = { data = \"10.0.1.11\" }
cores = 4
memory = \"16GiB\"
disk = \"100GiB\"
";

fn file(path: &str, bytes: impl Into<Vec<u8>>) -> File {
    File {
        path: path.to_owned(),
        bytes: bytes.into(),
    }
}

fn site(text: impl Into<Vec<u8>>) -> File {
    file("spec/minimal.toml", text)
}

/// The mistakes of a file, drawn.
#[track_caller]
fn mistakes(file: File) -> String {
    let files = [file];
    draw(&files, &compile(&files).unwrap_err())
}

/// The mistakes of a site with a good network and a good host, in which one text is replaced.
#[track_caller]
fn with(good: &str, bad: &str) -> String {
    let text = format!("{NETWORKS}{HOST}");
    assert!(text.contains(good), "{good}");
    mistakes(site(text.replace(good, bad)))
}

#[test]
fn the_code_of_a_site() {
    let files = [
        site(format!(
            "{NETWORKS}{HOST}zone = \"a\"\n[hosts.2]\naddresses = {{}}\ncores = 0x10\nmemory = \"1GiB\"\ndisk = \"1GiB\"\n"
        )),
        file(
            "spec/images.toml",
            "[images]\nredis = \"redis:7.2.5-alpine\"\nimages = \"a:1\"\n",
        ),
        file("spec/far-away.toml", ""),
    ];
    assert_snapshot!(compile(&files).unwrap(), @r#"
    /// The images of `spec/images.toml`, for all sites.
    pub mod images {
    use :: lurus_spec :: model :: ImageRef ;
    /// `redis:7.2.5-alpine`
    pub const REDIS : ImageRef = ImageRef :: new ("redis") ;
    /// `a:1`
    pub const IMAGES : ImageRef = ImageRef :: new ("images") ;
    use :: lurus_spec :: model :: rows :: { File , ImageRow } ;
    pub (super) const fn rows () -> File < ImageRow > { File { path : "spec/images.toml" , rows : & [
    ImageRow { name : "redis" , image : ("redis:7.2.5-alpine" , 2 , 9) } ,
    ImageRow { name : "images" , image : ("a:1" , 3 , 10) } ,
    ] } }
    }
    /// The site of `spec/far-away.toml`.
    pub mod far_away {
    use :: lurus_spec :: model :: { Inventory , rows :: { File , HostRow , MirrorRow , NetworkRow , inventory_of } , } ;
    /// The networks of `spec/far-away.toml`.
    pub mod networks {
    }
    /// The hosts of `spec/far-away.toml`.
    pub mod hosts {
    /// Every host, in the order of the file.
    pub const ALL : [:: lurus_spec :: model :: HostRef ; 0] = [] ;
    }
    /// The networks and hosts of the site, and the images of all sites.
    pub fn inventory () -> Inventory { inventory_of (network_rows () , host_rows () , super :: images :: rows () , mirror_rows ()) }
    const fn network_rows () -> File < NetworkRow > { File { path : "spec/far-away.toml" , rows : & [
    ] } }
    const fn host_rows () -> File < HostRow > { File { path : "spec/far-away.toml" , rows : & [
    ] } }
    const fn mirror_rows () -> File < MirrorRow > { File { path : "spec/far-away.toml" , rows : & [
    ] } }
    }
    /// The site of `spec/minimal.toml`.
    pub mod minimal {
    use :: lurus_spec :: model :: { Inventory , rows :: { File , HostRow , MirrorRow , NetworkRow , inventory_of } , } ;
    /// The networks of `spec/minimal.toml`.
    pub mod networks {
    use :: lurus_spec :: model :: NetworkRef ;
    /// `10.0.1.0/24`, gateway `10.0.1.1`
    pub const DATA : NetworkRef = NetworkRef :: new ("data") ;
    }
    /// The hosts of `spec/minimal.toml`.
    pub mod hosts {
    use :: lurus_spec :: model :: HostRef ;
    /// 4 cores, 16GiB memory, 100GiB disk; zone a; data 10.0.1.11
    pub const NODE_1 : HostRef = HostRef :: new ("node-1") ;
    /// 16 cores, 1GiB memory, 1GiB disk
    pub const _2 : HostRef = HostRef :: new ("2") ;
    /// Every host, in the order of the file.
    pub const ALL : [:: lurus_spec :: model :: HostRef ; 2] = [NODE_1 , _2] ;
    }
    /// The networks and hosts of the site, and the images of all sites.
    pub fn inventory () -> Inventory { inventory_of (network_rows () , host_rows () , super :: images :: rows () , mirror_rows ()) }
    const fn network_rows () -> File < NetworkRow > { File { path : "spec/minimal.toml" , rows : & [
    NetworkRow { name : ("data" , 1 , 11) , cidr : ("10.0.1.0/24" , 2 , 8) , gateway : ("10.0.1.1" , 3 , 11) } ,
    ] } }
    const fn host_rows () -> File < HostRow > { File { path : "spec/minimal.toml" , rows : & [
    HostRow { name : ("node-1" , 4 , 8) , addresses : & [("data" , ("10.0.1.11" , 5 , 22))] , cores : (4 , 6 , 9) , memory : ("16GiB" , 7 , 10) , instance : None , disk : ("100GiB" , 8 , 8) , disk_kind : None , zone : Some (("a" , 9 , 8)) } ,
    HostRow { name : ("2" , 10 , 8) , addresses : & [] , cores : (16 , 12 , 9) , memory : ("1GiB" , 13 , 10) , instance : None , disk : ("1GiB" , 14 , 8) , disk_kind : None , zone : None } ,
    ] } }
    const fn mirror_rows () -> File < MirrorRow > { File { path : "spec/minimal.toml" , rows : & [
    ] } }
    }
    /// The files of `spec/rules`, by path.
    pub fn alert_rules () -> :: lurus_spec :: prelude :: Vec < :: lurus_spec :: model :: RuleFile > { :: lurus_spec :: model :: rows :: rule_files (& [
    ]) }
    "#);
}

#[test]
fn the_code_does_not_depend_on_the_order_of_the_files() {
    let one = site(format!("{NETWORKS}{HOST}"));
    let two = file("spec/other.toml", NETWORKS);
    let images = file("spec/images.toml", "[images]\n");
    let code = compile(&[one.clone(), two.clone(), images.clone()]).unwrap();
    assert_eq!(code, compile(&[images, two, one]).unwrap());
}

#[test]
fn hosts_are_in_the_order_of_the_file() {
    let hosts = ["node-2", "node-10", "node-1"].map(|name| HOST.replace("node-1", name));
    let code = compile(&[site(format!("{}{NETWORKS}", hosts.concat()))]).unwrap();
    assert!(code.contains("[NODE_2 , NODE_10 , NODE_1]"), "{code}");
}

#[test]
fn without_files_there_are_no_images() {
    assert_snapshot!(compile(&[]).unwrap(), @r#"
    /// The images of `spec/images.toml`, for all sites.
    pub mod images {
    use :: lurus_spec :: model :: rows :: { File , ImageRow } ;
    pub (super) const fn rows () -> File < ImageRow > { File { path : "spec/images.toml" , rows : & [
    ] } }
    }
    /// The files of `spec/rules`, by path.
    pub fn alert_rules () -> :: lurus_spec :: prelude :: Vec < :: lurus_spec :: model :: RuleFile > { :: lurus_spec :: model :: rows :: rule_files (& [
    ]) }
    "#);
}

#[test]
fn wrong_types() {
    assert_snapshot!(with("= 4", "= \"4\""), @r#"
    error: `cores` of host node-1 is a string
     --> spec/minimal.toml:6:9
      |
    6 | cores = "4"
      |         ^^^ expected a whole number
      |
      = help: write `cores = 4`
    "#);
    assert_snapshot!(with("\"16GiB\"", "16"), @r#"
    error: `memory` of host node-1 is a whole number
     --> spec/minimal.toml:7:10
      |
    7 | memory = 16
      |          ^^ expected a string
      |
      = help: write `memory = "16GiB"`
    "#);
    assert_snapshot!(with("{ data = \"10.0.1.11\" }", "[\"10.0.1.11\"]"), @r#"
    error: `addresses` is an array
     --> spec/minimal.toml:5:13
      |
    5 | addresses = ["10.0.1.11"]
      |             ^^^^^^^^^^^^^ expected a table
      |
      = help: write `addresses = { data = "10.0.1.11" }`
    "#);
    assert_snapshot!(mistakes(site("hosts = 3\nnetworks.data = 1.5\n")), @"
    error: `hosts` is a whole number
     --> spec/minimal.toml:1:9
      |
    1 | hosts = 3
      |         ^ expected a table
      |
      = help: write `[hosts.node-1]`

    error: `data` is a fraction
     --> spec/minimal.toml:2:17
      |
    2 | networks.data = 1.5
      |                 ^^^ expected a table
      |
      = help: write `[networks.data]`
    ");
    assert_snapshot!(mistakes(file("spec/images.toml", "images = true")), @"
    error: `images` is a truth value
     --> spec/images.toml:1:10
      |
    1 | images = true
      |          ^^^^ expected a table
      |
      = help: write `[images]`
    ");
}

#[test]
fn bad_values() {
    assert_snapshot!(with("10.0.1.0/24", "10.0.1.7/24"), @r#"
    error: `10.0.1.7/24` is not a network: it is an address in the network `10.0.1.0/24`; write that
     --> spec/minimal.toml:2:8
      |
    2 | cidr = "10.0.1.7/24"
      |        ^^^^^^^^^^^^^ `cidr` of network data
    "#);
    assert_snapshot!(with("10.0.1.1\"", "10.0.1\""), @r#"
    error: `10.0.1` is not an address: an IPv4 address is four numbers from 0 to 255 without leading zeros, as in `10.0.1.10`
     --> spec/minimal.toml:3:11
      |
    3 | gateway = "10.0.1"
      |           ^^^^^^^^ `gateway` of network data
    "#);
    assert_snapshot!(with("10.0.1.11", "10.0.1.256"), @r#"
    error: `10.0.1.256` is not an address: an IPv4 address is four numbers from 0 to 255 without leading zeros, as in `10.0.1.10`
     --> spec/minimal.toml:5:22
      |
    5 | addresses = { data = "10.0.1.256" }
      |                      ^^^^^^^^^^^^ `data` of host node-1
    "#);
    assert_snapshot!(with("16GiB", "16G"), @r#"
    error: `16G` is not a size: `G` is not one of its units; write one of `TiB`, `TB`, `GiB`, `GB`, `MiB`, `MB`, `KiB`, `kB`, `B`, as in `512MiB`
     --> spec/minimal.toml:7:10
      |
    7 | memory = "16G"
      |          ^^^^^ `memory` of host node-1
    "#);
    assert_snapshot!(with("= 4", "= 0"), @"
    error: host node-1 cannot have 0 cores
     --> spec/minimal.toml:6:9
      |
    6 | cores = 0
      |         ^
      |
      = help: write a number of at least 1, as in `cores = 4`
    ");
    assert_snapshot!(with("= 4", "= -99999999999999999999"), @"
    error: host node-1 cannot have -99999999999999999999 cores
     --> spec/minimal.toml:6:9
      |
    6 | cores = -99999999999999999999
      |         ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write a number of at least 1, as in `cores = 4`
    ");
    assert_snapshot!(with("hosts.node-1", "hosts.Node_1"), @"
    error: `Node_1` is not a host name: `N` is not allowed; write lower-case letters, digits and `-`, as in `node-1`
     --> spec/minimal.toml:4:8
      |
    4 | [hosts.Node_1]
      |        ^^^^^^
    ");
    assert_snapshot!(with("hosts.node-1", "hosts.\"\\u001b[31m\""), @r#"
    error: `\u{1b}[31m` is not a host name: `\u{1b}` is not allowed; write lower-case letters, digits and `-`, as in `node-1`
     --> spec/minimal.toml:4:8
      |
    4 | [hosts."\u001b[31m"]
      |        ^^^^^^^^^^^^
    "#);
    assert_snapshot!(mistakes(file("spec/images.toml", "[images]\nredis = \"redis:latest\"\n")), @r#"
    error: `redis:latest` is not an image: `latest` is another image tomorrow; write a version, as in `redis:7.2.5-alpine`
     --> spec/images.toml:2:9
      |
    2 | redis = "redis:latest"
      |         ^^^^^^^^^^^^^^ `redis` of image redis
    "#);
}

#[test]
fn unknown_keys() {
    assert_snapshot!(with("memory", "memroy"), @r#"
    error: `memroy` is no key of host node-1
     --> spec/minimal.toml:7:1
      |
    7 | memroy = "16GiB"
      | ^^^^^^
      |
      = help: did you mean `memory`?
    "#);
    assert_snapshot!(with("cores = 4", "cores = 4\ncolour = \"red\""), @r#"
    error: `colour` is no key of host node-1
     --> spec/minimal.toml:7:1
      |
    7 | colour = "red"
      | ^^^^^^
      |
      = help: write one of `addresses`, `instance`, `cores`, `memory`, `disk`, `disk_kind`, `zone`
    "#);
    assert_snapshot!(with("[hosts.node-1]", "[host.node-1]"), @"
    error: `host` is no key of a site
     --> spec/minimal.toml:4:2
      |
    4 | [host.node-1]
      |  ^^^^
      |
      = help: did you mean `hosts`?
    ");
    assert_snapshot!(mistakes(site("[images]\nredis = \"redis:7.2.5-alpine\"\n")), @"
    error: `images` is no key of a site
     --> spec/minimal.toml:1:2
      |
    1 | [images]
      |  ^^^^^^
      |
      = help: move it to `spec/images.toml`, which holds the images of all sites
    ");
    assert_snapshot!(mistakes(file("spec/images.toml", NETWORKS)), @"
    error: `networks` is no key of a file of images
     --> spec/images.toml:1:2
      |
    1 | [networks.data]
      |  ^^^^^^^^
      |
      = help: move it to the file of a site, such as `spec/minimal.toml`
    ");
}

#[test]
fn the_size_of_an_instance_type() {
    let size = "cores = 4\nmemory = \"16GiB\"\n";
    let host = HOST.replace(size, "instance = \"ecs.r7.xlarge\"\ndisk_kind = \"nvme\"\n");
    let code = compile(&[site(format!("{NETWORKS}{host}"))]).unwrap();
    let doc = "/// ecs.r7.xlarge, 4 cores, 32GiB memory, 100GiB nvme disk; data 10.0.1.11";
    assert!(code.contains(doc), "{code}");
    let row = "cores : (4 , 6 , 12) , memory : (\"32GiB\" , 6 , 12) , instance : Some (\"ecs.r7.xlarge\") , disk : (\"100GiB\" , 8 , 8) , disk_kind : Some ((\"nvme\" , 7 , 13))";
    assert!(code.contains(row), "{code}");
}

#[test]
fn the_format_that_the_docs_show_is_read() {
    let docs = include_str!("lib.rs").split("//! ```");
    let shown: Vec<&str> = docs
        .filter_map(|part| part.strip_prefix("toml\n"))
        .collect();
    let [shown] = shown[..] else {
        panic!("one block of TOML, not {}", shown.len());
    };
    let lines = shown.lines().map(|line| line.trim_start_matches("//!"));
    let text: Vec<&str> = lines.collect();
    let files = [site(text.join("\n"))];
    let code = compile(&files).unwrap_or_else(|report| panic!("{}", draw(&files, &report)));
    assert!(code.contains("pub const DB_1"), "{code}");
}

#[test]
fn instance_types() {
    let size = "cores = 4\nmemory = \"16GiB\"\n";
    assert_snapshot!(with(size, "instance = \"ecs.r7.xlrage\"\n"), @r#"
    error: `ecs.r7.xlrage` is no instance type that is known here
     --> spec/minimal.toml:6:12
      |
    6 | instance = "ecs.r7.xlrage"
      |            ^^^^^^^^^^^^^^^
      |
      = help: did you mean `ecs.r7.xlarge`? of another type, write the `cores` and the `memory`
    "#);
    assert_snapshot!(with(size, "instance = \"Standard_D4s_v5\"\n"), @r#"
    error: `Standard_D4s_v5` is no instance type that is known here
     --> spec/minimal.toml:6:12
      |
    6 | instance = "Standard_D4s_v5"
      |            ^^^^^^^^^^^^^^^^^
      |
      = help: write the `cores` and the `memory` that it has
    "#);
    assert_snapshot!(with(size, "instance = 4\n"), @r#"
    error: `instance` of host node-1 is a whole number
     --> spec/minimal.toml:6:12
      |
    6 | instance = 4
      |            ^ expected a string
      |
      = help: write `instance = "ecs.r7.xlarge"`
    "#);
    assert_snapshot!(with(size, "instnace = \"ecs.r7.xlarge\"\n"), @r#"
    error: `instnace` is no key of host node-1
     --> spec/minimal.toml:6:1
      |
    6 | instnace = "ecs.r7.xlarge"
      | ^^^^^^^^
      |
      = help: did you mean `instance`?
    "#);
    assert_snapshot!(with("cores = 4", "cores = 4\ninstance = \"ecs.r7.xlarge\""), @r#"
    error: host node-1 says its size twice
     --> spec/minimal.toml:6:1
      |
    6 | cores = 4
      | ^^^^^
    7 | instance = "ecs.r7.xlarge"
      |            --------------- has 4 cores and 32GiB
    8 | memory = "16GiB"
      | ^^^^^^
      |
      = help: leave out `cores` and `memory`, or `instance`
    "#);
    assert_snapshot!(with("memory = \"16GiB\"", "instance = \"ecs.r7.xlarge\""), @r#"
    error: host node-1 says its size twice
     --> spec/minimal.toml:6:1
      |
    6 | cores = 4
      | ^^^^^
    7 | instance = "ecs.r7.xlarge"
      |            --------------- has 4 cores and 32GiB
      |
      = help: leave out `cores` and `memory`, or `instance`
    "#);
    assert_snapshot!(with("cores = 4\n", ""), @r#"
    error: host node-1 has no `cores`
     --> spec/minimal.toml:4:8
      |
    4 | [hosts.node-1]
      |        ^^^^^^
      |
      = help: add `cores = 4`, or `instance = "ecs.r7.xlarge"` in place of `cores` and `memory`
    "#);
    assert_snapshot!(with("disk = \"100GiB\"", "disk = \"100GiB\"\ndisk_kind = \"cloud\""), @r#"
    error: `cloud` is not a kind of disk: write one of `ssd`, `nvme`, `hdd`, `network`
     --> spec/minimal.toml:9:13
      |
    9 | disk_kind = "cloud"
      |             ^^^^^^^ `disk_kind` of host node-1
    "#);
}

#[test]
fn the_mirrors_of_a_site() {
    let text = "[registry]\nmirror = \"m.lan\"\n[registry.mirrors]\n\"quay.io\" = \"m.lan/quay\"\n";
    let code = compile(&[site(text)]).unwrap();
    let rows = "\
MirrorRow { of : None , mirror : (\"m.lan\" , 2 , 10) } ,
MirrorRow { of : Some (\"quay.io\") , mirror : (\"m.lan/quay\" , 4 , 13) } ,
";
    assert!(code.contains(rows), "{code}");
}

#[test]
fn bad_mirrors() {
    let mirrors = |text: &str| mistakes(site(format!("[registry.mirrors]\n{text}\n")));
    assert_snapshot!(mistakes(site("[registry]\nmirror = \"https://m.lan\"\n")), @r#"
    error: `https://m.lan` is not a mirror: leave out the part before the host, as in `registry.example.com/mirror`
     --> spec/minimal.toml:2:10
      |
    2 | mirror = "https://m.lan"
      |          ^^^^^^^^^^^^^^^ `mirror` of the registry
    "#);
    assert_snapshot!(mistakes(site("[registry]\nmiror = \"m.lan\"\n")), @r#"
    error: `miror` is no key of the registry
     --> spec/minimal.toml:2:1
      |
    2 | miror = "m.lan"
      | ^^^^^
      |
      = help: did you mean `mirror`?
    "#);
    assert_snapshot!(mistakes(site("[registry]\nmirror = { \"docker.io\" = \"m.lan\" }\n")), @r#"
    error: `mirror` of the registry is a table
     --> spec/minimal.toml:2:10
      |
    2 | mirror = { "docker.io" = "m.lan" }
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^ expected a string
      |
      = help: write `mirror = "registry.example.com/mirror"`
    "#);
    assert_snapshot!(mistakes(site("registry = \"m.lan\"\n")), @r#"
    error: `registry` is a string
     --> spec/minimal.toml:1:12
      |
    1 | registry = "m.lan"
      |            ^^^^^^^ expected a table
      |
      = help: write `[registry]`
    "#);
    assert_snapshot!(mirrors("docker.io = \"m.lan\""), @r#"
    error: `docker` of the mirrors is a table
     --> spec/minimal.toml:2:1
      |
    2 | docker.io = "m.lan"
      | ^^^^^^ expected a registry
      |
      = help: put the registry in quotation marks, as in `"docker.io" = "registry.example.com/mirror"`
    "#);
    assert_snapshot!(mirrors("hub = \"m.lan\"\n\"quay.io\" = \"quay/x\"\n\"ghcr.io\" = 1"), @r#"
    error: `hub` is not a registry: clients take `hub` for a user of Docker Hub; write a host with a dot or a port, as in `registry.example.com`
     --> spec/minimal.toml:2:1
      |
    2 | hub = "m.lan"
      | ^^^

    error: `quay/x` is not a mirror: clients take `quay` for a user of Docker Hub; write a host with a dot or a port, as in `registry.example.com`
     --> spec/minimal.toml:3:13
      |
    3 | "quay.io" = "quay/x"
      |             ^^^^^^^^ `quay.io` of the mirrors

    error: `ghcr.io` of the mirrors is a whole number
     --> spec/minimal.toml:4:13
      |
    4 | "ghcr.io" = 1
      |             ^ expected a string
      |
      = help: write `"ghcr.io" = "registry.example.com/mirror"`
    "#);
    assert_snapshot!(mistakes(file("spec/images.toml", "[registry]\nmirror = \"m.lan\"\n")), @"
    error: `registry` is no key of a file of images
     --> spec/images.toml:1:2
      |
    1 | [registry]
      |  ^^^^^^^^
      |
      = help: move it to the file of a site, such as `spec/minimal.toml`
    ");
}

#[test]
fn files_of_rules_are_embedded_as_they_are() {
    let text = "groups:\n  - name: \"a\\b\" # ä {{ $labels.instance }}\r\n";
    let files = [
        file("spec/rules/b.yml", ""),
        file("spec/rules/a.yml", text),
        file("spec/rules/images.yml", "# no images"),
    ];
    let code = compile(&files).unwrap();
    let (_, rules) = code.split_once("/// The files of `spec/rules`").unwrap();
    assert_snapshot!(rules, @r##"
    , by path.
    pub fn alert_rules () -> :: lurus_spec :: prelude :: Vec < :: lurus_spec :: model :: RuleFile > { :: lurus_spec :: model :: rows :: rule_files (& [
    ("spec/rules/a.yml" , "groups:\n  - name: \"a\\b\" # ä {{ $labels.instance }}\r\n") ,
    ("spec/rules/b.yml" , "") ,
    ("spec/rules/images.yml" , "# no images") ,
    ]) }
    "##);
}

#[test]
fn bad_files_of_rules() {
    assert_snapshot!(mistakes(file("spec/rules/team.yaml", "groups: []\n")), @"
    error: `spec/rules/team.yaml` is not read as rules
     |
     = help: rename the file to `spec/rules/team.yml`
    ");
    assert_snapshot!(mistakes(file("spec/rules/team.yml", b"a: \xff\n")), @"
    error: `spec/rules/team.yml` is not UTF-8
     --> spec/rules/team.yml:1:4
      |
    1 | a: �
      |    ^ the byte 0xff begins no character
      |
      = help: save the file as UTF-8
    ");
    assert_snapshot!(mistakes(file("spec/rules/team.yml", vec![b'a'; MAX_BYTES + 1])), @"
    error: `spec/rules/team.yml` has more than 1048576 bytes
    --> spec/rules/team.yml:1:1
     = help: split the file, or move what is no data out of `spec/`
    ");
}

#[test]
fn an_undeclared_network() {
    assert_snapshot!(with("{ data =", "{ dta ="), @r#"
    error: host node-1 has an address on network dta, which is not declared
     --> spec/minimal.toml:5:15
      |
    5 | addresses = { dta = "10.0.1.11" }
      |               ^^^
      |
      = help: write `data`, or declare `[networks.dta]`
    "#);
    assert_snapshot!(with("{ data =", "{ storage ="), @r#"
    error: host node-1 has an address on network storage, which is not declared
     --> spec/minimal.toml:5:15
      |
    5 | addresses = { storage = "10.0.1.11" }
      |               ^^^^^^^
      |
      = help: declare `[networks.storage]` with its `cidr` and its `gateway`
    "#);
}

#[test]
fn a_host_called_all() {
    assert_snapshot!(with("hosts.node-1", "hosts.all"), @"
    error: a host cannot be called `all`
     --> spec/minimal.toml:4:8
      |
    4 | [hosts.all]
      |        ^^^ `hosts::ALL` is the list of all hosts
      |
      = help: write another name, such as `node-1`
    ");
}

#[test]
fn broken_form() {
    assert_snapshot!(with("cores = 4", "cores = 4\ncores = 5"), @"
    error: duplicate key
     --> spec/minimal.toml:7:1
      |
    7 | cores = 5
      | ^^^^^
    ");
    assert_snapshot!(with("cores = 4", "cores 4"), @"
    error: key with no value, expected `=`
     --> spec/minimal.toml:6:7
      |
    6 | cores 4
      |       ^
    ");
    assert_snapshot!(with("\"16GiB\"", "\"16GiB"), @r#"
    error: invalid basic string, expected `"`
     --> spec/minimal.toml:7:16
      |
    7 | memory = "16GiB
      |                ^
    "#);
    assert_snapshot!(mistakes(site(&HOST[..HOST.find("10.0").unwrap()])), @r#"
    error: unclosed inline table, expected `}`
     --> spec/minimal.toml:2:23
      |
    2 | addresses = { data = "
      |                       ^
    "#);
}

#[test]
fn every_mistake_of_every_file_is_told_at_once() {
    let files = [
        site(
            format!("{NETWORKS}{HOST}")
                .replace("16GiB", "16G")
                .replace("/24", "/33")
                .replace("cores", "core"),
        ),
        file(
            "spec/images.toml",
            "[images]\nredis = \"redis\"\nnats = 2\n",
        ),
        file("spec/loop.toml", ""),
        file("spec/My Site.toml", ""),
    ];
    assert_snapshot!(draw(&files, &compile(&files).unwrap_err()), @r#"
    error: `spec/My Site.toml` does not name a site: `My Site` is not a name: `M` is not allowed; write lower-case letters, digits and `-`, as in `redis`
     |
     = help: rename the file to that of a site, such as `spec/minimal.toml`

    error: `spec/loop.toml` does not name a site: `loop` is a word of Rust
     |
     = help: rename the file to that of a site, such as `spec/minimal.toml`

    error: `redis` is not an image: it has no tag; write the version after a colon, as in `redis:7.2.5-alpine`
     --> spec/images.toml:2:9
      |
    2 | redis = "redis"
      |         ^^^^^^^ `redis` of image redis

    error: `nats` of image nats is a whole number
     --> spec/images.toml:3:8
      |
    3 | nats = 2
      |        ^ expected a string
      |
      = help: write `nats = "nats:1.2.3"`

    error: `10.0.1.0/33` is not a network: the prefix of an IPv4 network is at most 32, not 33
     --> spec/minimal.toml:2:8
      |
    2 | cidr = "10.0.1.0/33"
      |        ^^^^^^^^^^^^^ `cidr` of network data

    error: `core` is no key of host node-1
     --> spec/minimal.toml:6:1
      |
    6 | core = 4
      | ^^^^
      |
      = help: did you mean `cores`?

    error: `16G` is not a size: `G` is not one of its units; write one of `TiB`, `TB`, `GiB`, `GB`, `MiB`, `MB`, `KiB`, `kB`, `B`, as in `512MiB`
     --> spec/minimal.toml:7:10
      |
    7 | memory = "16G"
      |          ^^^^^ `memory` of host node-1
    "#);
}

#[test]
fn what_is_no_text() {
    let mut bytes = NETWORKS.as_bytes().to_vec();
    bytes.extend(b"# gr\xc3\xb6\xff\n");
    assert_snapshot!(mistakes(site(bytes)), @"
    error: `spec/minimal.toml` is not UTF-8
     --> spec/minimal.toml:4:6
      |
    4 | # grö�
      |      ^ the byte 0xff begins no character
      |
      = help: save the file as UTF-8
    ");
    assert_snapshot!(mistakes(site(vec![b'['; MAX_BYTES + 1])), @"
    error: `spec/minimal.toml` has more than 1048576 bytes
    --> spec/minimal.toml:1:1
     = help: split the file, or move what is no data out of `spec/`
    ");
}

/// Files as large as they may be, of one repeated text: what is deep or wrong a million times ends quickly, and with a
/// few findings.
#[test]
fn hostile_files_end() {
    let texts = [
        "[",
        "{",
        "a={a=",
        "a.",
        "[a.",
        "\"",
        "\n=",
        "a=1\n",
        "[a]\n",
        "\u{feff}",
        "a = [[[[[\n",
    ];
    for text in texts {
        let bytes = text.repeat(MAX_BYTES / text.len());
        let files = [site(bytes)];
        let report = compile(&files).unwrap_err();
        let drawn = draw(&files, &report);
        assert!(
            (1..=22).contains(&report.errors()),
            "{text:?}: {}",
            report.errors()
        );
        assert!(drawn.len() < 20_000, "{text:?}: {}", drawn.len());
    }
}

#[test]
fn a_long_file_of_bad_values_is_told_in_full() {
    let lines: Vec<String> = (0..10_000)
        .map(|index| format!("a{index} = {index}\n"))
        .collect();
    let files = [file(
        "spec/images.toml",
        format!("[images]\n{}", lines.concat()),
    )];
    let report = compile(&files).unwrap_err();
    assert_eq!(report.errors(), 10_000);
    assert!(draw(&files, &report).contains("10001 | a9999 = 9999"));
}
