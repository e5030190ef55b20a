package flow

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/tenantpolicy"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants"
)

// defaultPolicy is shared; nobody changes anything in it.
var defaultPolicy = sync.OnceValue(process.DefaultPolicy)

// policyKey names a version of a committee's policy, which never changes.
type policyKey struct {
	tenant  uuid.UUID
	version int
}

// policyAt reads one version; 0 is the shipped default. What was read and
// committed is kept, since laying settings over the defaults costs more than
// most statements; callers share it and change nothing in it.
// mostPolicies is how many versions of committees' settings are kept.
const mostPolicies = 4096

func (e *Engine) policyAt(ctx context.Context, version int) (process.Policy, error) {
	if version == 0 {
		return defaultPolicy(), nil
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return process.Policy{}, err
	}
	key := policyKey{tenant, version}
	if p, ok := e.policies.Get(key); ok {
		return p, nil
	}
	row, err := e.client.TenantPolicy.Query().Where(tenantpolicy.Version(version)).Only(ctx)
	if err != nil {
		return process.Policy{}, err
	}
	p, err := process.Overlay(row.Settings, version)
	if err != nil {
		return p, err
	}
	return p, tenants.AfterCommit(ctx, func() { e.policies.Add(key, p) })
}
