package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
)

// asked are what cities ask for their districts, and the operator's answers
// (docs/adr/0070-a-city-and-its-districts.md).
var asked = map[string]func(ctx context.Context, args []string, out io.Writer) error{"requests": listRequests, "confirm": confirmRequest, "refuse": refuseRequest}

var asks = map[string]string{oversight.AskCreate: "新建", oversight.AskHandOver: "移交管理", oversight.AskSuspend: "停用", oversight.AskResume: "恢复"}

func listRequests(ctx context.Context, _ []string, out io.Writer) error {
	return with(ctx, func(ctx context.Context, a *app) error {
		list, err := a.resolver.Oversight.Waiting(ctx)
		for _, w := range list {
			fmt.Fprintf(out, "%s\t%s请求%s %s %s\t管理员 %s %s\t%s（%s，%s）\n", w.ID, w.CityName, asks[w.What], w.Code, w.Name, w.AdminName, w.AdminLogin, w.Reason, w.AskedBy, instant(w.AskedAt))
		}
		return err
	})
}

// confirmRequest does what a city asked. Run again it does nothing more, but that
// the word of a new account is not shown twice: bihuan account reset makes another.
func confirmRequest(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant confirm", flag.ContinueOnError)
	id := fs.String("request", "", "请求的编号，见 bihuan tenant requests")
	existing := fs.Bool("existing", false, "登录名已有账号，就由它的本人担任管理员")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return onRequest(ctx, *id, func(ctx context.Context, a *app, w oversight.Waiting) error {
		if err := a.carryOut(ctx, w, *existing, out); err != nil {
			return err
		}
		if err := a.resolver.Oversight.Settle(ctx, w.City, w.ID, true, ""); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "已办好，并告知提出请求的政协")
		return err
	})
}

func refuseRequest(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant refuse", flag.ContinueOnError)
	id := fs.String("request", "", "请求的编号，见 bihuan tenant requests")
	reason := fs.String("reason", "", "理由，提出的一方看得到")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *reason == "" {
		return errors.New("请用 --reason 写明理由")
	}
	return onRequest(ctx, *id, func(ctx context.Context, a *app, w oversight.Waiting) error {
		return a.resolver.Oversight.Settle(ctx, w.City, w.ID, false, *reason)
	})
}

// onRequest finds a request that waits.
func onRequest(ctx context.Context, written string, do func(context.Context, *app, oversight.Waiting) error) error {
	id, err := errs.ID(written, "request")
	if err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		list, err := a.resolver.Oversight.Waiting(ctx)
		if err != nil {
			return err
		}
		for _, w := range list {
			if w.ID == id {
				return do(ctx, a, w)
			}
		}
		return errors.New("没有等着的这项请求：它办完了、撤回了，或编号不对")
	})
}

// carryOut does it by the operator's own means. What is done to the district stands
// in its own book, with the city's name and reason.
func (a *app) carryOut(ctx context.Context, w oversight.Waiting, existing bool, out io.Writer) error {
	why := fmt.Sprintf("应%s的请求：%s", w.CityName, w.Reason)
	first := roster.FirstAdmin{Name: w.AdminName, Post: "租户管理员", SignIn: roster.SignIn{Login: w.AdminLogin, Open: true}, Existing: existing, Processes: templates.Processes()}
	switch w.What {
	case oversight.AskCreate:
		_, word, err := a.provision(ctx, tenants.NewTenant{Code: w.Code, Name: w.Name, ShortName: w.ShortName, Level: tenants.District, ParentCode: w.CityCode}, first)
		if err != nil {
			return err
		}
		return showWord(out, w.AdminLogin, word)
	case oversight.AskHandOver:
		var district uuid.UUID
		err := a.resolver.Store.Global(ctx, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT id FROM tenants WHERE code = $1 AND parent_id = $2`, []any{w.Code, w.City}, &district)
		})
		if err != nil {
			return err
		}
		word, err := a.administers(ctx, district, w.AdminLogin, func(ctx context.Context, op roster.Operator) (*gen.Membership, error) {
			return op.HandOver(ctx, first, why)
		})
		if err != nil {
			return err
		}
		return showWord(out, w.AdminLogin, word)
	case oversight.AskSuspend:
		return a.handover().Suspend(ctx, w.Code, why)
	}
	return a.handover().Resume(ctx, w.Code, why)
}
