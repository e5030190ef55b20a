package figures

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Define is the right to write definitions of the committee's own.
const Define = "figures.define"

// Entity is what the book calls a definition.
const Entity = "FigureDefinition"

// prefix is how the codes of own definitions begin, so that they never hide one
// that is shipped.
const prefix = "own_"

// mostOwn is how many definitions a committee may have in force.
const mostOwn = 100

// Own is what a committee defines itself. It is safe for concurrent use.
type Own struct {
	states func(context.Context) (map[string][]string, error) // the kinds that were published, with their states
}

// NewOwn makes the service.
func NewOwn(states func(context.Context) (map[string][]string, error)) *Own { return &Own{states} }

// Draft is a definition as it is to be.
type Draft struct {
	Definition
	Reason   string
	Expected *int // the version that was seen, 0 for none; nil: whichever
}

type stored struct {
	ID         uuid.UUID
	Version    int
	Definition []byte
	RetiredAt  *time.Time
}

// versions are those of an own definition, or of all, the newest of each first.
func versions(ctx context.Context, code string) (out []*Definition, err error) {
	rows, err := tenants.Rows[stored](ctx, `SELECT id, version, definition, retired_at FROM figure_definitions WHERE $1 = '' OR code = $1 ORDER BY code, version DESC`, code)
	for _, r := range rows {
		d := &Definition{}
		if err := json.Unmarshal(r.Definition, d); err != nil {
			return nil, err
		}
		d.ID, d.Version, d.Retired = r.ID, r.Version, r.RetiredAt != nil
		out = append(out, d)
	}
	return out, err
}

// finder finds definitions in force: those that are shipped, and the committee's
// own where one is asked for.
func finder(ctx context.Context, codes []string) (func(string) *Definition, error) {
	if !slices.ContainsFunc(codes, func(c string) bool { return strings.HasPrefix(c, prefix) }) {
		return Shipped.Of, nil
	}
	own, err := versions(ctx, "")
	return func(code string) *Definition {
		i := slices.IndexFunc(own, func(d *Definition) bool { return d.Code == code && !d.Retired })
		if i < 0 {
			return Shipped.Of(code)
		}
		return own[i]
	}, err
}

// InForce are all definitions that the viewer may ask for: those that are shipped
// first.
func InForce(ctx context.Context) ([]*Definition, error) {
	own, err := versions(ctx, "")
	out := slices.Clone(Shipped.All())
	for _, d := range own {
		if !d.Retired && d.readable(ctx) == nil {
			out = append(out, d)
		}
	}
	return out, err
}

// OwnInForce are the committee's own definitions in force, whoever may read them:
// for who passes them on.
func OwnInForce(ctx context.Context) (out []*Definition, err error) {
	own, err := versions(ctx, "")
	for _, d := range own {
		if !d.Retired {
			out = append(out, d)
		}
	}
	return out, err
}

// readable refuses a definition whose readers the viewer is none of.
func (d *Definition) readable(ctx context.Context) error {
	if d.Readers == "" {
		return nil
	}
	v, err := authz.Require(ctx, d.Readers)
	if err == nil && !v.May(authz.Perm(d.Readers)).Has(authz.Tenant) {
		err = errs.New(errs.NotAllowed, "“%s”只给看得到全部这类事项的人看", d.Label)
	}
	return err
}

// ByID is a version of an own definition, retired ones too.
func ByID(ctx context.Context, id uuid.UUID) (*Definition, error) {
	list, err := versions(ctx, "")
	i := slices.IndexFunc(list, func(d *Definition) bool { return d.ID == id })
	if err == nil && i < 0 {
		err = errs.New(errs.NotFound, "没有这项自定的指标")
	}
	if err != nil {
		return nil, err
	}
	return list[i], nil
}

// Countable are the things of which an own definition may be made, by their codes.
func Countable() (out []Thing) {
	for _, code := range slices.Sorted(maps.Keys(things)) {
		t := things[code]
		if len(t.units) == 0 {
			continue
		}
		thing := t.said(code)
		thing.Units = t.units
		for _, name := range slices.Sorted(maps.Keys(t.amounts)) {
			thing.Amounts = append(thing.Amounts, Choice{name, t.amounts[name].label})
		}
		for _, name := range slices.Sorted(maps.Keys(everybody)) {
			if w := t.words[name]; w != nil {
				thing.Per = append(thing.Per, Choice{name, w.label})
			}
		}
		out = append(out, thing)
	}
	return out
}

// Check lists everything that is wrong with a draft, each with its place, and
// writes nothing.
func (s *Own) Check(ctx context.Context, in Draft) (_ []*errs.Error, err error) {
	defer errs.Wrap(&err, "figures.Own.Check(%s)", in.Code)
	sys, v, err := authz.Enter(ctx, Define)
	if err != nil {
		return nil, err
	}
	return s.findings(sys, &in, v)
}

// Publish makes the next version of a definition; the one before is retired, and
// reports that have it stay as they are. Called twice it makes two versions.
// Errors: NotAllowed; Invalid with everything that is wrong; VersionConflict where
// another version came meanwhile.
func (s *Own) Publish(ctx context.Context, in Draft) (_ *Definition, err error) {
	defer errs.Wrap(&err, "figures.Own.Publish(%s)", in.Code)
	sys, v, err := authz.Enter(ctx, Define)
	if err == nil {
		err = tenants.Alone(ctx, "figures")
	}
	if err != nil {
		return nil, err
	}
	found, err := s.findings(sys, &in, v)
	if err != nil {
		return nil, err
	}
	if text.Blank(in.Reason) || len([]rune(in.Reason)) > 500 {
		found = append(found, errs.New(errs.Invalid, "请写明为什么这样定，至多 500 字").At("reason"))
	}
	if len(found) > 0 {
		first := *found[0]
		first.More = found[1:]
		return nil, &first
	}
	before, err := versions(sys, in.Code)
	if err != nil {
		return nil, err
	}
	var n int
	if err := tenants.Row(sys, `SELECT count(*) FROM figure_definitions WHERE retired_at IS NULL AND code <> $1`, []any{in.Code}, &n); err != nil {
		return nil, err
	}
	if n >= mostOwn {
		return nil, errs.New(errs.Limited, "自定的指标至多 %d 项，请先停用不用的", mostOwn)
	}
	d := in.Definition
	if d.Version = 1; len(before) > 0 {
		d.Version = before[0].Version + 1
	}
	if in.Expected != nil && *in.Expected != d.Version-1 {
		return nil, errs.New(errs.VersionConflict, "这项指标刚刚有人改过，请看过现在的第 %d 版再改", d.Version-1).At("expectedVersion")
	}
	return &d, s.write(sys, v, &d, text.Clean(in.Reason))
}

func (s *Own) write(ctx context.Context, v *authz.Viewer, d *Definition, reason string) error {
	d.ID = uuid.Must(uuid.NewV7())
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	now := clock.Now(ctx)
	if _, err := tenants.Exec(ctx, `UPDATE figure_definitions SET retired_at = $2, retired_by_id = $3 WHERE code = $1 AND retired_at IS NULL`, d.Code, now, v.Membership); err != nil {
		return err
	}
	if _, err := tenants.Exec(ctx, `INSERT INTO figure_definitions (tenant_id, id, code, version, definition, reason, published_by_id, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		v.Tenant, d.ID, d.Code, d.Version, raw, reason, v.Membership, now); err != nil {
		return err
	}
	var after map[string]any
	if err := json.Unmarshal(raw, &after); err != nil {
		return err
	}
	after["reason"] = reason
	return audit.Note(ctx, audit.Change{Entity: Entity, ID: d.ID, Op: audit.Create, After: after})
}

// Retire ends a definition: it is no longer offered; reports that have it stay as
// they are. Errors: NotAllowed, NotFound also for one that is retired, Invalid
// without a reason.
func (s *Own) Retire(ctx context.Context, code, reason string) (_ *Definition, err error) {
	defer errs.Wrap(&err, "figures.Own.Retire(%s)", code)
	sys, v, err := authz.Enter(ctx, Define)
	if err == nil {
		err = tenants.Alone(ctx, "figures")
	}
	if err != nil {
		return nil, err
	}
	list, err := versions(sys, code)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || code == "" || list[0].Retired {
		return nil, errs.New(errs.NotFound, "没有这项自定的指标").At("code")
	}
	if text.Blank(reason) || len([]rune(reason)) > 500 {
		return nil, errs.New(errs.Invalid, "请写明为什么停用，至多 500 字").At("reason")
	}
	var id uuid.UUID
	if err := tenants.Row(sys, `UPDATE figure_definitions SET retired_at = $2, retired_by_id = $3 WHERE code = $1 AND retired_at IS NULL RETURNING id`, []any{code, clock.Now(sys), v.Membership}, &id); err != nil {
		return nil, err
	}
	d := list[0]
	d.Retired = true
	return d, audit.Note(sys, audit.Change{Entity: Entity, ID: id, Op: audit.Update, Before: map[string]any{"retired": false}, After: map[string]any{"retired": true, "reason": text.Clean(reason)}})
}
