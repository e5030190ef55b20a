package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
)

// Size says how much data Load makes.
type Size struct {
	Tenants int // committees: one city to each 19 districts
	Members int // members (委员) of each committee; its staff and units come on top
	Matters int // proposals of each committee
}

// Edition is raised when the rows that a size gives change.
const Edition = 2

// City is the size of the largest installation that is planned for: every
// committee of the country.
var City = Size{Tenants: 3400, Members: 206, Matters: 600}

// Load fills a database with committees for measuring speed: people with
// accounts, roles and seats, units, sittings, the shipped processes, and
// proposals in all states with their parties, shares, replies and ratings. The
// same size gives the same rows, to the last id.
//
// It needs the address of a superuser: COPY FROM is refused to all others by
// row-level security, and the rows of many tenants are written at once. For
// that time it drops the indexes and references of the tables that it fills
// and makes them anew: PostgreSQL then checks every row of every table, so
// what has been loaded is consistent. All of it is one transaction: stopped
// half-way it leaves nothing behind. Other tenants stay as they are, but nobody
// can work meanwhile.
//
// Nobody can sign in to the accounts, and the cases have no running timers, so
// that the worker has nothing to do with them. Called again with the same size
// it does nothing and answers false; another size is refused.
func Load(ctx context.Context, superURL string, size Size, progress func(line string)) (loaded bool, err error) {
	defer errs.Wrap(&err, "bulk.Load(%d×%d)", size.Tenants, size.Matters)
	if progress == nil {
		progress = func(string) {}
	}
	if size.Tenants < 1 || size.Tenants > maxTenants || size.Members < 1 || size.Members > 9999 || size.Matters < 0 || size.Matters > 9999 {
		return false, errs.New(errs.Invalid, "租户数须在 1 到 %d 之间，每个租户的委员数须在 1 到 9999 之间，提案数不超过 9999", maxTenants)
	}
	w, err := newWorld(size)
	if err != nil {
		return false, err
	}
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return false, errors.New("the superuser's database URL cannot be used") // the cause would show a password
	}
	defer conn.Close(context.WithoutCancel(ctx))
	there, err := w.before(ctx, conn)
	if err != nil || there {
		return false, err
	}
	start := time.Now()
	l := &loader{world: w, conn: conn, progress: func(format string, args ...any) {
		progress(fmt.Sprintf("%5.0fs  ", time.Since(start).Seconds()) + fmt.Sprintf(format, args...))
	}}
	if err := l.load(ctx); err != nil {
		return false, err
	}
	for _, t := range w.tables() {
		if _, err := conn.Exec(ctx, "ANALYZE "+pgx.Identifier{t.name}.Sanitize()); err != nil {
			return false, err
		}
	}
	l.progress("analysed")
	return true, nil
}

// before looks at what is there: the role, and a former Load of this or
// another size. A former Load is whole, since it was one transaction, and the
// ids of another size are other ids.
func (w *world) before(ctx context.Context, conn *pgx.Conn) (there bool, err error) {
	var super bool
	var others int
	err = conn.QueryRow(ctx, `
		SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), EXISTS (SELECT FROM tenants WHERE id = $1),
		  (SELECT count(*) FROM tenants WHERE starts_with(name, $2) AND id <> $1)`, w.tenant(0), namePrefix).Scan(&super, &there, &others)
	switch {
	case err != nil:
		return false, err
	case !super:
		return false, errs.New(errs.NotAllowed, "装入测速数据需要数据库超级用户的连接地址：行级安全之下，其他角色不能使用 COPY FROM")
	case !there && others > 0:
		return false, errs.New(errs.Conflict, "数据库里已有另一规模的测速数据（%d 个租户）；要换规模，请用新的数据文件夹", others)
	}
	return there, nil
}
