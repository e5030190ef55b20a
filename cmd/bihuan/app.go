package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/pgembed"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

func dataDir(cfg config.Config) string {
	if cfg.DataDir != "" {
		return cfg.DataDir
	}
	return pgembed.DefaultDir()
}

// app is everything wired together.
type app struct {
	cfg      config.Config
	log      *slog.Logger
	db       *database
	resolver *graph.Resolver
	blobs    blob.Store
	policy   *authz.Policy
	secret   secret.Secret
}

// open wires the product on a migrated database.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	db, err := openDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, db: db}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close())
		}
	}()
	if db.ownerURL != "" {
		n, err := db.migrate(ctx)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			log.Info("migrated", "files", n)
		}
	}
	return a, a.wire(ctx)
}

func (a *app) wire(ctx context.Context) (err error) {
	store, err := tenants.Open(ctx, a.db.appURL, a.cfg.MaxConns)
	if err != nil {
		return err
	}
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	if a.policy, err = authz.Load(); err != nil {
		return err
	}
	keys := a.cfg.SigningKeys
	if keys == "" {
		keys = filepath.Join(dataDir(a.cfg), "keys.json")
		if err := os.MkdirAll(filepath.Dir(keys), 0o755); err != nil {
			return err
		}
	}
	k, err := accounts.LoadKeys(keys)
	if err != nil {
		return err
	}
	path := a.cfg.SecretFile
	if path == "" {
		path = filepath.Join(dataDir(a.cfg), "secret")
	}
	if a.secret, err = secret.Load(path); err != nil {
		return err
	}
	files := a.cfg.Files
	if files == "" {
		files = "file://" + filepath.Join(dataDir(a.cfg), "files")
	}
	if a.blobs, err = blob.OpenURL(files); err != nil {
		return err
	}
	dir := authz.NewDirectory(a.policy)
	services, err := assembly.New(store, dir, a.secret)
	if err != nil {
		return err
	}
	acc := accounts.New(store, k, accounts.Options{Audit: recordAccount})
	hub := live.NewHub(store, a.log, live.Limits{
		Process: a.cfg.LiveListeners, Tenant: a.cfg.LivePerTenant, Account: a.cfg.LivePerAccount, Reads: max(1, int(a.cfg.MaxConns)/5),
	})
	a.resolver = &graph.Resolver{
		LinkKey: a.secret.For("links"),
		Store:   store, Directory: dir, Accounts: acc, Keys: k, Roster: roster.New(store.Ent(), dir, acc, services.Engine), Live: hub, Services: services,
	}
	return nil
}

// recordAccount keeps what happens to accounts in the installation's own
// chain; inside a tenant's transaction the mutation's record says it already.
func recordAccount(ctx context.Context, ev accounts.Event) error {
	if _, err := tenants.Current(ctx); err == nil {
		return nil
	}
	e := audit.Entry{
		Action: string(ev.Action), Actor: audit.Actor{Account: ev.Account, Name: ev.Login}, Object: audit.Object("Account", ev.Account),
		Changes: []audit.Change{}, From: audit.From{Address: ev.From.Address, Agent: ev.From.Agent},
	}
	if ev.Action == accounts.ActionSignInFailed || ev.Action == accounts.ActionTokenReused {
		e.Outcome = string(errs.Unauthenticated)
	}
	return audit.Write(ctx, e)
}

func (a *app) close() error {
	a.resolver.Store.Close()
	return a.db.close()
}

// clockOf is the machine's clock, or the one of the clock file.
func clockOf(cfg config.Config) clock.Clock {
	if cfg.ClockFile != "" {
		return clock.File(cfg.ClockFile)
	}
	return clock.Real{}
}

func newLog(cfg config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
