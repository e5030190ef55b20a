package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/tenantpolicy"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

// protection says which settings nobody changes alone
// (tenants/templates/floor/settings.yaml).
var protection = sync.OnceValue(func() *process.Protection {
	p, err := process.ParseProtection(templates.ProtectingSettings())
	if err != nil {
		panic(err) // shipped: a test reads it
	}
	return p
})

// PolicyProposed reports whether a version is a proposal: it never takes effect
// by itself, and its confirmation is another version.
func PolicyProposed(p *gen.TenantPolicy) bool {
	return p.EffectiveFrom != nil && p.EffectiveFrom.Equal(never)
}

// decided is the newest version that is not a proposal, nil where there is none.
func (s *Service) decided(ctx context.Context) (*gen.TenantPolicy, error) {
	p, err := s.client.TenantPolicy.Query().
		Where(tenantpolicy.Or(tenantpolicy.EffectiveFromIsNil(), tenantpolicy.EffectiveFromNEQ(never))).
		Order(gen.Desc(tenantpolicy.FieldVersion)).First(ctx)
	if gen.IsNotFound(err) {
		return nil, nil
	}
	return p, err
}

// nextPolicy is the number of the next version; proposals have numbers, too.
func (s *Service) nextPolicy(ctx context.Context) (int, error) {
	p, err := s.client.TenantPolicy.Query().Order(gen.Desc(tenantpolicy.FieldVersion)).First(ctx)
	if gen.IsNotFound(err) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	return p.Version + 1, nil
}

// protecting lists, for who has to judge them, the protecting settings that
// differ from the version before, as they hold with what is shipped.
func protecting(last *gen.TenantPolicy, settings map[string]any) ([]string, error) {
	var before map[string]any
	if last != nil {
		before = last.Settings
	}
	a, err := process.Overlay(before, 1)
	if err != nil {
		return nil, err
	}
	b, err := process.Overlay(settings, 1)
	if err != nil {
		return nil, err
	}
	changed, err := protection().Changed(a, b)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	was, err := a.Map()
	if err != nil {
		return nil, err
	}
	is, err := b.Map()
	for i, key := range changed {
		changed[i] = fmt.Sprintf("%s 由 %s 改为 %s", key, inJSON(was[key]), inJSON(is[key]))
	}
	return changed, err
}

func inJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // it was read from JSON
	}
	return string(b)
}

// proposal is a change that waits for a second person.
type proposal struct {
	last     *gen.TenantPolicy // the version that it changes
	settings map[string]any
	from     time.Time
	changed  []string
}

// propose stores a version that never takes effect, and tells who may confirm
// it. The same proposal on the same version is found again.
func (s *Service) propose(ctx context.Context, v *authz.Viewer, in proposal, add *gen.TenantPolicyCreate) (*gen.TenantPolicy, error) {
	q := s.client.TenantPolicy.Query().Where(tenantpolicy.EffectiveFrom(never), tenantpolicy.ProposedFrom(in.from))
	if in.last != nil {
		q = q.Where(tenantpolicy.VersionGT(in.last.Version))
	}
	waiting, err := q.Order(gen.Desc(tenantpolicy.FieldVersion)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range waiting {
		if sameSettings(p.Settings, in.settings) {
			return p, nil
		}
	}
	p, err := add.SetEffectiveFrom(never).SetProposedFrom(in.from).SetProposedByID(v.Membership).Save(ctx)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s提出修改政策（第 %d 版）：%s。须由另一人确认后才生效", v.Name, p.Version, strings.Join(in.changed, "；"))
	return p, flow.TellRoles(ctx, notices.Decision(text, gen.TypeTenantPolicy, p.ID), authz.HoldersOf(ctx, confirmSettings)...)
}

// ConfirmPolicy is the second person's word on a proposed version: the next
// version has its settings and both names, and takes effect on the day that was
// proposed, today at the earliest. Called twice, the second returns what the
// first made. Errors: NotFound; NotAllowedInState for what is no proposal;
// NotAllowed to who proposed it; Conflict where the settings changed since.
func (s *Service) ConfirmPolicy(ctx context.Context, version int) (_ *gen.TenantPolicy, err error) {
	defer errs.Wrap(&err, "roster.ConfirmPolicy(%d)", version)
	ctx, v, err := s.enter(ctx, confirmSettings)
	if err != nil {
		return nil, err
	}
	p, err := s.client.TenantPolicy.Query().Where(tenantpolicy.Version(version)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有第 %d 版政策", version).At("version")
	}
	if err != nil {
		return nil, err
	}
	done, err := s.client.TenantPolicy.Query().Where(tenantpolicy.Confirms(version)).First(ctx)
	if !gen.IsNotFound(err) {
		return done, err
	}
	last, err := s.decided(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case !PolicyProposed(p) || p.ProposedByID == nil:
		return nil, errs.New(errs.NotAllowedInState, "第 %d 版不是须两人的提议，不用确认", version).At("version")
	case *p.ProposedByID == v.Membership:
		return nil, authz.Another(ctx, confirmSettings, "这一修改由您提出")
	case last != nil && last.Version > p.Version:
		return nil, errs.New(errs.Conflict, "提出之后政策又有了第 %d 版，请在它的基础上重新提出", last.Version).At("version")
	}
	if err := authz.Second(ctx, *p.ProposedByID); err != nil {
		return nil, err
	}
	if err := s.allowed(ctx, p.Settings); err != nil {
		return nil, err
	}
	from := or(p.ProposedFrom, clock.Today(ctx))
	if today := clock.Today(ctx); from.Before(today) {
		from = today
	}
	next, err := s.nextPolicy(ctx)
	if err != nil {
		return nil, err
	}
	return s.client.TenantPolicy.Create().SetVersion(next).SetEffectiveFrom(from).SetSettings(p.Settings).SetNote(p.Note).SetApprovedBy(p.ApprovedBy).
		SetProposedByID(*p.ProposedByID).SetNillableProposedFrom(p.ProposedFrom).SetConfirmedByID(v.Membership).SetConfirms(version).Save(ctx)
}
