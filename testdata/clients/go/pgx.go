package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

func code(err error) string {
	var found *pgconn.PgError
	if errors.As(err, &found) {
		return found.Code
	}
	return fmt.Sprint(err)
}

func numeric(text string) pgtype.Numeric {
	var value pgtype.Numeric
	must(value.Scan(text))
	return value
}

func checkPgx(ctx context.Context, url string) {
	conn, err := pgx.Connect(ctx, url)
	must(err)
	for _, check := range []func(context.Context, *pgx.Conn){pgxTypes, pgxModes, pgxRows, pgxBatch, pgxCopy, pgxTransactions, pgxErrors, pgxSession} {
		check(ctx, conn)
	}
	pgxPool(ctx, url)
	must(conn.Close(ctx))
}

// Values in binary form, and back.
func pgxTypes(ctx context.Context, conn *pgx.Conn) {
	interval := pgtype.Interval{Months: 1, Days: 3, Microseconds: 4_000_000, Valid: true}
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	row := conn.QueryRow(ctx, `SELECT $1::bool, $2::int2, $3::int4, $4::int8, $5::float4, $6::float8, $7::numeric(10,3), $8::text, $9::bytea, $10::date,
		$11::timestamptz, $12::timestamp, $13::uuid, $14::interval, $15::int4[], $16::text[], $17::json, $18::text`,
		true, int16(-7), int32(7), int64(1)<<40, float32(1.5), 2.25e-9, numeric("12.340"), "ä'\\\n", []byte{0, 255, 92}, day,
		when, when, "00000000-0000-0000-0000-000000000005", interval, []int32{1, 2, 3}, []string{"a,\"", "b\\", ""}, map[string]any{"a": 1.0}, nil)
	var (
		b       bool
		i2      int16
		i4      int32
		i8      int64
		f4      float32
		f8      float64
		n       pgtype.Numeric
		s       string
		y       []byte
		d       time.Time
		tz, ts  time.Time
		u       pgtype.UUID
		iv      pgtype.Interval
		ints    []int32
		texts   []string
		object  map[string]any
		nothing *string
	)
	must(row.Scan(&b, &i2, &i4, &i8, &f4, &f8, &n, &s, &y, &d, &tz, &ts, &u, &iv, &ints, &texts, &object, &nothing))
	equal([]any{b, i2, i4, i8, f4, f8, s, y, d}, []any{true, int16(-7), int32(7), int64(1) << 40, float32(1.5), 2.25e-9, "ä'\\\n", []byte{0, 255, 92}, day})
	value, err := n.Float64Value()
	must(err)
	equal([]any{value.Float64, tz.UTC(), ts, u.String(), iv}, []any{12.34, when, when, "00000000-0000-0000-0000-000000000005", interval})
	equal([]any{ints, texts, object, nothing}, []any{[]int32{1, 2, 3}, []string{"a,\"", "b\\", ""}, map[string]any{"a": 1.0}, (*string)(nil)})
	for _, text := range []string{"0", "-0.001", "12345678901234567890.5", "1000000"} {
		var back pgtype.Numeric
		must(conn.QueryRow(ctx, "SELECT $1::numeric(38,5)", numeric(text)).Scan(&back))
		printed, err := back.Value()
		must(err)
		ok("numeric %s: %v", text, printed)
	}
	var infinite pgtype.Timestamptz
	must(conn.QueryRow(ctx, "SELECT 'infinity'::timestamptz").Scan(&infinite))
	equal(infinite.InfinityModifier, pgtype.Infinity)
	ok("types, binary both ways")
}

func pgxModes(ctx context.Context, conn *pgx.Conn) {
	modes := []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}
	for _, mode := range modes {
		for range 2 {
			var count int64
			var region string
			must(conn.QueryRow(ctx, "SELECT count(*), min(region) FROM events WHERE id < $1 AND user_id = ANY($2)", mode, 1000, []int64{1, 2, 3}).Scan(&count, &region))
			equal(count > 0, true)
		}
		ok("mode %v", mode)
	}
	description, err := conn.Prepare(ctx, "described", "SELECT id, price, day FROM events WHERE color = $1 AND amount > $2")
	must(err)
	names := []string{}
	for _, field := range description.Fields {
		names = append(names, fmt.Sprintf("%s %d %d", field.Name, field.DataTypeOID, field.TypeModifier))
	}
	ok("described %v -> %s", description.ParamOIDs, strings.Join(names, ", "))
}

type event struct {
	ID     int64
	Color  *string
	Amount *int32
}

func pgxRows(ctx context.Context, conn *pgx.Conn) {
	rows, err := conn.Query(ctx, "SELECT id, color, amount FROM events ORDER BY id LIMIT 500")
	must(err)
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[event])
	must(err)
	equal([]any{len(events), events[499].ID, events[0].Amount}, []any{500, int64(499), (*int32)(nil)})
	rows, err = conn.Query(ctx, "SELECT id FROM events")
	must(err)
	count := 0
	for rows.Next() {
		count++
		if count == 100 {
			break
		}
	}
	rows.Close()
	must(rows.Err())
	equal(rows.CommandTag().String(), "SELECT 20000")
	ok("rows as structs, closed early")
}

func pgxBatch(ctx context.Context, conn *pgx.Conn) {
	_, err := conn.Exec(ctx, "CREATE TEMP TABLE pgx_batch (id bigserial PRIMARY KEY, s varchar(20) NOT NULL)")
	must(err)
	batch := &pgx.Batch{}
	for n := range 50 {
		batch.Queue("INSERT INTO pgx_batch (s) VALUES ($1) RETURNING id", fmt.Sprint("s", n))
	}
	sum := int64(0)
	batch.Queue("SELECT sum(id)::bigint FROM pgx_batch").QueryRow(func(row pgx.Row) error { return row.Scan(&sum) })
	must(conn.SendBatch(ctx, batch).Close())
	equal(sum, int64(1275))
	wrong := &pgx.Batch{}
	wrong.Queue("INSERT INTO pgx_batch (s) VALUES ('kept?')")
	wrong.Queue("INSERT INTO pgx_batch (s) VALUES ($1)", nil)
	wrong.Queue("SELECT 1")
	equal(code(conn.SendBatch(ctx, wrong).Close()), "23502")
	var count int
	must(conn.QueryRow(ctx, "SELECT count(*) FROM pgx_batch").Scan(&count))
	equal(count, 50)
	ok("batches: one is undone by its error")

	pipeline := conn.PgConn().StartPipeline(ctx)
	for n := range 20 {
		pipeline.SendQueryParams("SELECT $1::int4 + 1", [][]byte{[]byte(fmt.Sprint(n))}, nil, nil, nil)
	}
	pipeline.SendQueryParams("SELECT 1/0", nil, nil, nil, nil)
	must(pipeline.Sync())
	pipeline.SendQueryParams("SELECT 7", nil, nil, nil, nil)
	must(pipeline.Sync())
	answers := []string{}
	for {
		result, err := pipeline.GetResults()
		if err != nil {
			answers = append(answers, code(err))
			continue
		}
		if result == nil {
			break
		}
		if reader, isReader := result.(*pgconn.ResultReader); isReader {
			read := reader.Read()
			if read.Err == nil {
				answers = append(answers, string(read.Rows[0][0]))
			} else {
				answers = append(answers, code(read.Err))
			}
		}
	}
	must(pipeline.Close())
	ok("pipeline %v", answers)
}

func pgxCopy(ctx context.Context, conn *pgx.Conn) {
	_, err := conn.Exec(ctx, "CREATE TEMP TABLE pgx_copy (id int8, s text, n numeric(10,2), d date, t timestamptz, f float8, b bool, l int4[])")
	must(err)
	rows := make([][]any, 3000)
	for n := range rows {
		rows[n] = []any{int64(n), fmt.Sprintf("tab\t%d\nä", n), numeric(fmt.Sprintf("%d.25", n)), when, when, float64(n) / 3, n%2 == 0, []int32{int32(n), 0}}
	}
	rows = append(rows, []any{nil, nil, nil, nil, nil, nil, nil, nil})
	columns := []string{"id", "s", "n", "d", "t", "f", "b", "l"}
	copied, err := conn.CopyFrom(ctx, pgx.Identifier{"pgx_copy"}, columns, pgx.CopyFromRows(rows))
	must(err)
	equal(copied, int64(3001))
	var text strings.Builder
	tag, err := conn.PgConn().CopyTo(ctx, &text, "COPY (SELECT id, s, n, b, l FROM pgx_copy WHERE id < 2 ORDER BY id) TO STDOUT (FORMAT csv)")
	must(err)
	ok("CopyTo %s %q", tag, text.String())
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"pgx_nothing"}, []string{"a"}, pgx.CopyFromRows(nil))
	equal(code(err), "42P01")
	_, err = conn.PgConn().CopyFrom(ctx, strings.NewReader("1,x\n2\n"), "COPY pgx_copy (id, s) FROM STDIN (FORMAT csv)")
	equal(code(err), "22P04")
	ok("CopyFrom, binary and csv, errors")
}

func pgxTransactions(ctx context.Context, conn *pgx.Conn) {
	_, err := conn.Exec(ctx, "CREATE TEMP TABLE pgx_t (id int PRIMARY KEY)")
	must(err)
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO pgx_t VALUES (1)")
		must(err)
		inner := pgx.BeginFunc(ctx, tx, func(nested pgx.Tx) error {
			_, err := nested.Exec(ctx, "INSERT INTO pgx_t VALUES (2), (1)")
			return err
		})
		equal(code(inner), "23505")
		_, err = tx.Exec(ctx, "INSERT INTO pgx_t VALUES (3)")
		return err
	})
	must(err)
	rows, err := conn.Query(ctx, "SELECT id FROM pgx_t ORDER BY id")
	must(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	must(err)
	equal(ids, []int{1, 3})
	readOnly, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable, IsoLevel: pgx.Serializable})
	must(err)
	_, err = readOnly.Exec(ctx, "CREATE TABLE pgx_no (i int)")
	equal(code(err), "25006")
	must(readOnly.Rollback(ctx))
	ok("transactions, nested, read only")
}

func pgxErrors(ctx context.Context, conn *pgx.Conn) {
	for _, sql := range []string{"SELECT nothing FROM events", "SELECT 'ä', nothing", "SELEC 1", "SELECT * FROM nowhere", "SELECT 1/0", "SELECT 'x'::int", "INSERT INTO pgx_t VALUES (1)"} {
		_, err := conn.Exec(ctx, sql)
		var found *pgconn.PgError
		if !errors.As(err, &found) {
			fail("%s: %v", sql, err)
		}
		ok("error %s %d %s %s", found.Code, found.Position, found.TableName, found.ConstraintName)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := conn.Exec(short, endless)
	equal(errors.Is(err, context.DeadlineExceeded), true)
	equal(time.Since(started) < 5*time.Second, true)
	ok("a context's end cancels")
}

func pgxSession(ctx context.Context, first *pgx.Conn) {
	config := first.Config()
	// That of the first connection would get the notifications.
	config.OnNotification = nil
	notices := []string{}
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		notices = append(notices, notice.Severity+" "+notice.Code+" "+notice.Message)
	}
	config.RuntimeParams["application_name"] = "go checks"
	conn, err := pgx.ConnectConfig(ctx, config)
	must(err)
	defer conn.Close(ctx)
	equal(conn.PgConn().ParameterStatus("application_name"), "go checks")
	_, err = conn.Exec(ctx, "DROP TABLE IF EXISTS pgx_nothing")
	must(err)
	_, err = conn.Exec(ctx, "LISTEN pgx_heard")
	must(err)
	_, err = conn.Exec(ctx, "SELECT pg_notify('pgx_heard', $1)", "a word")
	must(err)
	heard, err := conn.WaitForNotification(ctx)
	must(err)
	equal(heard.Payload, "a word")
	ok("notification, notices %v", notices)
	_, err = conn.Exec(ctx, "DROP TYPE IF EXISTS pgx_mood")
	must(err)
	_, err = conn.Exec(ctx, "CREATE TYPE pgx_mood AS ENUM ('sad', 'happy')")
	must(err)
	mood, err := conn.LoadType(ctx, "pgx_mood")
	must(err)
	conn.TypeMap().RegisterType(mood)
	var felt string
	must(conn.QueryRow(ctx, "SELECT $1::pgx_mood", "happy").Scan(&felt))
	equal(felt, "happy")
	_, err = conn.Exec(ctx, "DROP TYPE pgx_mood")
	must(err)
	ok("an enum loaded by name")
}

func pgxPool(ctx context.Context, url string) {
	pool, err := pgxpool.New(ctx, url+"&pool_max_conns=5")
	must(err)
	defer pool.Close()
	done := make(chan int64, 30)
	for n := range 30 {
		go func() {
			var count int64
			must(pool.QueryRow(ctx, "SELECT count(*) FROM events WHERE user_id = $1", n).Scan(&count))
			done <- count
		}()
	}
	sum := int64(0)
	for range 30 {
		sum += <-done
	}
	var want int64
	must(pool.QueryRow(ctx, "SELECT count(*) FROM events WHERE user_id < 30").Scan(&want))
	equal(sum, want)
	ok("pool")
}
