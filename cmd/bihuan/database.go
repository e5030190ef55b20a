package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/deploy"
	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/internal/pgembed"
)

// database is where the rows are: an outside server, or a private one that
// this process owns or shares.
type database struct {
	appURL, ownerURL string
	server           *pgembed.Server // nil for an outside server
	options          pgembed.Options
}

// openDatabase finds the database and, for the private one, starts the server
// and creates roles and schema.
func openDatabase(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *database, err error) {
	if cfg.DatabaseURL != "" {
		d := &database{appURL: cfg.DatabaseURL, ownerURL: cfg.DatabaseOwnerURL}
		return d, checkLocale(ctx, cfg.DatabaseURL)
	}
	o := pgembed.Options{Dir: dataDir(cfg), BinDir: cfg.PostgresBin}
	s, err := pgembed.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	log.Info("private database", "dir", dataDir(cfg), "version", s.Version, "shared", s.Adopted)
	d := &database{appURL: s.URL("bihuan_app", pgembed.Database), ownerURL: s.URL("bihuan_owner", pgembed.Database), server: s, options: o}
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

// attended does the work while the private database is held up: it is started
// again when it ends (O1). When it cannot be, the work is told to stop and the
// error says why, so that the process ends and its supervisor knows.
func (d *database) attended(ctx context.Context, log *slog.Logger, work func(context.Context) error) error {
	if d.server == nil {
		return work(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lost := make(chan error, 1)
	go func() {
		var err error
		if d.server, err = pgembed.Keep(ctx, d.server, d.options, log); err != nil {
			log.Error("the private database is lost; the process ends", "error", err.Error())
			stop()
		}
		lost <- err
	}()
	err := work(ctx)
	stop()
	return errors.Join(<-lost, err)
}
