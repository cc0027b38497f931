//! One table per newtype: what it accepts, with the canonical text, and what it refuses, with the reason.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{Debug, Display};

use proptest::prelude::*;

use crate::{
    AbsPath, Cidr, DiskKind, DomainName, Duration, EnvName, Given, HostName, Image, InstanceType,
    Ip, Literal, LiteralError, Mirror, Name, Port, Registry, SecretName, Size,
};

/// Every good text is read and shown canonically; every bad text is refused with a message that ends in this.
fn check<T: Literal + Display + Debug + PartialEq>(good: &[(&str, &str)], bad: &[(&str, &str)]) {
    for (text, canonical) in good {
        let value: T = text
            .parse()
            .unwrap_or_else(|error| panic!("{text} is refused: {error}"));
        assert_eq!(value.to_string(), *canonical, "canonical text of {text}");
        assert_eq!(
            canonical.parse(),
            Ok(value),
            "canonical text of {text}, read again"
        );
    }
    for (text, why) in bad {
        let error = match text.parse::<T>() {
            Ok(value) => panic!("{text} is accepted as {value}"),
            Err(error) => error.to_string(),
        };
        assert!(error.ends_with(why), "{text} is refused with: {error}");
        assert!(
            error.contains(&format!("`{}`", text.escape_debug())),
            "the text is missing in: {error}"
        );
    }
}

/// Every good text is canonical already.
fn check_texts<T: Literal + Display + Debug + PartialEq>(good: &[&str], bad: &[(&str, &str)]) {
    let good: Vec<_> = good.iter().map(|text| (*text, *text)).collect();
    check::<T>(&good, bad);
}

const LABEL_63: &str = "a23456789012345678901234567890123456789012345678901234567890123";
const LABEL_64: &str = "a234567890123456789012345678901234567890123456789012345678901234";

#[test]
fn name() {
    check_texts::<Name>(
        &["redis", "pg-2", "3scale", "a", "0", "a--b", LABEL_63],
        &[
            ("", "is not a name: it is empty; write one such as `redis`"),
            (
                "Redis",
                "`R` is not allowed; write lower-case letters, digits and `-`, as in `redis`",
            ),
            (
                "pg_2",
                "`_` is not allowed; write lower-case letters, digits and `-`, as in `redis`",
            ),
            (
                "a\nb",
                "`\\n` is not allowed; write lower-case letters, digits and `-`, as in `redis`",
            ),
            (
                "é",
                "`é` is not allowed; write lower-case letters, digits and `-`, as in `redis`",
            ),
            (
                "-pg",
                "it begins or ends with `-`; write a letter or a digit there, as in `redis`",
            ),
            (
                "pg-",
                "it begins or ends with `-`; write a letter or a digit there, as in `redis`",
            ),
            (LABEL_64, "has 64 characters, and at most 63 are allowed"),
        ],
    );
}

#[test]
fn indexed_name() {
    let indexed = |name: &str| {
        name.parse::<Name>()
            .and_then(|name| name.indexed(12))
            .map(|name| name.to_string())
    };
    assert_eq!(indexed("redis"), Ok("redis-12".to_string()));
    assert_eq!(
        indexed(&LABEL_63[..60]),
        Ok(format!("{}-12", &LABEL_63[..60]))
    );
    assert!(
        indexed(&LABEL_63[..61])
            .unwrap_err()
            .message()
            .ends_with("has 64 characters, and at most 63 are allowed")
    );
}

#[test]
fn host_name() {
    check_texts::<HostName>(
        &["node-1", "db1", LABEL_63],
        &[
            (
                "node-1.example.com",
                "`.` is not allowed; write lower-case letters, digits and `-`, as in `node-1`",
            ),
            (
                "",
                "is not a host name: it is empty; write one such as `node-1`",
            ),
        ],
    );
}

#[test]
fn domain_name() {
    let labels = |count: usize| [&LABEL_63[..49]].repeat(count).join(".");
    let longest = format!("{}.abc", labels(5));
    let too_long = format!("{}.abcd", labels(5));
    check_texts::<DomainName>(
        &[
            "api.example.com",
            "localhost",
            "redis-1.data.svc",
            "1.a",
            &longest,
        ],
        &[
            (
                "",
                "is not a domain name: it is empty; write one such as `api.example.com`",
            ),
            (
                "api..com",
                "write one dot between two labels, as in `api.example.com`",
            ),
            (
                ".com",
                "write one dot between two labels, as in `api.example.com`",
            ),
            (
                ".",
                "write one dot between two labels, as in `api.example.com`",
            ),
            ("example.com.", "leave out the final dot"),
            (
                "*.example.com",
                "`*` is not allowed; write lower-case letters, digits and `-`, as in `api.example.com`",
            ),
            (
                "10.0.1.10",
                "so that it reads as an address; write one such as `api.example.com`",
            ),
            (LABEL_64, "has 64 characters, and at most 63 are allowed"),
            (
                &too_long,
                "it has 254 characters, and at most 253 are allowed",
            ),
        ],
    );
}

#[test]
fn secret_name() {
    check_texts::<SecretName>(
        &["redis-password", "a"],
        &[
            (
                "REDIS_PASSWORD",
                "`R` is not allowed; write lower-case letters, digits and `-`, as in `redis-password`",
            ),
            (
                "9lives",
                "which an environment variable may not; write one such as `redis-password`",
            ),
        ],
    );
    let secret: SecretName = "redis-1-password".parse().unwrap();
    assert_eq!(secret.env_name().as_str(), "REDIS_1_PASSWORD");
}

#[test]
fn env_name() {
    check_texts::<EnvName>(
        &["PG_DSN", "_", "_JAVA_OPTIONS", "A9", &"A".repeat(128)],
        &[
            ("", "it is empty; write one such as `PG_DSN`"),
            (
                "pg_dsn",
                "`p` is not allowed; write upper-case letters, digits and `_`, as in `PG_DSN`",
            ),
            (
                "A=B",
                "`=` is not allowed; write upper-case letters, digits and `_`, as in `PG_DSN`",
            ),
            (
                "9LIVES",
                "it begins with a digit; write a letter or `_` there, as in `PG_DSN`",
            ),
            (
                &"A".repeat(129),
                "it has 129 characters, and at most 128 are allowed",
            ),
        ],
    );
}

#[test]
fn abs_path() {
    let long_segment = format!("/{}", "a".repeat(256));
    let long_path = "/abc".repeat(1024);
    check_texts::<AbsPath>(
        &[
            "/data",
            "/etc/nats/nats.conf",
            "/a/..b",
            "/a/b+c_d-e",
            &long_segment[..256],
            &long_path[..4095],
        ],
        &[
            (
                "",
                "it does not begin with `/`; write one such as `/etc/nats/nats.conf`",
            ),
            (
                "etc/nats",
                "it does not begin with `/`; write one such as `/etc/nats/nats.conf`",
            ),
            (
                "/",
                "is nothing to write to or to mount; name a folder, as in `/data`",
            ),
            (
                "/data/",
                "write one `/` between two segments, and none at the end",
            ),
            (
                "/etc//nats",
                "write one `/` between two segments, and none at the end",
            ),
            (
                "/etc/../root",
                "`..` is not allowed in it; write the path that is meant",
            ),
            (
                "/./etc",
                "`.` is not allowed in it; write the path that is meant",
            ),
            (
                "/my data",
                "` ` is not allowed; write letters, digits and `.`, `_`, `+`, `-` between the slashes",
            ),
            (
                "/a:b",
                "`:` is not allowed; write letters, digits and `.`, `_`, `+`, `-` between the slashes",
            ),
            (
                &long_segment,
                "a segment has 256 characters, and at most 255 are allowed",
            ),
            (
                &long_path,
                "it has 4096 characters, and at most 4095 are allowed",
            ),
        ],
    );
}

#[test]
fn parts_of_a_path() {
    let path: AbsPath = "/etc/nats/nats.conf".parse().unwrap();
    let parent = path.parent().unwrap();
    assert_eq!(
        (parent.as_str(), path.file_name()),
        ("/etc/nats", "nats.conf")
    );
    assert_eq!(parent.parent().unwrap().parent(), None);
    assert_eq!(
        parent.join("tls/ca.pem").unwrap().as_str(),
        "/etc/nats/tls/ca.pem"
    );
    assert!(
        parent
            .join("/tls")
            .unwrap_err()
            .message()
            .ends_with("it begins with `/`; leave that out")
    );
    assert!(parent.join("../root").is_err());
    assert!(parent.join("").is_err());
}

#[test]
fn ip() {
    let four_numbers = "is four numbers from 0 to 255 without leading zeros, as in `10.0.1.10`";
    check_texts::<Ip>(
        &["10.0.1.10", "0.0.0.0", "255.255.255.255"],
        &[
            ("", four_numbers),
            ("10.0.1", four_numbers),
            ("10.0.1.256", four_numbers),
            ("010.0.1.10", four_numbers),
            (
                "fd00::1",
                "only IPv4 plans are supported; write one such as `10.0.1.10`",
            ),
            (
                "10.0.1.10:80",
                "it has a port; leave that out, as in `10.0.1.10`",
            ),
            (
                "10.0.1.0/24",
                "it has a prefix, as a network has; write one such as `10.0.1.10`",
            ),
        ],
    );
}

#[test]
fn cidr() {
    check_texts::<Cidr>(
        &[
            "10.0.1.0/24",
            "0.0.0.0/0",
            "10.0.1.7/32",
            "10.0.1.6/31",
            "128.0.0.0/1",
        ],
        &[
            (
                "10.0.1.0",
                "it has no prefix; write one such as `10.0.1.0/24`",
            ),
            (
                "10.0.1.0/33",
                "`10.0.1.0/33` is not a network: the prefix of an IPv4 network is at most 32, not 33",
            ),
            (
                "10.0.1.0/999",
                "the prefix of an IPv4 network is at most 32, not 999",
            ),
            (
                "10.0.1.0/",
                "`` is not a prefix; write a number from 0 to 32, as in `10.0.1.0/24`",
            ),
            (
                "10.0.1.0/+8",
                "`+8` is not a prefix; write a number from 0 to 32, as in `10.0.1.0/24`",
            ),
            (
                "10.0.0.0/08",
                "`08` is not a prefix; write a number from 0 to 32, as in `10.0.1.0/24`",
            ),
            (
                "10.0.1.7/24",
                "it is an address in the network `10.0.1.0/24`; write that",
            ),
            (
                "10.0.1/24",
                "is four numbers from 0 to 255 without leading zeros, as in `10.0.1.0/24`",
            ),
            (
                "fd00::/8",
                "only IPv4 plans are supported; write one such as `10.0.1.0/24`",
            ),
        ],
    );
}

#[test]
fn addresses_of_a_network() {
    let cidr = |text: &str| text.parse::<Cidr>().unwrap();
    let network = cidr("10.0.1.0/24");
    assert_eq!(network.network(), Ip::new(10, 0, 1, 0));
    assert_eq!(network.broadcast(), Ip::new(10, 0, 1, 255));
    assert_eq!(network.prefix(), 24);
    assert_eq!(network.nth(10), Some(Ip::new(10, 0, 1, 10)));
    assert_eq!(network.nth(255), Some(network.broadcast()));
    assert_eq!(network.nth(256), None);
    assert_eq!(
        cidr("0.0.0.0/0").nth(u32::MAX),
        Some(Ip::new(255, 255, 255, 255))
    );
    assert_eq!(cidr("255.255.255.255/32").nth(1), None);

    assert!(network.contains(Ip::new(10, 0, 1, 255)) && !network.contains(Ip::new(10, 0, 2, 0)));
    assert!(network.overlaps(&cidr("10.0.0.0/8")) && cidr("10.0.0.0/8").overlaps(&network));
    assert!(!network.overlaps(&cidr("10.0.0.0/24")));

    let hosts = |text: &str| {
        cidr(text)
            .hosts()
            .map(|ip| ip.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(hosts("10.0.1.0/30"), ["10.0.1.1", "10.0.1.2"]);
    assert_eq!(hosts("10.0.1.0/31"), ["10.0.1.0", "10.0.1.1"]);
    assert_eq!(hosts("10.0.1.0/32"), ["10.0.1.0"]);
}

#[test]
fn halves_of_a_network() {
    let halves = |text: &str| {
        let network: Cidr = text.parse().unwrap();
        Some((
            network.first_half()?.to_string(),
            network.second_half()?.to_string(),
        ))
    };
    let pair = |first: &str, second: &str| Some((first.to_string(), second.to_string()));
    assert_eq!(halves("10.0.0.0/16"), pair("10.0.0.0/17", "10.0.128.0/17"));
    assert_eq!(halves("0.0.0.0/0"), pair("0.0.0.0/1", "128.0.0.0/1"));
    assert_eq!(halves("10.0.0.4/30"), pair("10.0.0.4/31", "10.0.0.6/31"));
    assert_eq!(halves("10.0.0.4/31"), None);
    assert_eq!(halves("10.0.0.4/32"), None);
}

#[test]
fn port() {
    let range = "is not a port: a port is a number from 1 to 65535";
    check_texts::<Port>(
        &["1", "5432", "65535"],
        &[
            ("0", range),
            ("65536", range),
            ("05432", range),
            ("+80", range),
            ("http", range),
            ("", range),
        ],
    );
    assert_eq!(
        Port::new(0).unwrap_err().message(),
        "`0` is not a port: a port is a number from 1 to 65535"
    );
    let redis = Port::new(7001).unwrap();
    assert_eq!(redis.offset(10_000).map(Port::get), Ok(17_001));
    assert!(
        redis
            .offset(65_535)
            .unwrap_err()
            .message()
            .starts_with("`72536` is not a port")
    );
}

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn image() {
    let pinned = format!("quay.io/coreos/etcd:v3.5.9@{DIGEST}");
    let untagged = format!("redis@{DIGEST}");
    let short = format!("redis:7.2@{}", &DIGEST[..70]);
    let upper = format!("redis:7.2@{}", DIGEST.replace('a', "A"));
    let long = format!("{}:1", "a".repeat(256));
    let long_tag = format!("redis:{}", "7".repeat(129));
    let no_tag = "it has no tag; write the version after a colon, as in `redis:7.2.5-alpine`";
    let no_digest = "is not a digest; write `sha256:` and 64 digits of `0`–`9` and `a`–`f`";
    let no_part = "write lower-case letters and digits, with single `.`, `_` or `-` between them";
    check_texts::<Image>(
        &[
            "redis:7.2.5-alpine",
            "localhost/a:1",
            "registry.example.com:5000/a/b:1",
            "a__b/c--d.e_f:V_1.x-2",
            &pinned,
            &long[1..],
            &long_tag[..134],
        ],
        &[
            ("redis", no_tag),
            ("registry:5000/redis", no_tag),
            (&untagged, no_tag),
            (
                "redis:latest",
                "`latest` is another image tomorrow; write a version, as in `redis:7.2.5-alpine`",
            ),
            (
                "redis:",
                "`` is not a tag; write letters, digits and `.`, `_`, `-`, as in `redis:7.2.5-alpine`",
            ),
            (
                "redis:-7",
                "`-7` is not a tag; write letters, digits and `.`, `_`, `-`, as in `redis:7.2.5-alpine`",
            ),
            (
                "redis:7 ",
                "`7 ` is not a tag; write letters, digits and `.`, `_`, `-`, as in `redis:7.2.5-alpine`",
            ),
            (
                &long_tag,
                "its tag has 129 characters, and at most 128 are allowed",
            ),
            ("Redis:7.2", "a repository is in lower case; write `redis`"),
            (
                &long,
                "its repository has 256 characters, and at most 255 are allowed",
            ),
            (":7.2", no_part),
            ("a//b:1", no_part),
            ("a___b:1", no_part),
            ("a..b:1", no_part),
            ("a-_b:1", no_part),
            ("-a:1", no_part),
            ("a-:1", no_part),
            ("a b:1", no_part),
            (
                "quay..io/a:1",
                "`quay..io` is not a registry; write one such as `quay.io`",
            ),
            (
                "-quay.io/a:1",
                "`-quay.io` is not a registry; write one such as `quay.io`",
            ),
            (
                "quay.io:0/a:1",
                "`0` is not a port: a port is a number from 1 to 65535",
            ),
            (&short, no_digest),
            (&upper, no_digest),
            ("redis:7.2@md5:12", no_digest),
        ],
    );
}

#[test]
fn parts_of_an_image() {
    let parts = |text: &str| {
        let image: Image = text.parse().unwrap();
        let registry = image.registry().map(String::from);
        (
            registry.unwrap_or_default(),
            image.repository().to_string(),
            image.tag().to_string(),
            image.version(),
        )
    };
    let expect = |registry: &str, repository: &str, tag: &str, version: &[u64]| {
        (
            registry.to_string(),
            repository.to_string(),
            tag.to_string(),
            version.to_vec(),
        )
    };
    assert_eq!(
        parts("quay.io/coreos/etcd:v3.5.9"),
        expect("quay.io", "quay.io/coreos/etcd", "v3.5.9", &[3, 5, 9])
    );
    assert_eq!(
        parts("r:5000/etcd:2.10-alpine"),
        expect("r:5000", "r:5000/etcd", "2.10-alpine", &[2, 10])
    );
    assert_eq!(
        parts("redis:7.2.5-alpine"),
        expect("", "redis", "7.2.5-alpine", &[7, 2, 5])
    );
    assert_eq!(
        parts("bitnami/redis:alpine"),
        expect("", "bitnami/redis", "alpine", &[])
    );
    assert_eq!(parts("a:1.x").3, [1]);
    assert!(parts("a:99999999999999999999.1").3.is_empty());

    let pinned: Image = format!("redis:7.2.5@{DIGEST}").parse().unwrap();
    assert_eq!(pinned.digest(), Some(DIGEST));
    assert_eq!(pinned.without_digest().to_string(), "redis:7.2.5");
}

#[test]
fn location_of_an_image() {
    let located = |text: &str| {
        let image: Image = text.parse().unwrap();
        let (registry, path) = image.location();
        format!("{registry} {path}")
    };
    assert_eq!(located("redis:7"), "docker.io library/redis");
    assert_eq!(located("docker.io/redis:7"), "docker.io library/redis");
    assert_eq!(located("index.docker.io/a/b:7"), "docker.io a/b");
    assert_eq!(
        located("grafana/grafana:11.1.0"),
        "docker.io grafana/grafana"
    );
    assert_eq!(located("quay.io/coreos/etcd:v3.5.9"), "quay.io coreos/etcd");
    assert_eq!(located("localhost/a:1"), "localhost a");
}

#[test]
fn image_in_another_repository() {
    let image: Image = format!("redis:7.2.5@{DIGEST}").parse().unwrap();
    let moved = image.in_repository("lan:5000/redis").unwrap();
    assert_eq!(moved.to_string(), format!("lan:5000/redis:7.2.5@{DIGEST}"));
    let error = image.in_repository("lan/r:5000/redis").unwrap_err();
    assert_eq!(
        error.message(),
        "`lan/r:5000/redis` is not a repository: `r:5000` is not a part of a repository; write lower-case letters and digits, with single `.`, `_` or `-` between them",
    );
}

#[test]
fn registry() {
    let user = "write a host with a dot or a port, as in `registry.example.com`";
    check_texts::<Registry>(
        &[
            "docker.io",
            "quay.io",
            "localhost",
            "registry:5000",
            "10.0.0.5:5000",
        ],
        &[
            ("", user),
            ("quay", user),
            ("index.docker.io", "write its name of today, `docker.io`"),
            (
                "https://quay.io",
                "leave out the part before the host, as in `quay.io`",
            ),
            (
                "quay.io/coreos",
                "leave out what follows the host, as in `quay.io`",
            ),
            (
                "quay..io",
                "`quay..io` is not a registry; write one such as `quay.io`",
            ),
            (
                "Quay.io",
                "`Quay.io` is not a registry; write one such as `quay.io`",
            ),
            (
                "quay.io:0",
                "`0` is not a port: a port is a number from 1 to 65535",
            ),
        ],
    );
}

#[test]
fn mirror() {
    let user = "write a host with a dot or a port, as in `registry.example.com`";
    let part = "with single `.`, `_` or `-` between them, as in `registry.example.com/mirror`";
    check_texts::<Mirror>(
        &[
            "mirror.example.com",
            "harbor.example.com/dockerhub",
            "10.0.0.5:5000/a/b_c",
            "localhost:5000",
        ],
        &[
            ("", user),
            ("mirror/dockerhub", user),
            (
                "https://m.lan/x",
                "leave out the part before the host, as in `registry.example.com/mirror`",
            ),
            ("m.lan/", part),
            ("m.lan/a//b", part),
            ("m.lan/A", part),
            ("m.lan/a:1", part),
            ("m.lan/a b", part),
            ("m.lan:x", "a port is a number from 1 to 65535"),
        ],
    );
    assert_eq!(
        "h.lan:5000/a/b".parse::<Mirror>().unwrap().registry(),
        "h.lan:5000"
    );
}

#[test]
fn instance_type() {
    let words = "with single `.`, `-` or `_` between them, as in `ecs.r7.xlarge`";
    let long = "a".repeat(65);
    check_texts::<InstanceType>(
        &[
            "ecs.r7.xlarge",
            "c6i.large",
            "n2-standard-4",
            "Standard_D4s_v5",
            &long[1..],
        ],
        &[
            ("", words),
            ("r7.", words),
            ("r7 xlarge", words),
            ("a..b", words),
            ("a\nb", words),
            (&long, "has 65 bytes, and at most 64 are allowed"),
        ],
    );
}

#[test]
fn disk_kind() {
    let words = "is not a kind of disk: write one of `ssd`, `nvme`, `hdd`, `network`";
    check_texts::<DiskKind>(
        &["ssd", "nvme", "hdd", "network"],
        &[("", words), ("SSD", words), ("essd", words)],
    );
}

#[test]
fn size() {
    let units = "`TiB`, `TB`, `GiB`, `GB`, `MiB`, `MB`, `KiB`, `kB`, `B`";
    check::<Size>(
        &[
            ("512MiB", "512MiB"),
            ("1024MiB", "1GiB"),
            ("2GiB", "2GiB"),
            ("64KiB", "64KiB"),
            ("1TiB", "1TiB"),
            ("10GB", "10GB"),
            ("1000GB", "1TB"),
            ("5MB", "5MB"),
            ("100kB", "100kB"),
            ("123B", "123B"),
            ("0GiB", "0B"),
            ("18446744073709551615B", "18446744073709551615B"),
        ],
        &[
            (
                "512",
                &format!("it has no unit; write one of {units} after the number"),
            ),
            (
                "10G",
                &format!("`G` is not one of its units; write one of {units}, as in `512MiB`"),
            ),
            (
                "10 GiB",
                &format!("` GiB` is not one of its units; write one of {units}, as in `512MiB`"),
            ),
            (
                "10gib",
                &format!("`gib` is not one of its units; write one of {units}, as in `512MiB`"),
            ),
            (
                "1.5GiB",
                "it has a fraction; write a whole number of a smaller unit, as in `512MiB`",
            ),
            (
                "",
                "it does not begin with a digit; write one such as `512MiB`",
            ),
            (
                "-1GiB",
                "it does not begin with a digit; write one such as `512MiB`",
            ),
            ("01GiB", "it has a leading zero; write one such as `512MiB`"),
            (
                "16777216TiB",
                "it is over the largest, `18446744073709551615B`",
            ),
            (
                "18446744073709551616B",
                "it is over the largest, `18446744073709551615B`",
            ),
        ],
    );
    assert_eq!("2GiB".parse(), Ok(Size::gib(2)));
    assert_eq!(Size::mib(2048), Size::gib(2));
    assert_eq!("10GB".parse::<Size>().map(Size::bytes), Ok(10_000_000_000));
}

#[test]
fn arithmetic_of_sizes() {
    let most = Size::of_bytes(u64::MAX);
    assert_eq!(Size::gib(1).checked_add(Size::gib(1)), Some(Size::gib(2)));
    assert_eq!(most.checked_add(Size::of_bytes(1)), None);
    assert_eq!(most.saturating_add(Size::of_bytes(1)), most);
    assert_eq!(Size::gib(1).saturating_sub(Size::gib(2)), Size::of_bytes(0));
    assert_eq!(Size::mib(512).checked_mul(2), Some(Size::gib(1)));
    assert_eq!(most.checked_mul(2), None);
    assert_eq!(most.saturating_mul(2), most);
    assert_eq!(Size::gib(u64::MAX), most);
}

#[test]
fn duration() {
    let units = "`d`, `h`, `m`, `s`, `ms`";
    check::<Duration>(
        &[
            ("250ms", "250ms"),
            ("30s", "30s"),
            ("120s", "2m"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("15d", "15d"),
            ("1500ms", "1500ms"),
            ("0s", "0ms"),
        ],
        &[
            (
                "30",
                &format!("it has no unit; write one of {units} after the number"),
            ),
            (
                "1h30m",
                &format!("`h30m` is not one of its units; write one of {units}, as in `30s`"),
            ),
            (
                "1w",
                &format!("`w` is not one of its units; write one of {units}, as in `30s`"),
            ),
            (
                "1.5h",
                "it has a fraction; write a whole number of a smaller unit, as in `30s`",
            ),
            (
                "18446744073709551615s",
                "it is over the largest, `18446744073709551615ms`",
            ),
        ],
    );
    assert_eq!("30s".parse(), Ok(Duration::secs(30)));
    assert_eq!(Duration::millis(1999).as_secs(), 1);
    assert_eq!(Duration::secs(2).as_millis(), 2000);
}

#[test]
fn given() {
    fn setter<T>(value: impl Into<Given<T>>) -> Given<T> {
        value.into()
    }
    let name: Name = "redis".parse().unwrap();
    let owned = "redis".to_string();
    for given in [
        setter(name.clone()),
        setter(&name),
        setter("redis"),
        setter(&owned),
        setter(owned),
    ] {
        assert_eq!(given.valid(), Some(&name));
    }
    assert_eq!(setter::<Port>(80).valid(), Some(&Port::constant(80)));

    let refused: Given<Name> = setter("Redis");
    let refusal = refused.as_result().unwrap_err();
    assert_eq!(refusal.text, "Redis");
    assert_eq!(refusal.why, "Redis".parse::<Name>().unwrap_err().message());
    assert_eq!(refused.valid(), None);
}

#[cfg(feature = "serde")]
#[test]
fn serialized() {
    fn check<T: Literal + serde_core::Serialize>(text: &str, json: &str) {
        let value: T = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }
    check::<Name>("redis", r#""redis""#);
    check::<AbsPath>("/data", r#""/data""#);
    check::<Ip>("10.0.1.10", r#""10.0.1.10""#);
    check::<Cidr>("10.0.1.0/24", r#""10.0.1.0/24""#);
    check::<Image>("redis:7.2", r#""redis:7.2""#);
    check::<Port>("5432", "5432");
}

/// What is shown is read as the same value.
fn round_trip<T: Literal + Display + Debug + PartialEq>(value: &T) -> Result<(), TestCaseError> {
    let again = value.to_string().parse::<T>();
    prop_assert_eq!(again.as_ref(), Ok(value));
    Ok(())
}

proptest! {
    #[test]
    fn every_size_round_trips(bytes in any::<u64>(), unit in 0..4u32) {
        round_trip(&Size::of_bytes(bytes))?;
        round_trip(&Size::of_bytes((bytes >> 45) << (10 * unit)))?;
    }

    #[test]
    fn every_duration_round_trips(millis in any::<u64>(), hours in 0..100_000u64) {
        round_trip(&Duration::millis(millis))?;
        round_trip(&Duration::secs(hours * 3600))?;
    }

    #[test]
    fn every_address_and_network_round_trips(bits in any::<u32>(), prefix in 0..=32u8) {
        let ip = Ip::from(core::net::Ipv4Addr::from_bits(bits));
        round_trip(&ip)?;
        let network = Cidr::containing(ip, prefix);
        round_trip(&network)?;
        prop_assert!(network.contains(ip));
    }

    #[test]
    fn every_port_round_trips(number in 1..=u16::MAX) {
        round_trip(&Port::constant(number))?;
    }

    #[test]
    fn every_image_round_trips(
        text in "([a-z]{1,9}\\.io(:[1-9][0-9]{0,3})?/)?[a-z0-9]{1,9}([_-][a-z0-9]{1,9})?(/[a-z0-9]{1,9}([._-][a-z0-9]{1,9})?){0,3}:v?[0-9]{1,3}(\\.[0-9]{1,3}){0,2}(-[a-z]{1,9})?(@sha256:[0-9a-f]{64})?"
    ) {
        let image: Image = text.parse()?;
        prop_assert_eq!(image.to_string(), text);
        round_trip(&image)?;
    }

    #[test]
    fn every_label_is_a_name(text in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?") {
        round_trip(&text.parse::<Name>()?)?;
        round_trip(&text.parse::<HostName>()?)?;
    }

    #[test]
    fn every_secret_has_a_variable(text in "[a-z]([a-z0-9-]{0,61}[a-z0-9])?") {
        let secret: SecretName = text.parse()?;
        round_trip(&secret.env_name())?;
    }

    /// The reason why the newtypes exist: what passes needs no escaping in any format.
    #[test]
    fn nothing_that_breaks_a_line_passes(text in any::<String>()) {
        fn accepted<T: Literal>(text: &str) -> bool {
            text.parse::<T>().is_ok()
        }
        let passes = [
            accepted::<Name>, accepted::<HostName>, accepted::<DomainName>, accepted::<SecretName>,
            accepted::<EnvName>, accepted::<AbsPath>, accepted::<Image>, accepted::<Ip>, accepted::<Cidr>,
            accepted::<Port>, accepted::<Size>, accepted::<Duration>, accepted::<Registry>, accepted::<Mirror>,
            accepted::<InstanceType>, accepted::<DiskKind>,
        ]
        .iter()
        .any(|accepts| accepts(&text));
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/+-:@".contains(&byte));
        prop_assert!(is_plain || !passes);
    }

    #[test]
    fn a_refusal_is_one_line(text in any::<String>()) {
        let is_one_line = |error: LiteralError| !error.message().contains(char::is_control);
        prop_assert!(text.parse::<Name>().err().is_none_or(is_one_line));
        prop_assert!(text.parse::<Image>().err().is_none_or(is_one_line));
        prop_assert!(text.parse::<Cidr>().err().is_none_or(is_one_line));
        prop_assert!(text.parse::<Size>().err().is_none_or(is_one_line));
        prop_assert!(text.parse::<Mirror>().err().is_none_or(is_one_line));
    }
}
