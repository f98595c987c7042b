use crate::{ok, Checked, ENDLESS};
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool, PgPoolOptions};
use sqlx::{Column, Connection, Executor, Row, SqlStr, Statement, TypeInfo};
use std::borrow::Cow;
use std::time::Duration;
use uuid::Uuid;

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|told| told.code()).map_or("none".to_owned(), Cow::into_owned)
}

pub async fn check(port: u16) -> Checked {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("test").database("sluice");
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options.application_name("sqlx")).await?;
    let mut connection = pool.acquire().await?.detach();
    types(&mut connection).await?;
    described(&mut connection).await?;
    migrations(&pool, &mut connection).await?;
    rows(&pool, &mut connection).await?;
    copies(&mut connection).await?;
    transactions(&mut connection).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen("sqlx_heard").await?;
    sqlx::query("SELECT pg_notify('sqlx_heard', $1)").bind("a word").execute(&pool).await?;
    assert_eq!(listener.recv().await?.payload(), "a word");
    ok("notification");
    connection.execute("DROP TABLE sqlx_pets, sqlx_people, _sqlx_migrations; DROP TYPE sqlx_mood").await?;
    connection.close().await?;
    Ok(())
}

async fn types(connection: &mut PgConnection) -> Checked {
    let when: DateTime<Utc> = "2024-05-01T10:00:00.123456Z".parse()?;
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let text = "SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float4, $6::float8, $7::text, $8::bytea, $9::date, $10::timestamptz,
        $11::timestamp, $12::uuid, $13::json, $14::int4[], $15::text[], $16::text, $17::jsonb";
    let row = sqlx::query(text)
        .bind(true)
        .bind(-7i16)
        .bind(7i32)
        .bind(1i64 << 40)
        .bind(1.5f32)
        .bind(2.25e-9f64)
        .bind("ä'\\\n")
        .bind(vec![0u8, 255, 92])
        .bind(day)
        .bind(when)
        .bind(when.naive_utc())
        .bind(Uuid::from_u128(5))
        .bind(serde_json::json!({"a": [1, null]}))
        .bind(vec![1i32, 2])
        .bind(vec!["a,\"".to_owned(), String::new()])
        .bind(None::<String>)
        .bind(serde_json::json!({"b": 1}))
        .fetch_one(&mut *connection)
        .await?;
    assert_eq!((row.get::<bool, _>(0), row.get::<i16, _>(1), row.get::<i32, _>(2), row.get::<i64, _>(3)), (true, -7, 7, 1 << 40));
    assert_eq!((row.get::<f32, _>(4), row.get::<f64, _>(5), row.get::<&str, _>(6)), (1.5, 2.25e-9, "ä'\\\n"));
    assert_eq!((row.get::<Vec<u8>, _>(7), row.get::<NaiveDate, _>(8), row.get::<DateTime<Utc>, _>(9)), (vec![0, 255, 92], day, when));
    assert_eq!((row.get::<chrono::NaiveDateTime, _>(10), row.get::<Uuid, _>(11)), (when.naive_utc(), Uuid::from_u128(5)));
    assert_eq!(row.get::<serde_json::Value, _>(12), serde_json::json!({"a": [1, null]}));
    assert_eq!((row.get::<Vec<i32>, _>(13), row.get::<Vec<String>, _>(14)), (vec![1, 2], vec!["a,\"".to_owned(), String::new()]));
    assert_eq!((row.get::<Option<String>, _>(15), row.get::<serde_json::Value, _>(16)), (None, serde_json::json!({"b": 1})));
    ok("types, binary both ways");
    Ok(())
}

async fn described(connection: &mut PgConnection) -> Checked {
    connection.execute("DROP TABLE IF EXISTS sqlx_pets, sqlx_people, _sqlx_migrations; DROP TYPE IF EXISTS sqlx_mood").await?;
    connection.execute("CREATE TYPE sqlx_mood AS ENUM ('sad', 'happy')").await?;
    let text = "SELECT id, price, color, day FROM events WHERE id < $1 AND region = $2";
    let found = connection.prepare(SqlStr::from_static(text)).await?;
    let columns: Vec<_> = found.columns().iter().map(|column| format!("{} {}", column.name(), column.type_info().name())).collect();
    ok(format!("described {:?} -> {columns:?}", found.parameters()));
    Ok(())
}

async fn migrations(pool: &PgPool, connection: &mut PgConnection) -> Checked {
    let steps = [
        (1, "people", "CREATE TABLE sqlx_people (id bigserial PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, mood sqlx_mood DEFAULT 'sad', made timestamptz NOT NULL DEFAULT now())"),
        (2, "pets", "CREATE TABLE sqlx_pets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner bigint NOT NULL REFERENCES sqlx_people(id)); CREATE INDEX sqlx_pets_owner ON sqlx_pets USING btree (owner)"),
        (3, "ages", "ALTER TABLE sqlx_people ADD COLUMN age int NOT NULL DEFAULT 1, ADD CONSTRAINT sqlx_people_age CHECK (age >= 0)"),
    ];
    let migrations: Vec<_> = steps
        .into_iter()
        .map(|(version, name, text)| Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, SqlStr::from_static(text), false))
        .collect();
    let migrator = Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT };
    migrator.run(pool).await?;
    migrator.run(pool).await?;
    let done: Vec<(i64, bool)> = sqlx::query_as("SELECT version, success FROM _sqlx_migrations ORDER BY version").fetch_all(&mut *connection).await?;
    assert_eq!(done, [(1, true), (2, true), (3, true)]);
    let columns: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT column_name::text, data_type::text, is_nullable::text, column_default::text FROM information_schema.columns WHERE table_name = 'sqlx_people' ORDER BY ordinal_position")
            .fetch_all(&mut *connection)
            .await?;
    ok(format!("migrated {columns:?}"));
    Ok(())
}

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Person {
    id: i64,
    name: String,
    age: i32,
}

async fn rows(pool: &PgPool, connection: &mut PgConnection) -> Checked {
    let id: i64 = sqlx::query_scalar("INSERT INTO sqlx_people (name) VALUES ($1) RETURNING id")
        .bind("Ann")
        .fetch_one(&mut *connection)
        .await?;
    assert_eq!(id, 1);
    let made = sqlx::query("INSERT INTO sqlx_people (name, age) SELECT 'p' || n, n FROM unnest($1::int4[]) AS numbers(n)")
        .bind((0..50).collect::<Vec<i32>>())
        .execute(&mut *connection)
        .await?;
    assert_eq!(made.rows_affected(), 50);
    let people: Vec<Person> = sqlx::query_as("SELECT id, name, age FROM sqlx_people WHERE name = ANY($1) ORDER BY age").bind(vec!["p3", "p4"]).fetch_all(pool).await?;
    assert_eq!(people.iter().map(|person| person.age).collect::<Vec<_>>(), [3, 4]);
    let mut stream = sqlx::query_scalar::<_, i64>("SELECT id FROM events WHERE id < $1").bind(5000i64).fetch(&mut *connection);
    let mut sum = 0;
    while let Some(id) = stream.try_next().await? {
        sum += id;
    }
    drop(stream);
    assert_eq!(sum, 4999 * 5000 / 2);
    let several = sqlx::raw_sql("SELECT 1; SELECT 2; DELETE FROM sqlx_people WHERE age > 40").execute(&mut *connection).await?;
    assert_eq!(several.rows_affected(), 2 + 9);
    for text in ["SELECT nothing FROM events", "SELEC 1", "INSERT INTO sqlx_people (name) VALUES ('Ann')", "INSERT INTO sqlx_pets (owner) VALUES (4711)", "UPDATE sqlx_people SET age = -1"] {
        let error = sqlx::query(text).execute(&mut *connection).await.unwrap_err();
        let told = error.as_database_error().unwrap();
        ok(format!("error {} {:?} {:?} {:?}", code(&error), told.kind(), told.table(), told.constraint()));
    }
    ok("rows as structs, arrays, streamed, several statements");
    Ok(())
}

async fn copies(connection: &mut PgConnection) -> Checked {
    let mut sink = connection.copy_in_raw("COPY sqlx_people (name, age) FROM STDIN (FORMAT csv)").await?;
    let lines: String = (0..1000).map(|n| format!("copied {n},{n}\n")).collect();
    sink.send(lines.into_bytes()).await?;
    assert_eq!(sink.finish().await?, 1000);
    let parts: Vec<_> = connection.copy_out_raw("COPY (SELECT name FROM sqlx_people WHERE age BETWEEN 998 AND 999 ORDER BY age) TO STDOUT").await?.try_collect().await?;
    assert_eq!(parts.concat(), b"copied 998\ncopied 999\n");
    ok("COPY both ways");
    Ok(())
}

async fn transactions(connection: &mut PgConnection) -> Checked {
    let mut transaction = connection.begin().await?;
    sqlx::query("UPDATE sqlx_people SET age = 7 WHERE name = 'Ann'").execute(&mut *transaction).await?;
    let mut inner = transaction.begin().await?;
    sqlx::query("SELECT count(*) FROM sqlx_people").fetch_one(&mut *inner).await?;
    inner.rollback().await?;
    transaction.commit().await?;
    let mut dropped = connection.begin().await?;
    sqlx::query("DELETE FROM sqlx_people WHERE name = 'Ann'").execute(&mut *dropped).await?;
    drop(dropped);
    let age: i32 = sqlx::query_scalar("SELECT age FROM sqlx_people WHERE name = 'Ann'").fetch_one(&mut *connection).await?;
    assert_eq!(age, 7);
    connection.execute("SET statement_timeout = 300").await?;
    assert_eq!(code(&connection.execute(ENDLESS).await.unwrap_err()), "57014");
    connection.execute("RESET statement_timeout").await?;
    tokio::time::timeout(Duration::from_secs(5), connection.ping()).await??;
    ok("transactions, savepoints, statement_timeout");
    Ok(())
}
