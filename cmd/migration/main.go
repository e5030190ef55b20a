// Command migration compares the schema with a database that has all
// migrations, and prints what a new migration file would have to do. It
// prints nothing when they agree; `make verify` wants that.
//
//	go run ./cmd/migration postgres://owner@…/database
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/bihuan/bihuan/ent/migrations"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: migration DATABASE_URL")
		os.Exit(2)
	}
	db, err := migrations.OpenOwner(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer db.Close()
	plan, err := migrations.Plan(context.Background(), db)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, s := range plan {
		fmt.Println(s)
	}
}
