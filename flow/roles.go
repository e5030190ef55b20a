package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// What a change of a committee's roles means to its matters and processes. All of
// it asks as the product; the caller decides who may see the answer.

// KindStates are the states of each kind that the committee has published.
func (e *Engine) KindStates(ctx context.Context) (map[string][]string, error) {
	used, err := e.InUse(ctx)
	out := map[string][]string{}
	for _, u := range used {
		for _, s := range u.Def.Machines[process.OfMatter].States {
			out[u.Kind] = append(out[u.Kind], s.Code)
		}
	}
	return out, err
}

// Breaks lists what would no longer close its loop of the processes in use under
// other rights, and does under those of today: each in words.
func (e *Engine) Breaks(ctx context.Context, then *authz.Policy) (out []string, err error) {
	defer errs.Wrap(&err, "flow.Breaks")
	now, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	policy, err := e.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	used, err := e.InUse(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, u := range used {
		running := false
		if seen[u.Kind] || u.Status != entprocess.StatusPUBLISHED {
			if running, err = e.runs(ctx, u.ID); err != nil {
				return nil, err
			}
			if !running {
				continue
			}
		}
		seen[u.Kind] = true
		was := process.FindingTexts(process.Errors(e.Report(u.Def, policy, now, nil).Findings))
		for _, f := range process.FindingTexts(process.Errors(e.Report(u.Def, policy, then, nil).Findings)) {
			if !slices.Contains(was, f) {
				out = append(out, fmt.Sprintf("“%s”第 %d 版 %s", u.Title, u.Version, f))
			}
		}
	}
	return out, nil
}

// runs reports whether a matter is under way on a version.
func (e *Engine) runs(ctx context.Context, version uuid.UUID) (is bool, err error) {
	return is, tenants.Row(ctx, `SELECT EXISTS (SELECT FROM matters WHERE process_id = $1 AND closed_at IS NULL)`, []any{version}, &is)
}

// awaitingRole are the matters that wait for a role, if only beside others.
func awaitingRole(ctx context.Context, role string, most int) ([]uuid.UUID, error) {
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT DISTINCT matter_id FROM awaited WHERE role = $1 OR $1 = ANY (roles) ORDER BY matter_id LIMIT $2`, role, most)
}

// LeavesUnder lists what waits for a role today and would be nobody's under other
// rights, and whose turn it would become.
func (e *Engine) LeavesUnder(ctx context.Context, then *authz.Policy, role string) (out []Left, err error) {
	defer errs.Wrap(&err, "flow.LeavesUnder(%s)", role)
	ctx = authz.System(ctx)
	ids, err := awaitingRole(ctx, role, leftMost)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	now, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	cases, err := e.load(ctx, ids...)
	for _, id := range ids {
		if c := cases[id]; err == nil && c != nil {
			var some []Left
			some, err = e.leavesUnder(ctx, c, now, then)
			out = append(out, some...)
		}
	}
	return out, err
}

func (e *Engine) leavesUnder(ctx context.Context, c *Case, now, then *authz.Policy) (out []Left, err error) {
	before, err := e.standings(ctx, c, now)
	if err != nil {
		return nil, err
	}
	after, err := e.standings(ctx, c, then)
	if err != nil {
		return nil, err
	}
	for i, s := range before.subjects {
		if s.away || !before.there.any(s.awaited) || after.there.any(after.subjects[i].awaited) {
			continue
		}
		x := before.left(c, i)
		x.Becomes, x.By = becomes(then, after.rows[i]), after.there.meant(after.rows[i])
		out = append(out, x)
	}
	return out, nil
}

// AwaitRole computes again whom the matters wait for in which a role has a part
// to play: those that wait for it, and those whose process names it, or a post on
// which it may hang.
func (e *Engine) AwaitRole(ctx context.Context, role string) (err error) {
	defer errs.Wrap(&err, "flow.AwaitRole(%s)", role)
	ctx = authz.System(ctx)
	ids, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT m.id FROM matters m JOIN processes p ON p.id = m.process_id
		WHERE m.closed_at IS NULL AND (strpos(p.source, $1) > 0 OR strpos(p.source, 'vacant:') > 0 OR EXISTS (SELECT FROM awaited a WHERE a.matter_id = m.id AND (a.role = $1 OR $1 = ANY (a.roles))))
		ORDER BY m.id LIMIT $2`, role, leftMost)
	if err != nil || len(ids) == 0 {
		return err
	}
	return e.Await(ctx, ids...)
}
