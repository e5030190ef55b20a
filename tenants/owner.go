package tenants

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
)

// AsOwner runs fn in one transaction of the tenant as the owner of the tables,
// on a connection of its own: a committee that moves away or comes in whole
// needs what the serving role may not, rows of ledgers written as they were and
// deleted. Row-level security holds for the owner as for everybody. A reading
// transaction sees one state, however long it reads.
func (s *Store) AsOwner(ctx context.Context, ownerURL string, tenant uuid.UUID, writes bool, fn func(context.Context) error) (err error) {
	if _, e := current(ctx); e == nil {
		return errors.New("tenants: the owner's transaction stands inside another")
	}
	if ownerURL == "" {
		return errs.New(errs.Invalid, "这件事需要 DATABASE_OWNER_URL（角色 bihuan_owner 的连接地址）")
	}
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return errors.New("the owner's database URL cannot be parsed") // the cause would show a password
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return unavailable(err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	register(conn.TypeMap())
	mode := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	if writes {
		mode = pgx.TxOptions{AccessMode: pgx.ReadWrite}
	}
	tx, err := conn.BeginTx(ctx, mode)
	if err != nil {
		return unavailable(err)
	}
	ss := &session{tx: tx, tenant: tenant, writable: writes, fate: fateOf(ctx), seal: s.seal, owner: true}
	inside := context.WithValue(ctx, sessionKey{}, ss)
	if err = Enter(inside, tenant); err == nil {
		err = fn(inside)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	return ss.commit(ctx)
}

// Enter goes on with the owner's transaction in another tenant, Installation
// included: what is done to a committee is written in the book of the
// installation in the transaction in which it is done.
func Enter(ctx context.Context, tenant uuid.UUID) error {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	if !s.owner {
		return errors.New("tenants: only the owner's transaction goes from one tenant to another")
	}
	if _, err := Exec(ctx, `SELECT set_config('app.tenant', $1, true), set_config('TimeZone', 'UTC', true)`, tenant.String()); err != nil {
		return err
	}
	s.tenant = tenant
	return nil
}
