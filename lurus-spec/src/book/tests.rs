use crate::literal::Name;

use super::*;

fn text(text: &str) -> Markdown {
    Markdown::text(text)
}

/// A book that has something everywhere.
fn full() -> Book {
    Book {
        header: "Generated".to_owned(),
        cluster: text("minimal"),
        size: "2 components on 3 hosts".to_owned(),
        claims: vec!["the loss of any 1 host".to_owned()],
        accepted: vec![Accepted {
            component: text("lone"),
            claim: "the loss of any 1 host".to_owned(),
            stopped_by: text("host a"),
            needed_by: Some(text("gateway")),
        }],
        targets: vec![Chapter {
            name: "local",
            summary: "one engine".to_owned(),
            steps: vec![ChapterStep {
                says: "Start:".to_owned(),
                command: "up".to_owned(),
            }],
        }],
        components: vec![ComponentRow {
            component: text("lone"),
            kind: text("fixed"),
            what: text("1 × server"),
        }],
        members: vec![MemberRow {
            member: text("lone-1"),
            host: text("a"),
            address: text("10.0.0.1"),
            ports: text("client 1"),
            image: Markdown::code("lone:1"),
        }],
        flows: vec![FlowRow {
            from: text("gateway"),
            to: text("lone"),
            port: text("client 1"),
        }],
        zoned: true,
        survival: vec![SurvivalLine {
            component: text("lone"),
            conditions: text("one server: 1 of 1"),
            hosts: 0,
            zones: Some(0),
            stopped_by: text("host a"),
            needed_by: Some(text("gateway")),
        }],
        secrets: vec![SecretRow {
            name: text("lone-password"),
            variable: Markdown::code("LONE_PASSWORD"),
            owner: text("lone"),
            purpose: text("clients"),
        }],
        order: vec![OrderStep {
            component: text("lone"),
            needs: Some(text("other")),
            hosts: text("a"),
            tasks: Some(text("lone-form")),
        }],
        settings: vec![SettingRow {
            component: text("lone"),
            option: Markdown::code("memory"),
            value: text("1GiB"),
            cost: "a restart",
        }],
        files: vec![FileRow {
            workload: text("lone"),
            file: Markdown::code("/etc/lone.conf"),
            cost: text("restart"),
            reload: Some(Markdown::code("kill -HUP 1")),
        }],
    }
}

#[test]
fn the_template_reads_what_the_book_has() {
    let mistakes = template::check_against(include_str!("book.md.hbs"), &full());
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn a_full_book_and_an_empty_one() {
    let print = |book: &Book| template::render("book.md", include_str!("book.md.hbs"), book);
    insta::assert_snapshot!(print(&full()), @r"
    <!-- Generated -->

    # minimal

    2 components on 3 hosts. Everything here is computed from the description; commands run in the root of the repository.

    | component | kind | what runs |
    |---|---|---|
    | lone | fixed | 1 × server |

    ## Start

    ### local

    one engine.

    Start:

    ```sh
    up
    ```

    ## Members

    | member | host | address | ports | image |
    |---|---|---|---|---|
    | lone-1 | a | 10.0.0.1 | client 1 | `lone:1` |

    ## Who talks to whom

    Nothing else opens a connection inside the cluster.

    | from | to | port |
    |---|---|---|
    | gateway | lone | client 1 |

    ## What survives what

    The cluster claims to survive the following, and the compiler has tried every such loss:

    - the loss of any 1 host

    It is a statement about where members are: lag, disks and bugs are not in it.

    | component | serves with | hosts that may be lost | zones that may be lost | what stops it first | what stops with it |
    |---|---|---|---|---|---|
    | lone | one server: 1 of 1 | 0 | 0 | host a | gateway |

    ### Accepted single points of failure

    - **lone** is left out of the claim about the loss of any 1 host. It is stopped by host a. With it stop gateway.

    ## Secrets

    Values are in no generated file. `cargo xtask secrets minimal` makes the missing ones and never changes one.

    | secret | variable | belongs to | what for |
    |---|---|---|---|
    | lone-password | `LONE_PASSWORD` | lone | clients |

    ## Order of a deployment

    Hosts may boot in any order: whatever needs something tries until it is there. A first start and a roll-out of changes
    go in this order, one member at a time, and the next one only after the last is healthy.

    - [ ] **lone** on a, after other; then lone-form has to end without an error

    ## What a change costs

    Options that the description sets:

    | component | option | value | a change costs |
    |---|---|---|---|
    | lone | `memory` | 1GiB | a restart |

    Files that programs read. A file in a folder that is written anew reaches only a new container; where a changed file
    can be taken without a stop, the command for the first member is beside it.

    | read by | file | a change costs | without a stop |
    |---|---|---|---|
    | lone | `/etc/lone.conf` | restart | `kill -HUP 1` |
    ");
    let empty = Book {
        claims: Vec::new(),
        accepted: Vec::new(),
        flows: Vec::new(),
        zoned: false,
        secrets: Vec::new(),
        settings: Vec::new(),
        files: Vec::new(),
        ..full()
    };
    insta::assert_snapshot!(print(&empty), @r"
    <!-- Generated -->

    # minimal

    2 components on 3 hosts. Everything here is computed from the description; commands run in the root of the repository.

    | component | kind | what runs |
    |---|---|---|
    | lone | fixed | 1 × server |

    ## Start

    ### local

    one engine.

    Start:

    ```sh
    up
    ```

    ## Members

    | member | host | address | ports | image |
    |---|---|---|---|---|
    | lone-1 | a | 10.0.0.1 | client 1 | `lone:1` |

    ## Who talks to whom

    Nothing else opens a connection inside the cluster.

    | from | to | port |
    |---|---|---|

    ## What survives what

    The cluster claims nothing; this is what its layout gives.

    It is a statement about where members are: lag, disks and bugs are not in it.

    | component | serves with | hosts that may be lost | what stops it first | what stops with it |
    |---|---|---|---|---|
    | lone | one server: 1 of 1 | 0 | host a | gateway |

    ## Secrets

    None.

    ## Order of a deployment

    Hosts may boot in any order: whatever needs something tries until it is there. A first start and a roll-out of changes
    go in this order, one member at a time, and the next one only after the last is healthy.

    - [ ] **lone** on a, after other; then lone-form has to end without an error

    ## What a change costs
    ");
}

#[test]
fn the_order_is_that_of_the_needs_and_leaves_nobody_out() {
    let name = |text: &str| -> Name { text.parse().unwrap() };
    let row = |component: &str, needs: &[&str]| SurvivalRow {
        component: name(component),
        conditions: Vec::new(),
        hosts: 0,
        zones: None,
        stopped_by: None,
        needs: needs.iter().map(|need| name(need)).collect(),
        needed_by: Vec::new(),
    };
    let rows = [
        row("app", &["balancer", "redis"]),
        row("balancer", &["pg"]),
        row("chicken", &["egg"]),
        row("egg", &["chicken"]),
        row("etcd", &[]),
        row("pg", &["etcd"]),
        row("redis", &[]),
    ];
    let order: Vec<&str> = order(&rows)
        .iter()
        .map(|row| row.component.as_str())
        .collect();
    assert_eq!(
        order,
        ["etcd", "pg", "balancer", "redis", "app", "chicken", "egg"]
    );
}
