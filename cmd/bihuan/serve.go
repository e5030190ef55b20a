package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/web"
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
			if err := a.meanwhile(ctx, func() error { return a.demo(ctx, out) }); err != nil {
				return err
			}
		}
		return a.db.attended(ctx, a.log, func(ctx context.Context) error { return a.serve(ctx, *dev, !*noWorker, out) })
	})
}

// meanwhile does work that takes minutes before the product can be used, and
// shows the console, which waits and says so, to who comes too early. The queue
// and the API begin when the work is done: a sweep in the middle of the demo's
// history would act on half of it.
func (a *app) meanwhile(ctx context.Context, work func() error) error {
	early := httpd.New(httpd.Options{
		Log:    slog.New(slog.DiscardHandler), // a page that waits asks every other second
		Checks: []httpd.Check{{Name: "demo", Run: func(context.Context) error { return errors.New("still loading") }}},
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Retry-After", "5")
			httpd.Error(w, r, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "正在装入演示数据，请稍候"))
			return
		}
		web.Console().ServeHTTP(w, r)
	}))
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- early.ListenAndServe(serving, a.cfg.Listen) }()
	err := work()
	stop()
	return errors.Join(err, <-ended)
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
	fmt.Fprintf(out, "bihuan %s 已启动：http://%s/\n", version, a.cfg.Listen)
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
