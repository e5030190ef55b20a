package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// account is what the operator does to one person's sign-in: he knows whom he
// helps, since no administrator of a committee may take over an account that
// may belong to other committees too.
func account(ctx context.Context, args []string, out io.Writer) error {
	usage := errors.New("用法：bihuan account reset|unlock|disable|enable 登录名")
	if len(args) != 2 {
		return usage
	}
	login, err := accounts.Login(args[1])
	if err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		return a.resolver.Store.Global(ctx, func(ctx context.Context) error {
			var id uuid.UUID
			err := tenants.Row(ctx, `SELECT id FROM accounts WHERE login = $1`, []any{login}, &id)
			if tenants.NoRows(err) {
				return errs.New(errs.NotFound, "没有这个登录名，请核对")
			}
			if err != nil {
				return err
			}
			acc := a.resolver.Accounts
			switch args[0] {
			case "reset":
				w, err := acc.Issue(ctx, id, uuid.Nil)
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "激活码 %s（只显示这一次，%s以前有效；原密码和会话都已失效，请本人用它设定密码）\n", w.Text, instant(w.Until))
				return nil
			case "unlock":
				return acc.Unlock(ctx, id)
			case "disable":
				return acc.Disable(ctx, id)
			case "enable":
				return acc.Enable(ctx, id)
			}
			return usage
		})
	})
}

// instant is a point of time as people read it.
func instant(t time.Time) string { return t.In(clock.Shanghai).Format("2006年1月2日15时04分") }

// appoint gives a role that needs two people in a committee that has no two.
func appoint(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant appoint", flag.ContinueOnError)
	code := fs.String("tenant", "", "租户的行政区划代码")
	login := fs.String("login", "", "被授权人的登录名")
	role := fs.String("role", "", "角色代码，见 bihuan permissions")
	reason := fs.String("reason", "", "授权事由")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		t, err := a.committee(ctx, *code)
		if err != nil {
			return err
		}
		doors := audit.Doors{Store: a.resolver.Store, System: "operator"}
		return doors.InTx(ctx, t.ID, func(ctx context.Context) error {
			var member uuid.UUID
			err := tenants.Row(ctx, `SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.login = lower($1)`, []any{*login}, &member)
			if tenants.NoRows(err) {
				return errs.New(errs.NotFound, "这个政协里没有这个登录名")
			}
			if err != nil {
				return err
			}
			op := roster.Operator{Roster: a.resolver.Roster, Engine: a.resolver.Engine}
			if _, err := op.Appoint(ctx, roster.Appointment{Membership: member, Role: *role, Reason: *reason}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(out, "已授权")
			return err
		})
	})
}

func (a *app) committee(ctx context.Context, code string) (tenants.Tenant, error) {
	for t, err := range a.resolver.Store.Committees(ctx) {
		if err != nil || t.Code == code {
			return t, err
		}
	}
	return tenants.Tenant{}, errs.New(errs.NotFound, "没有行政区划代码为“%s”的租户；bihuan tenant list 列出全部", code)
}

// keys puts a new signing key in front.
func keys(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "rotate" {
		return errors.New("用法：bihuan keys rotate [--leaked]")
	}
	fs := flag.NewFlagSet("keys rotate", flag.ContinueOnError)
	leaked := fs.Bool("leaked", false, "旧密钥已泄露：一把也不留")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	keep := 1
	if *leaked {
		keep = 0
	}
	return with(ctx, func(_ context.Context, a *app) error {
		if err := a.resolver.Keys.Rotate(keep); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "已换新密钥")
		return err
	})
}

// auditVerify checks one chain, or all of them and the installation's own. An
// anchor, a head that was kept elsewhere, finds a chain that was rewritten
// together with its head.
func auditVerify(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "verify" {
		return errors.New("用法：bihuan audit verify [--tenant=行政区划代码 [--anchor=序号:链头]] [--anchors=文件,…]")
	}
	fs := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	code := fs.String("tenant", "", "只校验这个租户")
	kept := fs.String("anchor", "", "另处保存的链头，形如 序号:十六进制")
	more := fs.String("anchors", "", "另处留存的文件，逗号分隔；BIHUAN_ANCHORS 的一份总是核对")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	var given []audit.Anchor
	if *kept != "" {
		seq, hash, _ := strings.Cut(*kept, ":")
		n, err := strconv.ParseInt(seq, 10, 64)
		if err != nil || hash == "" || *code == "" {
			return errors.New("--anchor 形如 120:9f2c…，并须同时给出 --tenant")
		}
		given = append(given, audit.Anchor{Seq: n, Hash: hash})
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		files := []string{a.anchors()}
		if *more != "" {
			files = append(files, strings.Split(*more, ",")...)
		}
		anchors, err := audit.ReadAnchors(a.store, files...)
		if err != nil {
			return err
		}
		list := []tenants.Tenant{{ID: tenants.Installation, Code: "安装"}}
		if *code != "" {
			t, err := a.committee(ctx, *code)
			if err != nil {
				return err
			}
			list = []tenants.Tenant{t}
		} else {
			for t, err := range a.resolver.Store.Committees(ctx) {
				if err != nil {
					return err
				}
				list = append(list, t)
			}
		}
		bad := 0
		for _, t := range list {
			check := audit.Check{Anchors: append(given, anchors.Of[t.ID]...), Since: anchors.Since, Rows: true}
			r, err := check.Verify(ctx, a.resolver.Store, t.ID)
			switch {
			case err != nil:
				return err
			case r.OK:
				fmt.Fprintf(out, "%s\t完好\t%d 条\t链头 %d:%s\n", t.Code, r.Rows, r.Head.Seq, r.Head.Hash)
			default:
				bad++
				fmt.Fprintf(out, "%s\t损坏\t第 %d 条：%s\n", t.Code, r.FirstBad, r.Why)
			}
		}
		if bad > 0 {
			return fmt.Errorf("%d 条审计链损坏", bad)
		}
		return nil
	})
}
