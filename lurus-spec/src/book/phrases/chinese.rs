//! The book in Chinese.

use super::{OrderStep, Phrases};
use crate::model::{FailureDomain, OptionCost};
use crate::words::Language;

pub(in crate::book) const CHINESE: Phrases = Phrases {
    language: Language::Chinese,
    comma: "、",
    semicolon: "；",
    none: "无。",
    other: "[English](README.md)",
    file: "README.zh.md",
    size: |components, members, hosts| {
        format!(
            "共 {components} 个组件、{members} 个成员，分布在 {hosts} 台主机上。本文全部内容由集群描述计算得出；命令均在仓库根目录下执行。"
        )
    },
    at_night: "故障速查：[状态检查](#check) · [故障处理](#failure) · [手动切换](#switchover) · [回切](#fail-back)",
    picture: |cluster| format!("{cluster} 的拓扑"),
    picture_says: "上半部分：谁连接谁。每种颜色代表一个组件，`→ n` 表示它监视另外 n 个组件。下半部分：各主机上的成员。",

    components: "组件一览",
    components_head: ["组件", "类型", "运行内容", "主机"],
    service: |count, summary| format!("{count} × {summary}"),
    task: |summary| format!("一次性任务：{summary}"),

    start: "启动",
    platform_says: "从空白主机到系统可用的逐步说明。所有命令均在仓库根目录下执行。如何检查运行状态、出现故障时如何处理，见[集群手册](../README.zh.md)。",
    left_to_platform: "平台自身已具备的功能交由平台完成，因此这里没有以下组件：",
    left_one: |component, does| format!("{component}：由平台{does}。"),

    unmet: "各部署目标不支持的内容",
    unmet_says: "描述只有一份，而并非每个部署目标都能做到其中的全部。下列设置在对应的目标上不起作用；描述中已用 `cluster.omit(…)` 明确接受。不要把在该目标上的试运行当作对这些设置的验证。",
    unmet_head: ["目标", "那里的情况", "不起作用的设置"],
    left_out: |component| format!("没有 {component}：它不为该目标生成"),
    whole: "全部设置",
    setting_of: |option, of| format!("{of} 的 {option}"),

    plan: "IP 与端口规划",
    networks: "网络",
    networks_head: ["网络", "网段", "网关"],
    hosts: "主机",
    hosts_head: ["主机", "可用区", "规格", "成员"],
    members: "成员",
    members_head: ["成员", "主机", "地址", "端口", "镜像"],

    flows: "访问关系",
    flows_says: "集群内部只存在下列连接，防火墙规则即由此表计算得出。",
    flows_head: ["来源", "目标", "端口"],
    peers: "同组成员",
    anyone: "任意外部客户端",
    by_platform: |target| format!("在 {target} 上：任意外部客户端，经由平台"),
    network: |network| format!("{network} 网络"),

    survival: "容灾能力",
    claims: "集群声明可承受以下故障，编译器已逐一验证：",
    no_claim: "集群没有声明容灾目标；下表是当前布局实际具备的能力。",
    claim: |claim| {
        let count = claim.count;
        match claim.domain {
            FailureDomain::Host => format!("任意 {count} 台主机故障"),
            FailureDomain::Zone => format!("任意 {count} 个可用区故障（其中所有主机同时失效）"),
        }
    },
    survival_says: "该结论只针对成员的分布：复制延迟、磁盘损坏和软件缺陷不在其内。",
    survival_head: [
        "组件",
        "服务条件",
        "可失去的主机数",
        "可失去的可用区数",
        "最先使其停止服务的故障",
        "随之停止的组件",
    ],
    serves_with: |what, at_least, of| format!("{what}：{of} 个中至少 {at_least} 个"),
    stopped_by: |hosts, cause, what, [left, of, at_least]| {
        let stops = cause.map_or_else(String::new, |cause| format!("，导致 {cause} 停止"));
        format!(
            "主机 {} 故障{stops}（{what}：{of} 个中剩 {left} 个，需要 {at_least} 个）",
            hosts.join("、")
        )
    },
    no_loss: "无",
    nothing_else: "无",
    accepted: "已接受的单点故障",
    accepted_one: |component, claim, stopped_by, needed_by| {
        let with = needed_by.map_or_else(String::new, |names| format!("随之停止的有 {names}。"));
        format!("**{component}** 不在“{claim}”的承诺范围内。使其停止的故障：{stopped_by}。{with}")
    },

    order: "部署顺序",
    order_says: "主机可以按任意顺序开机：依赖方会一直重试，直到被依赖方就绪。首次部署按以下顺序进行：同一组件的所有成员一起启动，因为有些成员要与同伴一起才能健康；每个组件在其前置组件都健康且检查通过之后启动，互不依赖的组件可以同时启动。变更按同样的顺序进行，但每次只在一台主机上；下线时顺序相反。监视其他组件的组件排在最后：所有组件都就绪后，它的检查才会通过。首次引入用户之前，先按用户的实际用量施加负载，并确认没有告警触发。",
    order_one: |step| {
        let OrderStep {
            component,
            hosts,
            needs,
            tasks,
            check,
        } = step;
        let place = hosts.unwrap_or("集群之外");
        let needs = needs.map_or_else(String::new, |needs| format!("，在 {needs} 之后"));
        let tasks = tasks.map_or_else(String::new, |tasks| format!("；随后 {tasks} 必须成功结束"));
        let check = check.map_or_else(String::new, |check| format!(" — [检查](#{check})"));
        format!("**{component}**：{place}{needs}{tasks}{check}")
    },

    check: (
        "逐步检查",
        "每条命令按集群可运行的环境各给出一行。大写单词（例如 `MEMBER_ID`）需要替换为实际值；输出中的 `…` 表示省略的内容。",
    ),
    failure: (
        "故障处理",
        "成员进程退出后，引擎会在数秒内将其重新拉起，主机重启后也是如此；手动停止的成员会保持停止。本章只说明除此之外的情况。每类成员以其中一个为例。",
    ),
    switchover: (
        "手动切换",
        "停机维护一台主机之前：先把其上成员的主节点角色移走，再停止、维护、启动；所有检查保持正常一分钟之后，才能处理下一台主机。",
    ),
    fail_back: (
        "回切",
        "故障恢复之后，一切可能都在正常工作，但角色不在应在的位置：此时再发生一次故障，代价会大于第一次。",
    ),
    expect: "输出：",
    expect_nothing: "没有输出。",

    secrets: "密钥",
    secrets_says: |cluster| {
        format!(
            "生成的文件中不含任何密钥的值。`cargo xtask secrets {cluster}` 会生成缺少的密钥，从不修改已有的值。本文的命令无需在命令行上提供密钥：成员的环境变量中已有。"
        )
    },
    secrets_head: ["密钥", "环境变量", "所属组件", "用途"],

    costs: "变更的代价",
    settings: "描述中设置的选项：",
    settings_head: ["组件", "选项", "取值", "变更的代价"],
    setting_cost: |cost| match cost {
        OptionCost::Nothing => "无",
        OptionCost::Reload => "重新加载",
        OptionCost::Restart => "重启",
        OptionCost::Recreate => "重建容器",
        OptionCost::Procedure => "需对整个组件按步骤操作",
        OptionCost::DataDanger => "**危及数据**",
    },
    files: "程序读取的文件。如果文件所在目录是整体替换的，则只有新建的容器才能看到新文件；可以不停机生效的，旁边给出对第一个读取它的成员执行的命令。",
    files_head: ["读取方", "文件", "变更的代价", "不停机生效"],
    nothing: "无",
    reload: "重新加载",
    restart: "重启",
    recreate: "重建容器",
    procedure: |steps| format!("按步骤操作：{steps}"),
    danger: |what| format!("**危及数据**：{what}"),
    not_live: "不支持",
};
