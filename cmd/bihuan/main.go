// Command bihuan is the product: one binary that serves, works, migrates and
// answers the operator. It wires; the rules live in the packages of the nouns.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/errs"
)

// version is set by the linker.
var version = "dev"

// command is one verb of the program.
type command struct {
	name, usage string
	run         func(ctx context.Context, args []string, out io.Writer) error
}

var commands = []command{
	{"serve", "serve [--dev] [--demo] [--no-worker]  提供 GraphQL 接口，同时处理到期与提醒", serve},
	{"worker", "worker  只处理到期与提醒", worker},
	{"migrate", "migrate  把数据库升到最新版本", migrate},
	{"demo", "demo  装入演示数据", loadDemo},
	{"tenant", "tenant list | create --code=… --name=… --level=… [--parent=…] --admin=… [--existing] | appoint --tenant=… --login=… --role=… --reason=…  租户", tenant},
	{"tenant", "tenant suspend|resume --tenant=… --reason=… | export --tenant=… --out=文件 | check 文件 | take 文件 [--same=登录名,…] | erase --tenant=… --package=文件 --reason=… [--proof=文件] | desk  停用、恢复、导出、核对、装入、销毁一个租户；desk 是同样这些事的运维接口", tenant},
	{"account", "account reset|unlock|disable|enable 登录名  发出激活码、解锁、停用、启用", account},
	{"keys", "keys rotate [--leaked]  换签名密钥", keys},
	{"audit", "audit verify [--tenant=行政区划代码 [--anchor=序号:链头]] [--anchors=文件,…]  校验审计链，并与另处留存的链头和本政协的数据核对", auditVerify},
	{"search", "search fill|again [--tenant=行政区划代码]  补全搜索的索引，或清空后重建；中断了可再运行", index},
	{"permissions", "permissions  打印权限表", permissions},
	{"process", "process check|diagram|svg 文件.yaml、process words  检查流程能否闭环，画出流程图（Mermaid、SVG），列出定义里可以用的规则", processes},
	{"config", "config doc  打印配置说明", configDoc},
	{"frontends", "frontends  打印给前端的说明", frontends},
	{"schema", "schema  打印 GraphQL 模式", printSchema},
	{"version", "version  打印版本", printVersion},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dispatch(ctx, os.Args[1:], os.Stdout); err != nil {
		if e, ok := errs.As(err); ok {
			fmt.Fprintln(os.Stderr, "bihuan:", e.Message)
		} else {
			fmt.Fprintln(os.Stderr, "bihuan:", err)
		}
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				if c.name != "serve" && c.name != "worker" { // what these do nobody commands
					ctx = audit.WithServer(ctx, atServer())
				}
				return c.run(ctx, args[1:], out)
			}
		}
	}
	fmt.Fprintln(out, "bihuan（闭环）：政协履职闭环系统\n\n用法：")
	for _, c := range commands {
		fmt.Fprintln(out, "  bihuan", c.usage)
	}
	if len(args) > 0 && args[0] != "help" && args[0] != "--help" && args[0] != "-h" {
		return fmt.Errorf("没有命令 %q", args[0])
	}
	return nil
}

// atServer is who gives the command: he who signed in to the server, where sudo
// tells him.
func atServer() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

func printVersion(_ context.Context, _ []string, out io.Writer) error {
	_, err := fmt.Fprintln(out, version)
	return err
}
