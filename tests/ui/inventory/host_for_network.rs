use lurus::inventory::minimal::{hosts, networks};
use lurus_spec::model::{HostRef, NetworkRef};

fn main() {
    let _: NetworkRef = hosts::NODE_1;
    let _: HostRef = networks::DATA;
}
