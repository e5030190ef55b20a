package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/deploy"
	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/pgembed"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// database is where the rows are: an outside server, or a private one that
// this process owns or shares.
type database struct {
	appURL, ownerURL string
	server           *pgembed.Server // nil for an outside server
}

// openDatabase finds the database and, for the private one, starts the server
// and creates roles and schema.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *database, err error) {
	if cfg.DatabaseURL != "" {
		d := &database{appURL: cfg.DatabaseURL, ownerURL: cfg.DatabaseOwnerURL}
		return d, checkLocale(ctx, cfg.DatabaseURL)
	}
	s, err := pgembed.Start(ctx, pgembed.Options{Dir: dataDir(cfg), BinDir: cfg.PostgresBin})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	log.Info("private database", "dir", dataDir(cfg), "version", s.Version, "shared", s.Adopted)
	d := &database{appURL: s.URL("bihuan_app", pgembed.Database), ownerURL: s.URL("bihuan_owner", pgembed.Database), server: s}
	c, err := pgx.Connect(ctx, s.URL(pgembed.Superuser, pgembed.Database))
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, deploy.Roles+`
		ALTER DATABASE `+pgembed.Database+` OWNER TO bihuan_owner; ALTER SCHEMA public OWNER TO bihuan_owner;`)
	return d, err
}

// checkLocale refuses an outside database that cannot tell Chinese characters
// apart from punctuation.
func checkLocale(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("连接不上 DATABASE_URL 指的数据库，请检查地址、用户和密码")
	}
	defer c.Close(ctx)
	var ctype, encoding string
	err = c.QueryRow(ctx, `SELECT datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()`).Scan(&ctype, &encoding)
	if err != nil {
		return err
	}
	if encoding != "UTF8" || ctype == "C" || ctype == "POSIX" {
		return fmt.Errorf("数据库的编码是 %s、LC_CTYPE 是 %s；请用 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' 建库（见 deploy/roles.sql）", encoding, ctype)
	}
	return nil
}

// migrate brings the database, and every committee's shipped definitions, to
// this release's. It returns how many files of migration it ran.
func (d *database) migrate(ctx context.Context) (int, error) {
	if d.ownerURL == "" {
		return 0, errors.New("迁移需要 DATABASE_OWNER_URL（角色 bihuan_owner 的连接地址）")
	}
	n, err := migrations.Up(ctx, d.ownerURL)
	if err == nil {
		err = ship(ctx, d.appURL)
	}
	return n, err
}

func (d *database) close() error {
	if d.server == nil {
		return nil
	}
	return d.server.Stop()
}

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
	a.resolver = &graph.Resolver{
		Store: store, Directory: dir, Accounts: acc, Keys: k, Roster: roster.New(store.Ent(), dir, acc), Services: services,
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
