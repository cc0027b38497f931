//! One bad cluster for every rule of the compiler, and what its finding looks like.
//!
//! A rule has a file `tests/rules/<code>.rs` with `pub(crate) fn cluster() -> Cluster`, or, when it is about plans,
//! `pub(crate) fn plan() -> Plan`: a good plan that is broken by hand. The file is named in `mod rules` and in
//! [`CASES`]; a test fails while a code of the compiler has none. Nothing but this rule may fire on the case. Several
//! ways to break one rule stand in one case, as long as they are one rule's.
//!
//! What the reader of a terminal sees is `tests/rules/<code>.snap`. After a change that is meant, write them anew with
//! `INSTA_UPDATE=always cargo test --test rules`, and read the diff.

use std::collections::BTreeSet;

use lurus_spec::check::{Check, Rule, all_rules, check};
use lurus_spec::component::Reach;
use lurus_spec::model::{Cluster, Inventory, Network};
use lurus_spec::plan::Plan;
use lurus_spec::report::{Report, Style, render};
use lurus_spec::target::{TARGETS, Target};
use lurus_spec::{cidr, ip, name, size};

use rules::site::{NODES, empty};
use rules::sketch::Sketch;

mod rules {
    pub(super) mod collected;
    pub(super) mod edge;
    pub(super) mod l0101;
    pub(super) mod l0102;
    pub(super) mod l0103;
    pub(super) mod l0104;
    pub(super) mod l0105;
    pub(super) mod l0106;
    pub(super) mod l0107;
    pub(super) mod l0108;
    pub(super) mod l0110;
    pub(super) mod l0111;
    pub(super) mod l0201;
    pub(super) mod l0202;
    pub(super) mod l0203;
    pub(super) mod l0204;
    pub(super) mod l0205;
    pub(super) mod l0206;
    pub(super) mod l0207;
    pub(super) mod l0208;
    pub(super) mod l0209;
    pub(super) mod l0210;
    pub(super) mod l0211;
    pub(super) mod l0212;
    pub(super) mod l0221;
    pub(super) mod l0301;
    pub(super) mod l0302;
    pub(super) mod l0303;
    pub(super) mod l0401;
    pub(super) mod l0402;
    pub(super) mod l0403;
    pub(super) mod l0404;
    pub(super) mod l0405;
    pub(super) mod l0406;
    pub(super) mod l0407;
    pub(super) mod l0408;
    pub(super) mod l0409;
    pub(super) mod l0410;
    pub(super) mod l0411;
    pub(super) mod l0412;
    pub(super) mod l0413;
    pub(super) mod l0414;
    pub(super) mod l0415;
    pub(super) mod l0416;
    pub(super) mod l0501;
    pub(super) mod l0502;
    pub(super) mod l0503;
    pub(super) mod l0504;
    pub(super) mod l0505;
    pub(super) mod l0506;
    pub(super) mod l0507;
    pub(super) mod l0510;
    pub(super) mod l0511;
    pub(super) mod l0512;
    pub(super) mod l0513;
    pub(super) mod l0514;
    pub(super) mod l0601;
    pub(super) mod l0602;
    pub(super) mod l0603;
    pub(super) mod l0604;
    pub(super) mod l0605;
    pub(super) mod l0608;
    pub(super) mod l0609;
    pub(super) mod l0610;
    pub(super) mod l0701;
    pub(super) mod l0702;
    pub(super) mod l0703;
    pub(super) mod l0801;
    pub(super) mod l0802;
    pub(super) mod l0803;
    pub(super) mod l0901;
    pub(super) mod l0903;
    pub(super) mod l0904;
    pub(super) mod l0905;
    pub(super) mod l0906;
    pub(super) mod l0907;
    pub(super) mod l0908;
    pub(super) mod l0909;
    pub(super) mod l0910;
    pub(super) mod l0920;
    pub(super) mod l0921;
    pub(super) mod l0922;
    pub(super) mod l0930;
    pub(super) mod l0931;
    pub(super) mod l0940;
    pub(super) mod l0941;
    pub(super) mod l1001;
    pub(super) mod l1002;
    pub(super) mod l1003;
    pub(super) mod l1004;
    pub(super) mod l1005;
    pub(super) mod l1006;
    pub(super) mod l1008;
    pub(super) mod l1009;
    pub(super) mod l1010;
    pub(super) mod l1101;
    pub(super) mod l1102;
    pub(super) mod l1103;
    pub(super) mod l1104;
    pub(super) mod l1105;
    pub(super) mod l1106;
    pub(super) mod l1107;
    pub(super) mod l1108;
    pub(super) mod l1109;
    pub(super) mod l1110;
    pub(super) mod l1111;
    pub(super) mod l1121;
    pub(super) mod l1122;
    pub(super) mod l1131;
    pub(super) mod l1211;
    pub(super) mod l1212;
    pub(super) mod l1213;
    pub(super) mod l1214;
    pub(super) mod l1215;
    pub(super) mod l1216;
    pub(super) mod l1217;
    pub(super) mod l1230;
    pub(super) mod l1231;
    pub(super) mod l1232;
    pub(super) mod l1233;
    pub(super) mod l1234;
    pub(super) mod l1235;
    pub(super) mod l1240;
    pub(super) mod l1241;
    pub(super) mod l1242;
    pub(super) mod l1243;
    pub(super) mod l1244;
    pub(super) mod l1245;
    pub(super) mod l1246;
    pub(super) mod l1247;
    pub(super) mod l1248;
    pub(super) mod l1249;
    pub(super) mod lowered;
    pub(super) mod site;
    pub(super) mod sketch;
}

/// What a rule refuses.
enum Case {
    Described(fn() -> Cluster),
    /// A cluster that only one of its targets refuses.
    Compiled(fn() -> Cluster),
    Planned(fn() -> Plan),
}

const CASES: &[(&str, Case)] = &[
    ("L0101", Case::Described(rules::l0101::cluster)),
    ("L0102", Case::Described(rules::l0102::cluster)),
    ("L0103", Case::Described(rules::l0103::cluster)),
    ("L0104", Case::Described(rules::l0104::cluster)),
    ("L0105", Case::Described(rules::l0105::cluster)),
    ("L0106", Case::Described(rules::l0106::cluster)),
    ("L0107", Case::Described(rules::l0107::cluster)),
    ("L0108", Case::Described(rules::l0108::cluster)),
    ("L0110", Case::Described(rules::l0110::cluster)),
    ("L0111", Case::Described(rules::l0111::cluster)),
    ("L0201", Case::Described(rules::l0201::cluster)),
    ("L0202", Case::Described(rules::l0202::cluster)),
    ("L0203", Case::Described(rules::l0203::cluster)),
    ("L0204", Case::Described(rules::l0204::cluster)),
    ("L0205", Case::Described(rules::l0205::cluster)),
    ("L0206", Case::Described(rules::l0206::cluster)),
    ("L0207", Case::Described(rules::l0207::cluster)),
    ("L0208", Case::Described(rules::l0208::cluster)),
    ("L0209", Case::Described(rules::l0209::cluster)),
    ("L0210", Case::Described(rules::l0210::cluster)),
    ("L0211", Case::Described(rules::l0211::cluster)),
    ("L0212", Case::Described(rules::l0212::cluster)),
    ("L0221", Case::Described(rules::l0221::cluster)),
    ("L0301", Case::Described(rules::l0301::cluster)),
    ("L0302", Case::Described(rules::l0302::cluster)),
    ("L0303", Case::Described(rules::l0303::cluster)),
    ("L0401", Case::Described(rules::l0401::cluster)),
    ("L0402", Case::Described(rules::l0402::cluster)),
    ("L0403", Case::Described(rules::l0403::cluster)),
    ("L0404", Case::Described(rules::l0404::cluster)),
    ("L0405", Case::Described(rules::l0405::cluster)),
    ("L0406", Case::Planned(rules::l0406::plan)),
    ("L0407", Case::Described(rules::l0407::cluster)),
    ("L0408", Case::Described(rules::l0408::cluster)),
    ("L0409", Case::Described(rules::l0409::cluster)),
    ("L0410", Case::Described(rules::l0410::cluster)),
    ("L0411", Case::Described(rules::l0411::cluster)),
    ("L0412", Case::Described(rules::l0412::cluster)),
    ("L0413", Case::Described(rules::l0413::cluster)),
    ("L0414", Case::Described(rules::l0414::cluster)),
    ("L0415", Case::Described(rules::l0415::cluster)),
    ("L0416", Case::Described(rules::l0416::cluster)),
    ("L0501", Case::Described(rules::l0501::cluster)),
    ("L0502", Case::Described(rules::l0502::cluster)),
    ("L0503", Case::Described(rules::l0503::cluster)),
    ("L0504", Case::Described(rules::l0504::cluster)),
    ("L0505", Case::Described(rules::l0505::cluster)),
    ("L0506", Case::Described(rules::l0506::cluster)),
    ("L0507", Case::Described(rules::l0507::cluster)),
    ("L0510", Case::Planned(rules::l0510::plan)),
    ("L0511", Case::Described(rules::l0511::cluster)),
    ("L0512", Case::Described(rules::l0512::cluster)),
    ("L0513", Case::Planned(rules::l0513::plan)),
    ("L0514", Case::Described(rules::l0514::cluster)),
    ("L0601", Case::Described(rules::l0601::cluster)),
    ("L0602", Case::Described(rules::l0602::cluster)),
    ("L0603", Case::Described(rules::l0603::cluster)),
    ("L0604", Case::Planned(rules::l0604::plan)),
    ("L0605", Case::Described(rules::l0605::cluster)),
    ("L0608", Case::Described(rules::l0608::cluster)),
    ("L0609", Case::Described(rules::l0609::cluster)),
    ("L0610", Case::Described(rules::l0610::cluster)),
    ("L0701", Case::Planned(rules::l0701::plan)),
    ("L0702", Case::Described(rules::l0702::cluster)),
    ("L0703", Case::Described(rules::l0703::cluster)),
    ("L0801", Case::Described(rules::l0801::cluster)),
    ("L0802", Case::Described(rules::l0802::cluster)),
    ("L0803", Case::Described(rules::l0803::cluster)),
    ("L0901", Case::Planned(rules::l0901::plan)),
    ("L0903", Case::Planned(rules::l0903::plan)),
    ("L0904", Case::Planned(rules::l0904::plan)),
    ("L0905", Case::Planned(rules::l0905::plan)),
    ("L0906", Case::Compiled(rules::l0906::cluster)),
    ("L0907", Case::Described(rules::l0907::cluster)),
    ("L0908", Case::Compiled(rules::l0908::cluster)),
    ("L0909", Case::Compiled(rules::l0909::cluster)),
    ("L0910", Case::Planned(rules::l0910::plan)),
    ("L0920", Case::Planned(rules::l0920::plan)),
    ("L0921", Case::Planned(rules::l0921::plan)),
    ("L0922", Case::Described(rules::l0922::cluster)),
    ("L0930", Case::Compiled(rules::l0930::cluster)),
    ("L0931", Case::Compiled(rules::l0931::cluster)),
    ("L0940", Case::Compiled(rules::l0940::cluster)),
    ("L0941", Case::Compiled(rules::l0941::cluster)),
    ("L1001", Case::Planned(rules::l1001::plan)),
    ("L1002", Case::Planned(rules::l1002::plan)),
    ("L1003", Case::Planned(rules::l1003::plan)),
    ("L1004", Case::Planned(rules::l1004::plan)),
    ("L1005", Case::Planned(rules::l1005::plan)),
    ("L1006", Case::Planned(rules::l1006::plan)),
    ("L1008", Case::Planned(rules::l1008::plan)),
    ("L1009", Case::Planned(rules::l1009::plan)),
    ("L1010", Case::Planned(rules::l1010::plan)),
    ("L1101", Case::Described(rules::l1101::cluster)),
    ("L1102", Case::Described(rules::l1102::cluster)),
    ("L1103", Case::Described(rules::l1103::cluster)),
    ("L1104", Case::Described(rules::l1104::cluster)),
    ("L1105", Case::Described(rules::l1105::cluster)),
    ("L1106", Case::Described(rules::l1106::cluster)),
    ("L1107", Case::Described(rules::l1107::cluster)),
    ("L1108", Case::Described(rules::l1108::cluster)),
    ("L1109", Case::Described(rules::l1109::cluster)),
    ("L1110", Case::Described(rules::l1110::cluster)),
    ("L1111", Case::Described(rules::l1111::cluster)),
    ("L1121", Case::Described(rules::l1121::cluster)),
    ("L1122", Case::Described(rules::l1122::cluster)),
    ("L1131", Case::Described(rules::l1131::cluster)),
    ("L1211", Case::Described(rules::l1211::cluster)),
    ("L1212", Case::Described(rules::l1212::cluster)),
    ("L1213", Case::Described(rules::l1213::cluster)),
    ("L1214", Case::Described(rules::l1214::cluster)),
    ("L1215", Case::Described(rules::l1215::cluster)),
    ("L1216", Case::Described(rules::l1216::cluster)),
    ("L1217", Case::Described(rules::l1217::cluster)),
    ("L1230", Case::Described(rules::l1230::cluster)),
    ("L1231", Case::Described(rules::l1231::cluster)),
    ("L1232", Case::Described(rules::l1232::cluster)),
    ("L1233", Case::Described(rules::l1233::cluster)),
    ("L1234", Case::Described(rules::l1234::cluster)),
    ("L1235", Case::Described(rules::l1235::cluster)),
    ("L1240", Case::Described(rules::l1240::cluster)),
    ("L1241", Case::Described(rules::l1241::cluster)),
    ("L1242", Case::Described(rules::l1242::cluster)),
    ("L1243", Case::Described(rules::l1243::cluster)),
    ("L1244", Case::Described(rules::l1244::cluster)),
    ("L1245", Case::Described(rules::l1245::cluster)),
    ("L1246", Case::Described(rules::l1246::cluster)),
    ("L1247", Case::Described(rules::l1247::cluster)),
    ("L1248", Case::Described(rules::l1248::cluster)),
    ("L1249", Case::Described(rules::l1249::cluster)),
];

#[test]
fn every_rule_has_a_case() {
    let rules: Vec<&str> = all_rules().iter().map(|rule| rule.code).collect();
    let cases: Vec<&str> = CASES.iter().map(|(code, _)| *code).collect();
    assert_eq!(cases, rules);
}

#[test]
fn each_case_is_refused_by_its_rule_alone() {
    for (code, case) in CASES {
        let report = judge(code, case);
        let codes: BTreeSet<&str> = report
            .iter()
            .filter_map(|finding| finding.code.map(|code| code.as_str()))
            .collect();
        assert_eq!(codes, BTreeSet::from([*code]), "{}", drawn(&report));
    }
}

/// The reader's terminal, for each rule.
#[test]
fn findings_are_drawn_at_their_places() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("rules");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (code, case) in CASES {
            insta::assert_snapshot!(*code, drawn(&judge(code, case)));
        }
    });
}

#[test]
fn rules_say_what_they_ensure_and_why() {
    let mut codes = BTreeSet::new();
    for rule in all_rules() {
        let code = rule.code;
        assert!(codes.insert(code), "two rules are {code}");
        let begins = ["Ensure ", "Warn "];
        assert!(
            begins.iter().any(|begin| rule.ensures.starts_with(begin))
                && rule.ensures.ends_with('.'),
            "{code}: {}",
            rule.ensures
        );
        assert!(
            rule.explain.len() > 200,
            "{code}: a long text says what goes wrong and how to mend it"
        );
        assert!(!rule.source.is_empty(), "{code} has a source");
    }
}

#[test]
fn a_cluster_with_several_mistakes_hears_of_all_of_them_at_once() {
    let [one, two, _] = NODES;
    let parts = || {
        vec![
            Sketch::new("late").on([two]).port("http", 40_000),
            Sketch::new("3scale").on([one]),
            Sketch::new("even").on([one, two]).voting(),
            Sketch::new("web").on([one]).port("http", 8080),
            Sketch::new("proxy").on([one]).port("http", 8080),
            Sketch::new("app").on([one]).needs("billing", "http"),
        ]
    };
    let judged = |parts: Vec<Sketch>| {
        let mut cluster = empty();
        for part in parts {
            cluster.add(part);
        }
        check(&cluster).expect_err("it has mistakes")
    };
    let report = judged(parts());
    let codes: Vec<&str> = report
        .iter()
        .filter_map(|finding| finding.code.map(|code| code.as_str()))
        .collect();
    // Errors by their places, then warnings.
    assert_eq!(codes, ["L0101", "L0201", "L0301", "L0401", "L0303"]);
    let backwards = parts().into_iter().rev().collect();
    assert_eq!(judged(backwards), report, "the order has no meaning");
}

/// What is just allowed, next to what the cases refuse.
#[test]
fn the_edge_of_each_rule_is_fine() {
    let [one, two, three] = NODES;
    let mut alone = empty().development();
    alone.add(Sketch::new("a").on([one]).voting());
    alone.add(Sketch::new(&"b".repeat(40)).on([one]));

    let mut busy = empty();
    busy.add(Sketch::new("a").on([one]).port("http", 8080));
    busy.add(Sketch::new("b").on([two]).port("http", 8080));
    // A tenth of 16 GiB is for the system.
    busy.add(Sketch::new("c").on([three]).memory(size!("14745MiB")));

    let mut front = empty();
    front.add(
        Sketch::new("pg")
            .on(NODES)
            .port("primary", 5432)
            .endpoint("primary", Reach::Role),
    );
    front.add(
        Sketch::new("balancer")
            .on(NODES)
            .port("write", 5000)
            .in_front_of("pg", "primary", "write"),
    );
    front.add(Sketch::new("web").on(NODES).needs("pg", "primary"));

    // A point-to-point link has neither a name nor a broadcast address.
    let link = Network::new(name!("link"), cidr!("10.9.9.0/31"), ip!("10.9.9.0"));
    let mut hosts = rules::site::hosts();
    hosts[0] = hosts[0].clone().at(name!("link"), ip!("10.9.9.1"));
    let networks = vec![rules::site::data(), link];
    let linked = Cluster::new("test", Inventory::new(networks, hosts, Vec::new()));

    for cluster in [alone, busy, front, linked] {
        match check(&cluster) {
            Ok(checked) => assert!(checked.warnings.is_empty(), "{}", drawn(&checked.warnings)),
            Err(report) => panic!("{}", drawn(&report)),
        }
    }
}

#[test]
fn the_clusters_of_this_repository_have_no_finding() {
    for cluster in lurus::clusters() {
        let report = match lurus_spec::compile(&cluster) {
            Ok(compiled) => compiled.warnings,
            Err(report) => report,
        };
        assert!(report.is_empty(), "{}", drawn(&report));
    }
}

#[test]
fn the_good_plan_has_no_finding() {
    let good: [(&str, Case); 2] = [
        ("L0901", Case::Planned(rules::lowered::plan)),
        ("L0903", Case::Planned(rules::lowered::for_k3s)),
    ];
    for (code, case) in good {
        let report = judge(code, &case);
        assert!(report.is_empty(), "{}", drawn(&report));
    }
}

/// Everything that the compiler has to say: of a description its rules, of a plan those of plans and of all products, and of
/// the target that the case is about.
fn judge(code: &str, case: &Case) -> Report {
    match case {
        Case::Described(cluster) => match check(&cluster()) {
            Ok(checked) => checked.warnings,
            Err(report) => report,
        },
        Case::Compiled(cluster) => match lurus_spec::compile(&cluster()) {
            Ok(compiled) => compiled.warnings,
            Err(report) => report,
        },
        Case::Planned(plan) => {
            let plan = plan();
            let mut report = Report::new();
            let other = |rule: &Rule| {
                let has = |target: &&dyn Target, code: &str| {
                    target.rules().iter().any(|rule| rule.code == code)
                };
                let mut targets = TARGETS.iter();
                targets.any(|target| has(target, rule.code) && !has(target, code))
            };
            for rule in all_rules().into_iter().filter(|rule| !other(rule)) {
                match rule.check {
                    Check::Planned(check) => check(&plan, &mut report),
                    Check::Described(_) => {}
                }
            }
            report
        }
    }
}

fn drawn(report: &Report) -> String {
    // Tests run in the root of the workspace, from which places count.
    let source = |file: &str| std::fs::read_to_string(file).ok();
    render(report, &source, Style::Plain)
}
