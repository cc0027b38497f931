//! `#[derive(Component)]`: what rustc shows when it refuses a struct. What it writes is tested beside its traits, in
//! `lurus-spec`.

#[test]
fn a_refusal_underlines_the_attribute() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/component/without_prelude.rs");
    cases.compile_fail("tests/ui/component/refuses_*.rs");
}
