package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/clients"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
)

// with opens the product for one command.
func with(ctx context.Context, fn func(context.Context, *app) error) (err error) {
	cfg, err := config.Read()
	if err != nil {
		return err
	}
	ctx = clock.With(ctx, clockOf(cfg))
	a, err := open(ctx, cfg, newLog(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	return fn(ctx, a)
}

func migrate(ctx context.Context, _ []string, out io.Writer) (err error) {
	cfg, err := config.Read()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg, newLog(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	n, err := db.migrate(ctx)
	if err == nil {
		fmt.Fprintf(out, "已是最新版本（本次执行 %d 个迁移文件）\n", n)
	}
	return err
}

func tenant(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("用法：bihuan tenant list | create … | appoint … | requests | confirm … | refuse … | suspend … | resume … | export … | check … | take … | erase …")
	}
	if do := handovers[args[0]]; do != nil {
		return do(ctx, args[1:], out)
	}
	if do := asked[args[0]]; do != nil {
		return do(ctx, args[1:], out)
	}
	switch args[0] {
	case "appoint":
		return appoint(ctx, args[1:], out)
	case "list":
		return with(ctx, func(ctx context.Context, a *app) error { return listTenants(ctx, a, out) })
	case "create":
		return createTenant(ctx, args[1:], out)
	}
	return fmt.Errorf("没有命令 tenant %q", args[0])
}

func listTenants(ctx context.Context, a *app, out io.Writer) error {
	for t, err := range a.resolver.Store.Committees(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", t.Code, t.Level, t.Name)
	}
	return nil
}

// createTenant enters a committee and its first administrator. Run again with
// the same arguments it changes nothing, and prints no word.
func createTenant(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("tenant create", flag.ContinueOnError)
	var in tenants.NewTenant
	var admin, name, level string
	fs.StringVar(&in.Code, "code", "", "行政区划代码")
	fs.StringVar(&in.Name, "name", "", "全称")
	fs.StringVar(&in.ShortName, "short", "", "简称")
	fs.StringVar(&level, "level", "DISTRICT", "PROVINCE、CITY、DISTRICT 或 ZONE")
	fs.StringVar(&in.ParentCode, "parent", "", "上级的行政区划代码")
	fs.StringVar(&admin, "admin", "", "第一位管理员的登录名")
	fs.StringVar(&name, "admin-name", "租户管理员", "第一位管理员的姓名")
	existing := fs.Bool("existing", false, "登录名已有账号，就由它的本人担任第一位管理员")
	if err := fs.Parse(args); err != nil {
		return err
	}
	in.Level = tenants.Level(level)
	return with(ctx, func(ctx context.Context, a *app) error {
		id, word, err := a.provision(ctx, in, roster.FirstAdmin{Name: name, Post: "租户管理员", SignIn: roster.SignIn{Login: admin, Open: true}, Existing: *existing, Processes: templates.Processes()})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\n", in.Code, id)
		return showWord(out, admin, word)
	})
}

// showWord prints the word of an account that was made now.
func showWord(out io.Writer, login string, word accounts.Word) (err error) {
	if word.Text != "" {
		_, err = fmt.Fprintf(out, "管理员登录名 %s，激活码 %s（只显示这一次，%s以前有效，请本人用它设定密码）\n", login, word.Text, instant(word.Until))
	}
	return err
}

// provision enters a committee, its processes and its first administrator, with
// the word that activates his account where it was made now.
func (a *app) provision(ctx context.Context, in tenants.NewTenant, first roster.FirstAdmin) (id uuid.UUID, word accounts.Word, err error) {
	if a.db.ownerURL == "" {
		return id, word, errors.New("建立租户需要 DATABASE_OWNER_URL")
	}
	if id, err = tenants.Provision(ctx, a.db.ownerURL, in); err != nil {
		return id, word, err
	}
	word, err = a.administers(ctx, id, first.Login, func(ctx context.Context, op roster.Operator) (*gen.Membership, error) {
		return op.Bootstrap(ctx, first)
	})
	if err == nil {
		err = a.resolver.Oversight.Stand(ctx, id)
	}
	return id, word, err
}

// administers makes somebody an administrator, with the word that activates his
// account where it was made now.
func (a *app) administers(ctx context.Context, committee uuid.UUID, login string, do func(context.Context, roster.Operator) (*gen.Membership, error)) (word accounts.Word, err error) {
	op := roster.Operator{Roster: a.resolver.Roster, Engine: a.resolver.Engine}
	doors := audit.Doors{Store: a.resolver.Store, System: "operator"}
	err = doors.InTx(ctx, committee, func(ctx context.Context) error {
		var there bool
		if err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM accounts WHERE login = lower($1))`, []any{login}, &there); err != nil {
			return err
		}
		m, err := do(ctx, op)
		if err == nil && !there {
			word, err = a.resolver.Accounts.Issue(ctx, *m.AccountID, uuid.Nil)
		}
		return err
	})
	return word, err
}

func permissions(_ context.Context, _ []string, out io.Writer) error {
	p, err := authz.Load()
	if err != nil {
		return err
	}
	return p.Print(out)
}

// processes checks or draws a definition, or prints what definitions can say: the
// words, every item, the JSON Schema for editors. It needs no database.
func processes(_ context.Context, args []string, out io.Writer) error {
	usage := errors.New("用法：bihuan process check|diagram|svg 文件.yaml，或 bihuan process kinds|words|told|schema|reference")
	words := assembly.Vocabulary()
	if len(args) == 1 {
		switch args[0] {
		case "kinds":
			for _, k := range assembly.Kinds() {
				fmt.Fprintln(out, k.Code)
			}
			return nil
		case "words":
			return vocab.Print(out, words)
		case "told":
			return told(out)
		case "reference":
			return process.Reference(out)
		case "schema":
			enc := json.NewEncoder(out)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			return enc.Encode(words.Schema())
		}
	}
	if len(args) != 2 {
		return usage
	}
	source, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	d, err := process.Parse(source)
	if err != nil {
		return err
	}
	switch args[0] {
	case "diagram":
		_, err = io.WriteString(out, d.Mermaid())
	case "svg":
		_, err = io.WriteString(out, d.SVG())
	case "check":
		err = check(words, d, out)
	default:
		err = usage
	}
	return err
}

// told prints who hears what at each step of what the product ships.
func told(out io.Writer) error {
	fmt.Fprint(out, "# 谁在哪一步得到通知\n\n由程序从随产品提供的流程打印（`bihuan process told`）。新轮到的人得到一次“轮到您办理”；“另外告知”的是事主，或定义里 `tells` 写明的人。谁都不会被告知自己做的事，也不会得知自己看不到的事；不公开的走访在举行之前只有当事人知道。一次动作引起的几步，一个人只得一条。期限的提醒给定义里写明的人，没有写的给欠着这个期限的人。\n\n"+
		"发到手机上的是同一条通知：本会开通了、本人没有关掉的；轮到本人而期限就在眼前或已过的关不掉。消息只写为什么来和事项的标题，草稿、暗访、社情民意只说“有一项待办”。轮到的人一个也没有看过的，按政策的天数再提醒一次，再告知代理的人，再告知代管的人。\n\n")
	sources := templates.Processes()
	for _, t := range templates.Platforms() {
		sources = append(sources, t.Source)
	}
	for _, source := range sources {
		d, err := process.Parse(source)
		if err != nil {
			return err
		}
		d.PrintTold(out)
	}
	return nil
}

func check(words *process.Vocabulary, d *process.Definition, out io.Writer) error {
	p, err := authz.Load()
	if err != nil {
		return err
	}
	found := append(words.Below(d), words.Check(d, process.DefaultPolicy(), process.RolesOf(p))...)
	for _, f := range found {
		fmt.Fprintln(out, f)
	}
	if bad := process.Errors(found); len(bad) > 0 {
		return fmt.Errorf("流程有 %d 处不合要求", len(bad))
	}
	fmt.Fprintf(out, "“%s”第 %d 版可以闭环\n", d.Title, d.Version)
	return nil
}

func configDoc(_ context.Context, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "doc" {
		return errors.New("用法：bihuan config doc")
	}
	config.Document(out)
	return nil
}

func frontends(_ context.Context, _ []string, out io.Writer) error {
	return clients.Frontends(out)
}

func printSchema(_ context.Context, _ []string, out io.Writer) error {
	formatter.NewFormatter(out, formatter.WithIndent("  ")).FormatSchema(generated.NewExecutableSchema(generated.Config{}).Schema())
	return nil
}
