package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
)

// serve runs the API, and the worker beside it, until it is told to stop.
func serve(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	dev := fs.Bool("dev", false, "开发方式：GraphiQL、内省、可移动的时钟")
	withDemo := fs.Bool("demo", false, "数据库为空时装入演示数据，并打印演示账号")
	noWorker := fs.Bool("no-worker", false, "不处理到期与提醒（另有 bihuan worker）")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // answers are garbage: measured in docs/performance.md
	}
	return with(ctx, func(ctx context.Context, a *app) error {
		if a.cfg.ClockFile != "" && !*dev {
			return errors.New("BIHUAN_CLOCK_FILE 只用于测试，须与 --dev 同用")
		}
		if *withDemo {
			if err := a.demo(ctx, out); err != nil {
				return err
			}
		}
		return a.db.attended(ctx, a.log, func(ctx context.Context) error { return a.serve(ctx, *dev, !*noWorker, out) })
	})
}

// serve answers until ctx is done, and works on the queue if asked to.
func (a *app) serve(ctx context.Context, dev, working bool, out io.Writer) error {
	c := clockOf(a.cfg)
	if working {
		stop, err := a.startWorker(context.WithoutCancel(ctx), c)
		if err != nil {
			return err
		}
		defer func() {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
			defer cancel()
			if err := stop(end); err != nil {
				a.log.Warn("the worker did not stop in time", "error", err)
			}
		}()
	}
	return a.listen(ctx, c, dev, out)
}

func (a *app) listen(ctx context.Context, c clock.Clock, dev bool, out io.Writer) error {
	stopTracing, err := httpd.Tracing(ctx, a.cfg.OTLPEndpoint)
	if err != nil {
		return err
	}
	defer func() { _ = stopTracing(context.WithoutCancel(ctx)) }()
	proxies := make([]netip.Prefix, len(a.cfg.TrustedProxies))
	for i, s := range a.cfg.TrustedProxies {
		if proxies[i], err = netip.ParsePrefix(s); err != nil {
			return fmt.Errorf("BIHUAN_TRUSTED_PROXIES：%q 不是网段", s)
		}
	}
	if err := httpd.CheckOrigins(a.cfg.AllowedOrigins); err != nil {
		return fmt.Errorf("BIHUAN_ALLOWED_ORIGINS：%w", err)
	}
	api, err := a.handler(dev)
	if err != nil {
		return err
	}
	server := httpd.New(httpd.Options{
		Log: a.log, TrustedProxies: proxies, AllowedOrigins: a.cfg.AllowedOrigins, MaxInFlight: a.cfg.MaxInFlight,
		Checks: []httpd.Check{{Name: "database", Run: a.resolver.Store.Pool().Ping}, {Name: "files", Run: a.blobs.Check}},
	}, a.entered(c, api))
	hears, deaf := context.WithCancel(ctx)
	defer deaf()
	go a.resolver.Live.Run(hears)
	var counting sync.WaitGroup
	counting.Go(func() { a.resolver.Refused.Run(clock.With(hears, c)) })
	defer counting.Wait() // after the server has ended, before the database does
	defer deaf()
	fmt.Fprintf(out, "bihuan %s 已启动：http://%s/graphql\n", version, a.cfg.Listen)
	if dev {
		fmt.Fprintf(out, "GraphiQL：http://%s/graphiql\n", a.cfg.Listen)
	}
	return server.ListenAndServe(ctx, a.cfg.Listen)
}

// entered gives each request the clock and where it comes from.
func (a *app) entered(c clock.Clock, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := clock.With(r.Context(), c)
		from := audit.From{Address: httpd.ClientAddress(ctx), Agent: r.UserAgent(), RequestID: httpd.RequestID(ctx)}
		next.ServeHTTP(w, r.WithContext(graph.WithOrigin(ctx, from)))
	})
}
