use crate::{ok, Checked, ENDLESS};
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::join_all;
use futures_util::{pin_mut, SinkExt, TryStreamExt};
use std::time::Duration;
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream};
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{connect, AsyncMessage, Client, Error, NoTls};
use uuid::Uuid;

fn code(error: &Error) -> &str {
    error.code().map_or("none", |state| state.code())
}

pub async fn check(port: u16) -> Checked {
    let address = format!("host=127.0.0.1 port={port} user=test dbname=sluice application_name=rust");
    let (mut client, mut connection) = connect(&address, NoTls).await?;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
    tokio::spawn(messages.try_for_each(move |message| {
        if let AsyncMessage::Notification(notification) = &message {
            let _ = told.send(notification.payload().to_owned());
        }
        futures_util::future::ready(Ok(()))
    }));
    types(&client).await?;
    rows(&mut client).await?;
    pipelines(&client).await?;
    copies(&client).await?;
    transactions(&mut client).await?;
    errors(&client).await?;
    client.batch_execute("LISTEN rust_heard; NOTIFY rust_heard, 'a word'").await?;
    assert_eq!(heard.recv().await.as_deref(), Some("a word"));
    ok("notification");
    Ok(())
}

async fn same<T>(client: &Client, cast: &str, value: T) -> Checked
where
    T: ToSql + Sync + PartialEq + std::fmt::Debug + for<'a> FromSql<'a>,
{
    let row = client.query_one(&format!("SELECT $1::{cast} AS v"), &[&value]).await?;
    assert_eq!(row.try_get::<_, T>(0)?, value, "{cast}");
    let none = client.query_one(&format!("SELECT $1::{cast} AS v"), &[&None::<T>]).await?;
    assert_eq!(none.try_get::<_, Option<T>>(0)?, None);
    ok(format!("{cast} {}", row.columns()[0].type_().oid()));
    Ok(())
}

async fn types(client: &Client) -> Checked {
    let when: DateTime<Utc> = "2024-05-01T10:00:00.123456Z".parse()?;
    same(client, "bool", true).await?;
    same(client, "int2", -7i16).await?;
    same(client, "int4", 7i32).await?;
    same(client, "int8", 1i64 << 40).await?;
    same(client, "float4", 1.5f32).await?;
    same(client, "float8", 2.25e-9f64).await?;
    same(client, "text", "ä'\\\n".to_owned()).await?;
    same(client, "bytea", vec![0u8, 255, 92]).await?;
    same(client, "date", NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()).await?;
    same(client, "time", chrono::NaiveTime::from_hms_micro_opt(1, 2, 3, 4).unwrap()).await?;
    same(client, "timestamp", when.naive_utc()).await?;
    same(client, "timestamptz", when).await?;
    same(client, "uuid", Uuid::from_u128(5)).await?;
    same(client, "json", serde_json::json!({"a": [1, null]})).await?;
    same(client, "int4[]", vec![Some(1i32), None, Some(3)]).await?;
    same(client, "text[]", vec!["a,\"".to_owned(), String::new()]).await?;
    let statement = client.prepare("SELECT id, price, day, color FROM events WHERE region = $1 AND id < $2").await?;
    let columns: Vec<_> = statement.columns().iter().map(|column| format!("{} {}", column.name(), column.type_())).collect();
    ok(format!("described {:?} -> {columns:?}", statement.params()));
    Ok(())
}

async fn rows(client: &mut Client) -> Checked {
    let statement = client.prepare("SELECT count(*) FROM events WHERE region = $1 AND user_id = ANY($2)").await?;
    for _ in 0..7 {
        let count: i64 = client.query_one(&statement, &[&"EU", &vec![1i64, 2]]).await?.get(0);
        assert!(count > 0);
    }
    let transaction = client.transaction().await?;
    let portal = transaction.bind("SELECT id FROM events ORDER BY id", &[]).await?;
    let other = transaction.bind("SELECT id FROM events ORDER BY id DESC", &[]).await?;
    let first = transaction.query_portal(&portal, 1000).await?;
    let last = transaction.query_portal(&other, 3).await?;
    let next = transaction.query_portal(&portal, 1000).await?;
    assert_eq!((first[999].get::<_, i64>(0), last[2].get::<_, i64>(0), next[999].get::<_, i64>(0)), (999, 19997, 1999));
    assert_eq!(transaction.query_portal(&portal, 0).await?.len(), 18000);
    transaction.commit().await?;
    let stream = client.query_raw("SELECT id FROM events", Vec::<i32>::new()).await?;
    pin_mut!(stream);
    let mut seen = 0;
    while stream.try_next().await?.is_some() {
        seen += 1;
    }
    assert_eq!(seen, 20000);
    let simple = client.simple_query("SELECT 1 AS a, NULL AS b; SELECT 'x'").await?;
    assert_eq!(simple.len(), 6);
    ok("prepared, two portals in parts, streamed, simple");
    Ok(())
}

async fn pipelines(client: &Client) -> Checked {
    let texts: Vec<_> = (0..40).map(|n| format!("SELECT {n} + $1::int4")).collect();
    let answers = join_all(texts.iter().map(|text| client.query_one(text.as_str(), &[&1i32]))).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer?.get::<_, i32>(0), n as i32 + 1);
    }
    let (fine, wrong, after) = tokio::join!(
        client.query("SELECT 1", &[]),
        client.query("SELECT 1/0", &[]),
        client.query("SELECT 2", &[]),
    );
    assert!(fine.is_ok() && after.is_ok());
    assert_eq!(code(&wrong.unwrap_err()), "22012");
    ok("pipelines, an error in one");
    Ok(())
}

async fn copies(client: &Client) -> Checked {
    client.batch_execute("CREATE TEMP TABLE rust_copied (id int8, s text, t timestamptz, f float8)").await?;
    let kinds = [Type::INT8, Type::TEXT, Type::TIMESTAMPTZ, Type::FLOAT8];
    let when: DateTime<Utc> = "2024-05-01T10:00:00.123456Z".parse()?;
    let sink = client.copy_in("COPY rust_copied FROM STDIN (FORMAT binary)").await?;
    let writer = BinaryCopyInWriter::new(sink, &kinds);
    pin_mut!(writer);
    for n in 0..3000i64 {
        let text = (n % 7 != 0).then(|| format!("tab\t{n}"));
        writer.as_mut().write(&[&n, &text, &when, &(n as f64 / 3.0)]).await?;
    }
    assert_eq!(writer.finish().await?, 3000);
    let stream = client.copy_out("COPY (SELECT id, s, t, f FROM rust_copied ORDER BY id) TO STDOUT (FORMAT binary)").await?;
    let rows: Vec<_> = BinaryCopyOutStream::new(stream, &kinds).try_collect().await?;
    assert_eq!(rows.len(), 3000);
    let row = &rows[2999];
    assert_eq!((row.get::<i64>(0), row.get::<Option<&str>>(1), row.get::<DateTime<Utc>>(2)), (2999, Some("tab\t2999"), when));
    let sink = client.copy_in("COPY rust_copied (id, s) FROM STDIN (FORMAT csv)").await?;
    pin_mut!(sink);
    sink.send(bytes::Bytes::from_static(b"1,a\nx,b\n")).await?;
    ok(format!("COPY, binary both ways; {}", code(&sink.finish().await.unwrap_err())));
    Ok(())
}

async fn transactions(client: &mut Client) -> Checked {
    client.batch_execute("CREATE TEMP TABLE rust_t (id int PRIMARY KEY)").await?;
    let mut transaction = client.transaction().await?;
    transaction.execute("INSERT INTO rust_t VALUES ($1)", &[&1i32]).await?;
    let inner = transaction.savepoint("inside").await?;
    let twice = inner.execute("INSERT INTO rust_t VALUES (2), (1)", &[]).await.unwrap_err();
    assert_eq!(code(&twice), "23505");
    inner.rollback().await?;
    transaction.execute("INSERT INTO rust_t VALUES (3)", &[]).await?;
    transaction.commit().await?;
    let dropped = client.transaction().await?;
    dropped.execute("DELETE FROM rust_t", &[]).await?;
    drop(dropped);
    let ids: Vec<i32> = client.query("SELECT id FROM rust_t ORDER BY id", &[]).await?.iter().map(|row| row.get(0)).collect();
    assert_eq!(ids, [1, 3]);
    let read_only = client.build_transaction().read_only(true).isolation_level(tokio_postgres::IsolationLevel::RepeatableRead);
    let transaction = read_only.start().await?;
    assert_eq!(code(&transaction.execute("CREATE TABLE rust_no (i int)", &[]).await.unwrap_err()), "25006");
    transaction.rollback().await?;
    ok("transactions, savepoints, read only");
    Ok(())
}

async fn errors(client: &Client) -> Checked {
    for text in ["SELECT nothing FROM events", "SELEC 1", "SELECT * FROM nowhere", "SELECT 'x'::int", "INSERT INTO rust_t VALUES (1)"] {
        let error = client.query(text, &[]).await.unwrap_err();
        let told = error.as_db_error().unwrap();
        ok(format!("error {} {:?} {:?} {:?}", told.code().code(), told.position(), told.table(), told.constraint()));
    }
    let wrong = client.query("SELECT $1::int4", &[&"text"]).await.unwrap_err();
    assert!(wrong.as_db_error().is_none());
    let token = client.cancel_token();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        token.cancel_query(NoTls).await
    };
    let (answer, cancelled) = tokio::join!(client.query(ENDLESS, &[]), cancel);
    cancelled?;
    assert_eq!(code(&answer.unwrap_err()), "57014");
    assert_eq!(client.query("SELECT 1", &[]).await?.len(), 1);
    ok("cancelled by its token");
    Ok(())
}
