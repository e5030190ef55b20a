package flow

import (
	"context"
	"fmt"
	"regexp"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/internal/errs"
)

var shippedVersion = regexp.MustCompile(`(?m)^version: \d+$`)

// Ship gives the tenant the definitions that the product ships, where they are
// newer than what it has: kinds that it lacks, and next versions of the others.
// A version that the committee published itself, under the same number or a
// later one, stays the one with which matters begin; a number that only a draft
// has taken is passed over. Called twice it does nothing more.
func (e *Engine) Ship(ctx context.Context, sources [][]byte, roles RoleSet) (err error) {
	defer errs.Wrap(&err, "flow.Ship")
	for _, source := range sources {
		d, err := Parse(source)
		if err != nil {
			return err
		}
		if source, err = e.unshipped(authz.System(ctx), d); err != nil {
			return err
		}
		if source == nil {
			continue
		}
		if _, err := e.Publish(ctx, source, roles); err != nil {
			return err
		}
	}
	return nil
}

// unshipped is the text to publish, nil when the tenant has it or its own.
func (e *Engine) unshipped(ctx context.Context, d *Definition) ([]byte, error) {
	rows, err := e.client.Process.Query().Where(process.Kind(d.Kind), process.VersionGTE(d.Version)).
		Order(gen.Asc(process.FieldVersion)).All(ctx)
	if err != nil {
		return nil, err
	}
	next := d.Version
	for _, p := range rows {
		if p.Status != process.StatusDRAFT {
			return nil, nil
		}
		next = p.Version + 1
	}
	if next == d.Version {
		return []byte(d.Source), nil
	}
	return shippedVersion.ReplaceAll([]byte(d.Source), fmt.Appendf(nil, "version: %d", next)), nil
}
