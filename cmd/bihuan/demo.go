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
	"github.com/bihuan/bihuan/internal/pgembed"
)

// demo loads the demonstration and prints as whom one may sign in. On a
// database that has it already it only prints.
func (a *app) demo(ctx context.Context, out io.Writer) error {
	if a.db.ownerURL == "" {
		return errors.New("装入演示数据需要 DATABASE_OWNER_URL（角色 bihuan_owner 的连接地址）")
	}
	r := a.resolver
	list, err := demo.Load(ctx, demo.Product{
		Store: r.Store, OwnerURL: a.db.ownerURL, Roster: r.Roster, Directory: r.Directory, Blobs: a.blobs, Services: r.Services,
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

// loadDemo is the command: the story, or with --size data for measuring.
func loadDemo(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	var size demo.Size
	fs.IntVar(&size.Tenants, "size", 0, "造多少个租户的测速数据；0 为装入演示故事")
	fs.IntVar(&size.Members, "members", 200, "每个租户的委员")
	fs.IntVar(&size.Matters, "matters", 600, "每个租户的提案")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		if size.Tenants == 0 {
			return a.demo(ctx, out)
		}
		if a.db.server == nil {
			return errors.New("测速数据用 COPY 装入，须由超级用户进行，因此只装进自带的私有数据库")
		}
		_, err := demo.Bulk(ctx, a.db.server.URL(pgembed.Superuser, pgembed.Database), size, func(line string) { fmt.Fprintln(out, line) })
		return err
	})
}
