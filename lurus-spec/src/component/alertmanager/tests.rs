//! Tests of Alertmanager.

use crate::component::alertmanager::{Address, Alertmanager, Receiver};
use crate::component::observe::Severity;
use crate::fixture::{NODES, cluster, codes, file, started};
use crate::model::Cluster;

fn with(receivers: impl IntoIterator<Item = Receiver>) -> Cluster {
    let mut cluster = cluster();
    let alertmanager = Alertmanager::new("alertmanager").on([NODES[0], NODES[1]]);
    let alertmanager = receivers
        .into_iter()
        .fold(alertmanager, Alertmanager::receiver);
    cluster.add(alertmanager);
    cluster
}

const CONFIGURATION: &str = "config/alertmanager-1/alertmanager/alertmanager.yml";

#[test]
fn people_are_told_by_severity() {
    let cluster = with([
        Receiver::webhook("oncall", "https://chat.example.com/hooks/?key=")
            .token()
            .from(Severity::Critical),
        Receiver::email(
            "team",
            "ops@example.com",
            "alerts@example.com",
            "mail.example.com",
            587,
        )
        .login("alerts@example.com"),
        Receiver::webhook("log", "http://10.0.0.9:8080/").from(Severity::Info),
    ]);
    insta::assert_snapshot!(file(&cluster, &format!("local/{CONFIGURATION}")));
}

#[test]
fn what_is_secret_is_in_variables_and_files_in_memory_only() {
    let cluster = with([Receiver::webhook("oncall", "https://chat.example.com/hooks/").token()]);
    let started_as = started(&cluster, "node-1");
    assert!(started_as.contains(
        "RECEIVER_ONCALL: \"https://chat.example.com/hooks/${ALERTMANAGER_ONCALL_TOKEN:?"
    ));
    assert!(started_as.contains("> /tmp/oncall || exit 1"));
    assert!(started_as.contains("tmpfs:\n      - /tmp"));
    let configuration = file(&cluster, &format!("hosts/node-1/{CONFIGURATION}"));
    assert!(configuration.contains("url_file: /tmp/oncall"));
    // Without a secret, the image's own program is started.
    let plain = with([Receiver::webhook(
        "oncall",
        "https://chat.example.com/hooks/",
    )]);
    assert!(!started(&plain, "node-1").contains("entrypoint"));
}

#[test]
fn members_have_the_same_text() {
    let cluster = with([]);
    let of = |member: u32| {
        file(
            &cluster,
            &format!(
                "hosts/node-{member}/config/alertmanager-{member}/alertmanager/alertmanager.yml"
            ),
        )
    };
    assert_eq!(of(1), of(2));
    let started_as = started(&cluster, "node-2");
    for flag in [
        "--cluster.advertise-address=10.0.1.12:9094",
        "--cluster.peer=10.0.1.11:9094",
        "--cluster.peer=10.0.1.12:9094",
    ] {
        assert!(started_as.contains(flag), "{flag}");
    }
}

#[test]
fn what_a_receiver_cannot_be_is_a_finding() {
    assert_eq!(
        codes(&with([Receiver::webhook("a", "chat.example.com")])),
        ["error L0102"]
    );
    assert_eq!(
        codes(&with([Receiver::webhook("A b", "https://a")])),
        ["error L0102"]
    );
    let mail = Receiver::email(
        "a",
        "ops",
        "ops@example.com\nBcc: x@y.zz",
        "mail example",
        0,
    );
    assert_eq!(codes(&with([mail])), ["error L0102"; 4]);
}

#[test]
fn addresses_of_mail_are_plain() {
    for good in ["oncall@example.com", "ops+night.2@mail.example.com"] {
        assert!(good.parse::<Address>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "oncall",
        "@example.com",
        "a b@example.com",
        "a@b@c.de",
        "a@example.com\n",
        "<a@example.com>",
    ] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}

#[test]
fn the_book_says_when_nobody_is_told() {
    let told = |receivers: Vec<Receiver>| {
        let book = file(&with(receivers), "README.md");
        !book.contains("**nobody is told of any**")
    };
    assert!(!told(Vec::new()));
    let chat = Receiver::webhook("oncall", "https://chat.example.com/hooks/");
    assert!(told(vec![chat]));
}
