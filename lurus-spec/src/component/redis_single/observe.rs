//! What is watched of a single Redis: what is watched of every server, and that nothing takes over from this one.

use crate::component::observe::{Alert, Dashboard, Panel, RuleGroup, Severity, Unit};
use crate::component::redis::server;
use crate::literal::{Duration, Name};

pub(super) fn rules(name: &Name) -> RuleGroup {
    let series = "redis_up{$job,instance=\"a\",host=\"h\"}";
    server::rules(name).alert(
        Alert::new(
            "RedisDown",
            Severity::Critical,
            Duration::minutes(1),
            "redis_up{$job} == 0",
        )
        .says(
            "Redis {{ $labels.instance }} does not answer, and nothing takes over",
            "What needs it stands still. It is started again by itself when its program ends; look at its \
             log{{ with $labels.host }} on {{ . }}{{ end }}. After a start it reads its log of writes first, which takes a while.",
        )
        .fires(
            &[(series, "0x60")],
            &[("job", "$name"), ("instance", "a"), ("host", "h")],
        )
        .silent(&[(series, "1x60")]),
    )
}

pub(super) fn dashboard(name: &Name) -> Dashboard {
    let answers = Panel::last(
        "It answers",
        Unit::UpDown,
        &[("redis_up{$job}", "{{instance}}")],
    );
    Dashboard::new(name.as_str()).over(name, [answers].into_iter().chain(server::panels()))
}
