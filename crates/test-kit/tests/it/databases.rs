use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_kit::{Engine, TestDatabase, on_every_database, postgres, sqlite};

async fn execute(database: &TestDatabase, statement: &str) -> Result<(), sqlx::Error> {
    let statement = AssertSqlSafe(statement.to_owned());
    match database.engine() {
        Engine::Sqlite => SqliteConnection::connect(database.url()).await?.execute(statement).await.map(drop),
        Engine::Postgres => PgConnection::connect(database.url()).await?.execute(statement).await.map(drop),
    }
}

#[tokio::test]
async fn a_test_gets_an_empty_database_of_its_own_on_each_engine() {
    on_every_database(async |database| {
        let another = TestDatabase::on(database.engine()).await;
        execute(&database, "CREATE TABLE things (id INTEGER)").await.unwrap();
        assert!(execute(&database, "CREATE TABLE things (id INTEGER)").await.is_err());
        execute(&another, "CREATE TABLE things (id INTEGER)").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_postgres_database_is_dropped_with_its_value_even_while_a_connection_is_open() {
    let database = postgres::database().await;
    let url = database.url().to_owned();
    let _open = PgConnection::connect(&url).await.unwrap();
    drop(database);
    let refusal = PgConnection::connect(&url).await.unwrap_err();
    assert!(refusal.to_string().contains("does not exist"), "{refusal}");
}

#[test]
fn a_sqlite_directory_is_removed_with_its_value() {
    let database = sqlite::database();
    let directory = database.path().parent().unwrap().to_owned();
    assert!(directory.exists());
    drop(database);
    assert!(!directory.exists());
}
