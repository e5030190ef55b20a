package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
)

// index fills what the search index of committees lacks, or makes it anew. Run
// again after a stop it goes on.
func index(ctx context.Context, args []string, out io.Writer) error {
	usage := errors.New("用法：bihuan search fill|again [--tenant=行政区划代码]")
	if len(args) == 0 {
		return usage
	}
	do, known := map[string]func(context.Context, *tenants.Store, uuid.UUID) (int, error){"fill": search.Fill, "again": search.Again}[args[0]]
	if !known {
		return usage
	}
	fs := flag.NewFlagSet("search", flag.ContinueOnError)
	code := fs.String("tenant", "", "租户的行政区划代码；空为全部")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		total := 0
		for t, err := range a.resolver.Store.Committees(ctx) {
			if err != nil {
				return err
			}
			if *code != "" && t.Code != *code {
				continue
			}
			n, err := do(ctx, a.resolver.Store, t.ID)
			if err != nil {
				return err
			}
			total += n
		}
		fmt.Fprintf(out, "已编入 %d 件事项\n", total)
		return nil
	})
}
