//! Tables that grow: what is asked of them all the time never reads them as a whole.

use test_kit::{Engine, TestDatabase};

use crate::app::TestApp;

/// From now on PostgreSQL reads a table as a whole only where it has no other way, however few rows there are.
const NO_SCANS: &str = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); \
                        END $$";

/// How the database would go about a statement.
async fn plan(app: &TestApp, engine: Engine, statement: &str) -> String {
    let (explain, column) = match engine {
        Engine::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Engine::Postgres => ("EXPLAIN", 0),
    };
    let rows = app.rows(&format!("{explain} {statement}")).await;
    rows.iter().map(|row| row.try_get_by_index::<String>(column).unwrap() + "\n").collect()
}

#[tokio::test]
async fn neither_a_purge_nor_a_filter_reads_a_whole_table() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = TestDatabase::on(engine).await;
        let app = TestApp::start(&database).await;
        // Whoever is answered finds the tables made.
        app.register("ada@example.org").await.expect(201);
        let id = match engine {
            Engine::Sqlite => "x'00000000000000000000000000000000'",
            Engine::Postgres => {
                app.execute(NO_SCANS).await;
                "'00000000-0000-0000-0000-000000000000'"
            }
        };
        let then = "'2026-01-01T00:00:00+00:00'";
        for statement in [
            format!("DELETE FROM sessions WHERE expires_at < {then} OR ended_at < {then}"),
            format!("DELETE FROM security_events WHERE at < {then}"),
            format!("SELECT kind FROM security_events WHERE actor_id = {id} ORDER BY id DESC LIMIT 20"),
            format!("SELECT kind FROM security_events WHERE user_id = {id} ORDER BY id DESC LIMIT 20"),
            format!("SELECT device FROM sessions WHERE user_id = {id}"),
        ] {
            let plan = plan(&app, engine, &statement).await;
            assert!(!plan.contains("SCAN ") && !plan.contains("Seq Scan"), "{statement}\n{plan}");
        }
        // The control: where there is no index, it shows.
        let plan = plan(&app, engine, "SELECT id FROM sessions WHERE device = 'x'").await;
        assert!(plan.contains("SCAN ") || plan.contains("Seq Scan"), "{plan}");
    }
}
