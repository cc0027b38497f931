use super::*;

#[test]
fn only_a_project_of_its_own_is_touched() {
    let refusal = must_be_ours("lurus-minimal").unwrap_err().to_string();
    assert!(refusal.contains("begins with lurus-e2e"), "{refusal}");
    assert!(must_be_ours("lurus-e2e-minimal").is_ok());
}

#[test]
fn a_run_beside_another_one_is_refused() {
    let refusal = must_be_alone("lurus-e2e-minimal", "web\nlurus-e2e-other\n").unwrap_err();
    let text = refusal.to_string();
    assert!(
        text.contains("docker compose -p lurus-e2e-other down -v"),
        "{text}"
    );
    assert!(must_be_alone("lurus-e2e-minimal", "web\nlurus-e2e-minimal\n").is_ok());
}

/// A project on an engine that refuses to remove a network, and names these containers of the project.
fn stuck(containers: &str) -> Project {
    let engine = format!(
        "case \"$2\" in \
         ps) printf '{containers}' ;; \
         *) echo 'error while removing network: network app id 1 has active endpoints' >&2; exit 1 ;; \
         esac"
    );
    Project {
        engine: Engine::through(["sh".to_owned(), "-c".to_owned(), engine, "sh".to_owned()]),
        name: "lurus-e2e-minimal".to_owned(),
        files: Vec::new(),
        env_file: PathBuf::from(".env"),
        layout: Layout::parse("{\"services\": {}}", &BTreeMap::new()).unwrap(),
        left_out: BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_network_that_nothing_uses_is_no_failure() {
    assert!(stuck("").down(Volumes::Keep).await.is_ok());
    let refusal = stuck("4f2a\\n").down(Volumes::Keep).await.unwrap_err();
    assert!(format!("{refusal:#}").contains("has active endpoints"));
}
