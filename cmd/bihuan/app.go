package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clamd"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/internal/fair"
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
	store    *tenants.Store
	resolver *graph.Resolver
	blobs    blob.Store
	scanner  files.Scanner // nil: files are not scanned
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
	former := make([][]byte, len(a.cfg.FormerSecrets))
	for i, path := range a.cfg.FormerSecrets {
		old, err := secret.Read(path)
		if err != nil {
			return err
		}
		former[i] = old.For("audit")
	}
	store.SealWith(audit.NewRing(a.secret.For("audit"), former...))
	where := a.cfg.Files
	if where == "" {
		where = "file://" + filepath.Join(dataDir(a.cfg), "files")
	}
	if a.blobs, err = blob.OpenURL(where); err != nil {
		return err
	}
	if a.cfg.Clamd != "" {
		if a.scanner, err = clamd.New(a.cfg.Clamd); err != nil {
			return err
		}
	}
	a.store = store
	dir := authz.NewDirectory(a.policy)
	if err := providers.CheckIssuers(a.cfg.OIDCIssuers); err != nil {
		return fmt.Errorf("BIHUAN_OIDC_ISSUERS：%w", err)
	}
	if dir.Floor, err = signin.Parse(signin.Lowest(), []byte(a.cfg.SignInFloor)); err != nil {
		return fmt.Errorf("BIHUAN_SIGN_IN_FLOOR：%w", err)
	}
	services, err := assembly.New(store, dir, a.secret)
	if err != nil {
		return err
	}
	if err := a.connectPhones(services.Phone); err != nil {
		return err
	}
	acc := accounts.New(store, k, accounts.Options{
		Audit: a.people().Record, FactorKey: a.secret.For("second factors"),
		Rule: func(ctx context.Context, tenant, account, membership uuid.UUID) (signin.Rule, error) {
			return dir.RuleOf(ctx, store, tenant, account, membership)
		},
	})
	hub := live.NewHub(store, a.log, live.Limits{
		Process: a.cfg.LiveListeners, Tenant: a.cfg.LivePerTenant, Account: a.cfg.LivePerAccount, Reads: max(1, int(a.cfg.MaxConns)/5),
	})
	a.resolver = &graph.Resolver{
		Providers: &providers.Service{Store: store, Accounts: acc, Key: a.secret.For("sign-in providers"), Allowed: a.cfg.OIDCIssuers, Return: strings.TrimSuffix(a.cfg.PublicURL, "/") + "/oidc/callback"},
		Refused:   &audit.Refusals{Store: store, Log: a.log},
		LinkKey:   a.secret.For("links"),
		Files:     files.Limits{PersonMB: a.cfg.FilesPerPerson, CommitteeMB: a.cfg.FilesPerTenant},
		Store:     store, Directory: dir, Accounts: acc, Keys: k, Roster: roster.New(store.Ent(), dir, acc, services.Engine), Live: hub, Turns: fair.New(int(a.cfg.MaxConns)), Services: services,
	}
	a.resolver.Imports = imports.New(store, dir, append(a.resolver.Roster.Imports(), services.Proposals.Earlier())...)
	return a.wakesImports()
}

// anchors is the file in which the heads of the chains are kept.
func (a *app) anchors() string {
	if a.cfg.Anchors != "" {
		return a.cfg.Anchors
	}
	return filepath.Join(dataDir(a.cfg), "anchors.jsonl")
}

// people is the book of what happens to accounts.
func (a *app) people() assembly.AccountBook { return assembly.AccountBook{Store: a.store, Log: a.log} }

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
