//! Tests of HAProxy.

use crate::component::haproxy::lower::{Configuration, Server};
use crate::template::check_against;

#[test]
fn the_template_reads_what_it_is_given() {
    let example = Configuration {
        bind: "10.0.0.1".into(),
        write_port: "5000".into(),
        read_port: "5001".into(),
        stats_port: "8404".into(),
        max_connections: 2000,
        session_timeout: "1800s".into(),
        reload_grace: "30s".into(),
        write_connections: 40,
        read_connections: 20,
        by_name: true,
        servers: vec![Server {
            name: "pg-1".into(),
            address: "pg-1:5432".into(),
            role_port: 8008,
        }],
    };
    let mistakes = check_against(include_str!("haproxy.cfg.hbs"), &example);
    assert!(mistakes.is_empty(), "{mistakes:?}");
}
