package main

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
)

func pqError(err error) *pq.Error {
	var found *pq.Error
	if !errors.As(err, &found) {
		panic(fmt.Sprintf("no error of the server: %v", err))
	}
	return found
}

func checkPq(ctx context.Context, url string) {
	db, err := sql.Open("postgres", url)
	must(err)
	defer db.Close()
	for _, check := range []func(context.Context, *sql.DB){pqTypes, pqStatements, pqCopy, pqTransactions, pqErrors} {
		check(ctx, db)
	}
	pqListen(ctx, db, url)
	binary, err := sql.Open("postgres", url+"&binary_parameters=yes&application_name=binary")
	must(err)
	defer binary.Close()
	var count int64
	must(binary.QueryRowContext(ctx, "SELECT count(*) FROM events WHERE id < $1 AND region = $2 AND day < $3", 1000, "EU", when).Scan(&count))
	equal(count > 0, true)
	ok("parameters in binary form: %d", count)
}

func pqTypes(ctx context.Context, db *sql.DB) {
	var (
		b       bool
		i       int64
		f       float64
		n, s, u string
		y       []byte
		d, t    time.Time
		ints    []int64
		texts   []string
		null    sql.NullString
	)
	row := db.QueryRowContext(ctx, `SELECT $1::bool, $2::int8, $3::float8, $4::numeric(10,3), $5::text, $6::bytea, $7::date, $8::timestamptz, $9::uuid, $10::int8[], $11::text[], $12::text`,
		true, int64(1)<<40, 1.5, "12.340", "ä'\\\n", []byte{0, 255, 92}, when, when, "00000000-0000-0000-0000-000000000005", pq.Array([]int64{1, 2}), pq.Array([]string{"a,\"", "b\\"}), nil)
	must(row.Scan(&b, &i, &f, &n, &s, &y, &d, &t, &u, pq.Array(&ints), pq.Array(&texts), &null))
	equal([]any{b, i, f, n, s, u}, []any{true, int64(1) << 40, 1.5, "12.340", "ä'\\\n", "00000000-0000-0000-0000-000000000005"})
	equal(bytes.Equal(y, []byte{0, 255, 92}) && d.Format("2006-01-02") == "2024-05-01" && t.Equal(when), true)
	equal([]any{ints, texts, null.Valid}, []any{[]int64{1, 2}, []string{"a,\"", "b\\"}, false})
	rows, err := db.QueryContext(ctx, "SELECT id, price, color, day, seen, ratio, flag FROM events WHERE id < 3 ORDER BY id")
	must(err)
	types, err := rows.ColumnTypes()
	must(err)
	for _, column := range types {
		precision, scale, has := column.DecimalSize()
		ok("column %s %s %v %d %d %v", column.Name(), column.DatabaseTypeName(), column.ScanType(), precision, scale, has)
	}
	must(rows.Close())
}

func pqStatements(ctx context.Context, db *sql.DB) {
	statement, err := db.PrepareContext(ctx, "SELECT count(*) FROM events WHERE user_id = ANY($1) AND id < $2")
	must(err)
	for range 3 {
		var count int
		must(statement.QueryRowContext(ctx, pq.Array([]int64{1, 2, 3}), 500).Scan(&count))
		equal(count > 0, true)
	}
	must(statement.Close())
	_, err = db.ExecContext(ctx, "DROP TABLE IF EXISTS pq_rows; CREATE TABLE pq_rows (id serial PRIMARY KEY, s varchar(50) NOT NULL, made timestamptz DEFAULT now())")
	must(err)
	var id int
	must(db.QueryRowContext(ctx, "INSERT INTO pq_rows (s) VALUES ($1) RETURNING id", "one").Scan(&id))
	equal(id, 1)
	result, err := db.ExecContext(ctx, "INSERT INTO pq_rows (s) SELECT color FROM events WHERE color <> $1 LIMIT 10", "")
	must(err)
	changed, err := result.RowsAffected()
	must(err)
	equal(changed, int64(10))
	rows, err := db.QueryContext(ctx, "SELECT 1; SELECT 'two'")
	must(err)
	equal([]bool{rows.Next(), rows.Next(), rows.NextResultSet(), rows.Next()}, []bool{true, false, true, true})
	var two string
	must(rows.Scan(&two))
	equal(two, "two")
	must(rows.Close())
	ok("prepared statements, RETURNING, several results")
}

func pqCopy(ctx context.Context, db *sql.DB) {
	tx, err := db.BeginTx(ctx, nil)
	must(err)
	statement, err := tx.Prepare(pq.CopyIn("pq_rows", "s", "made"))
	must(err)
	for n := range 2000 {
		_, err = statement.Exec(fmt.Sprintf("copied\t%d\\", n), when)
		must(err)
	}
	result, err := statement.Exec()
	must(err)
	copied, err := result.RowsAffected()
	must(err)
	must(statement.Close())
	must(tx.Commit())
	var count int64
	must(db.QueryRowContext(ctx, `SELECT count(*) FROM pq_rows WHERE s LIKE 'copied%\\'`).Scan(&count))
	equal(count, int64(2000))
	ok("CopyIn %d", copied)
}

func pqTransactions(ctx context.Context, db *sql.DB) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	must(err)
	_, err = tx.ExecContext(ctx, "DELETE FROM pq_rows")
	equal(string(pqError(err).Code), "25006")
	must(tx.Rollback())
	tx, err = db.BeginTx(ctx, nil)
	must(err)
	_, err = tx.ExecContext(ctx, "DELETE FROM pq_rows")
	must(err)
	_, err = tx.ExecContext(ctx, "SELECT nothing")
	equal(string(pqError(err).Code), "42703")
	_, err = tx.ExecContext(ctx, "SELECT 1")
	equal(string(pqError(err).Code), "25P02")
	equal(tx.Commit() != nil, true)
	var count int64
	must(db.QueryRowContext(ctx, "SELECT count(*) FROM pq_rows").Scan(&count))
	equal(count, int64(2011))
	ok("transactions")
}

func pqErrors(ctx context.Context, db *sql.DB) {
	for _, text := range []string{"SELECT nothing FROM pq_rows", "SELEC", "INSERT INTO pq_rows (s) VALUES (NULL)", "INSERT INTO pq_rows (id, s) VALUES (1, 'x')", "SELECT 1/0"} {
		_, err := db.ExecContext(ctx, text)
		found := pqError(err)
		ok("error %s %s %s %s", found.Code, found.Position, found.Table, found.Constraint)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(short, endless)
	equal(err != nil, true)
	var one int
	must(db.QueryRowContext(ctx, "SELECT 1").Scan(&one))
	_, err = db.ExecContext(ctx, "DROP TABLE pq_rows")
	must(err)
	ok("cancelled by its context")
}

func pqListen(ctx context.Context, db *sql.DB, url string) {
	listener := pq.NewListener(url, time.Second, time.Minute, nil)
	must(listener.Listen("pq_heard"))
	_, err := db.ExecContext(ctx, "NOTIFY pq_heard, 'a word'")
	must(err)
	heard := <-listener.Notify
	equal(heard.Extra, "a word")
	must(listener.Ping())
	must(listener.Close())
	connection, err := db.Conn(ctx)
	must(err)
	must(connection.Raw(func(raw any) error {
		equal(raw.(driver.Pinger).Ping(ctx), nil)
		return nil
	}))
	must(connection.Close())
	ok("notification")
}
