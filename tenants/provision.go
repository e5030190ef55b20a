package tenants

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Level is a committee's place in the tree.
type Level string

// The four levels. ZONE is a development zone with a committee of its own,
// beside the districts.
const (
	Province Level = "PROVINCE"
	City     Level = "CITY"
	District Level = "DISTRICT"
	Zone     Level = "ZONE"
)

// rank grows downward: a parent stands above its children.
var rank = map[Level]int{Province: 1, City: 2, District: 3, Zone: 3}

// NewTenant is a committee to enter into the directory.
type NewTenant struct {
	Code       string // GB/T 2260, six digits
	Name       string
	ShortName  string // empty: the name
	Level      Level
	ParentCode string // empty: no committee above uses this installation
}

// provinces are the first two digits of GB/T 2260.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"

// maxName is the longest name of a committee, in characters.
const maxName = 80

// Normal trims the texts and says what is wrong with them. It is pure.
func (in NewTenant) Normal() (NewTenant, error) {
	in.Code, in.ParentCode = strings.TrimSpace(in.Code), strings.TrimSpace(in.ParentCode)
	in.Name, in.ShortName = text.Clean(in.Name), text.Clean(in.ShortName)
	if in.ShortName == "" {
		in.ShortName = in.Name
	}
	switch {
	case rank[in.Level] == 0:
		return in, errs.New(errs.Invalid, "层级只能是 PROVINCE、CITY、DISTRICT 或 ZONE").At("level")
	case !isCode(in.Code):
		return in, errs.New(errs.Invalid, "行政区划代码应为 GB/T 2260 的六位数字，请核对").At("code")
	case !fits(in.Code, in.Level):
		return in, errs.New(errs.Invalid, "行政区划代码与层级不符：省级以 0000 结尾，市级以 00 结尾，区县级末两位不为 00").At("code")
	case !isName(in.Name):
		return in, errs.New(errs.Invalid, "请填写全称，不超过 %d 个字", maxName).At("name")
	case !isName(in.ShortName):
		return in, errs.New(errs.Invalid, "简称不超过 %d 个字", maxName).At("shortName")
	case in.ParentCode != "" && !isCode(in.ParentCode):
		return in, errs.New(errs.Invalid, "上级的行政区划代码应为六位数字，请核对").At("parentCode")
	}
	return in, nil
}

func isCode(s string) bool {
	if len(s) != 6 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	return strings.Contains(provinces, s[:2])
}

func fits(code string, l Level) bool {
	switch l {
	case Province:
		return code[2:] == "0000"
	case City:
		return code[2:4] != "00" && code[4:] == "00"
	}
	return code[2:4] != "00" && code[4:] != "00"
}

func isName(s string) bool {
	_, err := text.Field{Least: 1, Most: maxName}.Take(s)
	return err == nil
}

// below reports whether the code lies in the parent's area: a district
// may stand under its city or, where there is none between, its province.
func below(code string, l Level, parent string, above Level) bool {
	if rank[above] >= rank[l] {
		return false
	}
	if above == Province {
		return code[:2] == parent[:2]
	}
	return code[:4] == parent[:4]
}

// Provision enters a committee into the directory and returns its id. It needs
// the owner's connection, since the role that serves may only read the
// directory. Called twice with the same values it returns the same id; with
// the same code and other values it is errs.Conflict and changes nothing.
func Provision(ctx context.Context, ownerURL string, in NewTenant) (id uuid.UUID, err error) {
	defer errs.Wrap(&err, "tenants.Provision(%s)", in.Code)
	if in, err = in.Normal(); err != nil {
		return uuid.Nil, err
	}
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return uuid.Nil, errors.New("the owner's database URL cannot be parsed") // the cause would show a password
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return uuid.Nil, unavailable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		id, err = enter(ctx, tx, in)
		return err
	})
	return id, err
}

func enter(ctx context.Context, tx pgx.Tx, in NewTenant) (uuid.UUID, error) {
	parent, err := findParent(ctx, tx, in)
	if err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	tag, err := tx.Exec(ctx, `
		INSERT INTO tenants (id, code, name, short_name, level, parent_id, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'ACTIVE', $7) ON CONFLICT (code) DO NOTHING`,
		id, in.Code, in.Name, in.ShortName, string(in.Level), parent, clock.Now(ctx))
	if err != nil || tag.RowsAffected() == 1 {
		return id, err
	}
	var same bool
	err = tx.QueryRow(ctx, `
		SELECT id, (name, short_name, level) = ($2, $3, $4) AND parent_id IS NOT DISTINCT FROM $5
		FROM tenants WHERE code = $1`, in.Code, in.Name, in.ShortName, string(in.Level), parent).Scan(&id, &same)
	if err != nil {
		return uuid.Nil, err
	}
	if !same {
		return uuid.Nil, errs.New(errs.Conflict, "代码 %s 已用于另一个政协，或其名称、层级、上级不同；请核对后再试", in.Code).At("code")
	}
	return id, nil
}

func findParent(ctx context.Context, tx pgx.Tx, in NewTenant) (*uuid.UUID, error) {
	if in.ParentCode == "" {
		return nil, nil
	}
	var id uuid.UUID
	var above Level
	err := tx.QueryRow(ctx, `SELECT id, level FROM tenants WHERE code = $1`, in.ParentCode).Scan(&id, &above)
	if NoRows(err) {
		return nil, errs.New(errs.Invalid, "没有代码为 %s 的上级政协，请先建立上级", in.ParentCode).At("parentCode")
	}
	if err != nil {
		return nil, err
	}
	if !below(in.Code, in.Level, in.ParentCode, above) {
		return nil, errs.New(errs.Invalid, "%s 不是 %s 的上级：上级的层级须更高，代码须属于同一省或同一市", in.ParentCode, in.Code).At("parentCode")
	}
	return &id, nil
}

// Tenant is a line of the directory.
type Tenant struct {
	ID        uuid.UUID
	Code      string
	Name      string
	ShortName string
	Level     Level
	Parent    *uuid.UUID // nil: none above in this installation
	Active    bool       // false: suspended; jobs leave it alone
}

// maxPage bounds a page of the directory.
const maxPage = 500

// Directory is the page of committees whose codes come after the given one, by
// code; limit 0, or one too large, means 500. It opens a transaction of its
// own, so it is called outside any tenant's: for jobs that go through all
// committees, which end when a page is empty.
func (s *Store) Directory(ctx context.Context, after string, limit int) (page []Tenant, err error) {
	defer errs.Wrap(&err, "Store.Directory(%s)", after)
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	err = s.Global(ctx, func(ctx context.Context) error {
		page, err = Rows[Tenant](ctx, `
			SELECT id, code, name, short_name, level, parent_id, status = 'ACTIVE' FROM tenants
			WHERE code > $1 ORDER BY code LIMIT $2`, after, limit)
		return err
	})
	return page, err
}
