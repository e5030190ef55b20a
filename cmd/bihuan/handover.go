package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bihuan/bihuan/handover"
	"github.com/bihuan/bihuan/handover/desk"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// handovers are what is done to a whole committee.
var handovers = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"suspend": suspend, "resume": resume, "export": export, "check": checkPackage, "take": take, "erase": erase, "desk": operatorsDesk,
}

func (a *app) handover() handover.Service {
	return handover.Service{Store: a.store, OwnerURL: a.db.ownerURL, Blobs: a.blobs, Trays: a.people().Left, Unopened: a.resolver.Accounts.Unopened}
}

func suspend(ctx context.Context, args []string, out io.Writer) error {
	return turned(ctx, "suspend", args, out, "已停用", handover.Service.Suspend)
}

func resume(ctx context.Context, args []string, out io.Writer) error {
	return turned(ctx, "resume", args, out, "已恢复", handover.Service.Resume)
}

func turned(ctx context.Context, name string, args []string, out io.Writer, done string, do func(handover.Service, context.Context, string, string) error) error {
	fs := flag.NewFlagSet("tenant "+name, flag.ContinueOnError)
	code := fs.String("tenant", "", "租户的行政区划代码")
	reason := fs.String("reason", "", "事由")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		if err := do(a.handover(), ctx, *code, *reason); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, done)
		return err
	})
}

func export(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant export", flag.ContinueOnError)
	code := fs.String("tenant", "", "租户的行政区划代码")
	path := fs.String("out", "", "写到哪个文件")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *path == "" {
		return errors.New("请用 --out 写明移交包写到哪个文件")
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		m, hash, err := a.handover().Export(ctx, *code, *path)
		if err != nil {
			return err
		}
		return show(out, m, hash)
	})
}

func show(out io.Writer, m handover.Manifest, hash string) error {
	_, err := fmt.Fprintf(out, "%s\t%s\t%d 行\t%d 个附件\t审计链 %d 条\n移交凭证 %s\n", m.Committee.Code, m.Committee.Name, m.Rows(), len(m.Files), m.Head.Seq, hash)
	return err
}

// checkPackage needs no database.
func checkPackage(_ context.Context, args []string, out io.Writer) (err error) {
	if len(args) != 1 {
		return errors.New("用法：bihuan tenant check 文件")
	}
	p, err := handover.Open(args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return show(out, p.Manifest, p.Hash)
}

func take(ctx context.Context, args []string, out io.Writer) error {
	usage := errors.New("用法：bihuan tenant take 文件 [--same=登录名,…]")
	if len(args) == 0 {
		return usage
	}
	fs := flag.NewFlagSet("tenant take", flag.ContinueOnError)
	same := fs.String("same", "", "本机已有、经核实是同一个人的登录名，逗号分隔")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	return opened(ctx, args[0], func(ctx context.Context, a *app, p *handover.Package) error {
		if err := a.handover().Take(ctx, p, strings.Split(*same, ",")); err != nil {
			return err
		}
		if err := show(out, p.Manifest, p.Hash); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "已装入，是停用的：核对后 bihuan tenant resume；各人的密码不随包走，请逐人 bihuan account reset")
		return err
	})
}

// opened is the product and a package that is whole.
func opened(ctx context.Context, path string, do func(context.Context, *app, *handover.Package) error) (err error) {
	p, err := handover.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return with(ctx, func(ctx context.Context, a *app) error { return do(ctx, a, p) })
}

func erase(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant erase", flag.ContinueOnError)
	code := fs.String("tenant", "", "租户的行政区划代码")
	path := fs.String("package", "", "停用之后导出的移交包")
	reason := fs.String("reason", "", "事由")
	to := fs.String("proof", "", "凭据另存成这个文件")
	if err := fs.Parse(args); err != nil {
		return err
	}
	return opened(ctx, *path, func(ctx context.Context, a *app, p *handover.Package) error {
		proof, err := a.handover().Erase(ctx, *code, p, *reason)
		if err != nil {
			return err
		}
		b, err := json.MarshalIndent(proof, "", " ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n已销毁；凭据在本安装审计链的第 %d 条\n", b, proof.Record)
		if *to == "" {
			return nil
		}
		return os.WriteFile(*to, append(b, '\n'), 0o600)
	})
}

// operatorsDesk answers operators over HTTP until it is told to stop.
func operatorsDesk(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errors.New("用法：bihuan tenant desk，人员写在 BIHUAN_OPERATORS")
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		operators, err := desk.Operators(a.cfg.Operators)
		if err != nil {
			return err
		}
		d := &desk.Desk{Handover: a.handover(), Folder: filepath.Join(dataDir(a.cfg), "handover")}
		if err := d.Open(ctx); err != nil {
			return err
		}
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		door := &desk.Door{Door: httpd.Door{Known: tenants.Translate, Log: a.log}, Desk: d, Operators: operators, Key: key}
		working, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { d.Run(working); close(ended) }()
		defer func() { stop(); <-ended }()
		fmt.Fprintf(out, "运维接口：http://%s/\n", a.cfg.OperatorListen)
		server := httpd.New(httpd.Options{Log: a.log}, a.entered(clockOf(a.cfg), door.Handler()))
		return server.ListenAndServe(ctx, a.cfg.OperatorListen)
	})
}
