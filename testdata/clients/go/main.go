// Command clients runs the checks of pgx and lib/pq. Arguments: port, driver.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"time"
)

// Rows of this query would take hours.
const endless = `SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE a.i * 7 % 13 > b.j % 17`

var when = time.Date(2024, 5, 1, 10, 0, 0, 123456000, time.UTC)

func ok(format string, args ...any) { fmt.Printf("ok "+format+"\n", args...) }

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("got %#v, want %#v", got, want))
	}
}

func main() {
	if len(os.Args) != 3 {
		fail("usage: clients PORT DRIVER")
	}
	url := fmt.Sprintf("postgres://test@127.0.0.1:%s/sluice?sslmode=disable", os.Args[1])
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	switch os.Args[2] {
	case "pgx":
		checkPgx(ctx, url)
	case "pq":
		checkPq(ctx, url)
	default:
		fail("no driver %s", os.Args[2])
	}
}
