package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/bihuan/bihuan/demo"
)

// demo loads the demonstration and prints as whom one may sign in. On a
// database that has it already it only prints.
func (a *app) demo(ctx context.Context, out io.Writer) error {
	if a.db.ownerURL == "" {
		return errors.New("装入演示数据需要 DATABASE_OWNER_URL（角色 bihuan_owner 的连接地址）")
	}
	r := a.resolver
	list, err := demo.Load(ctx, demo.Product{
		Store: r.Store, OwnerURL: a.db.ownerURL, Roster: r.Roster, Accounts: r.Accounts, Directory: r.Directory, Blobs: a.blobs, Services: r.Services,
	}, bar(out))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "演示账号（密码都是 %s）：\n", demo.Password)
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, acc := range list {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", acc.Login, acc.Tenant, acc.Role, acc.What)
	}
	return w.Flush()
}

// bar draws the progress on one line of the terminal.
func bar(out io.Writer) func(done, total int, what string) {
	last := -1
	return func(done, total int, what string) {
		percent := 100 * done / max(total, 1)
		if percent == last {
			return
		}
		last = percent
		fmt.Fprintf(out, "\r装入演示数据 [%-25s] %3d%% %-30s", strings.Repeat("█", percent/4), percent, what)
		if done >= total {
			fmt.Fprintln(out)
		}
	}
}

// loadDemo is the command.
func loadDemo(ctx context.Context, args []string, out io.Writer) error {
	if err := flag.NewFlagSet("demo", flag.ContinueOnError).Parse(args); err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error { return a.demo(ctx, out) })
}
