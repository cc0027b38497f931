use lurus::inventory::minimal::{hosts, networks};

fn main() {
    let _ = hosts::NODE_9;
    let _ = networks::DATUM;
}
