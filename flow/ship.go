package flow

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

var shippedVersion = regexp.MustCompile(`(?m)^version: \d+$`)

// Shipped is the origin of versions that the product brought.
const Shipped = "随产品提供"

// former are the hashes of texts that were shipped before their versions said
// so (Shipped): the first ones of cohort, proposal and opinion.
var former = []string{
	"65fc4d567e786e67b60d7163ab6ddccf55ae2583080d6ddb3e6e66e7ddb78265",
	"55c12f853ee23fdb044d774dd1c509f42d1d9416b6b92cabe5c66590bbbfd706",
	"fd8b7f7a573e7f9c642b365d53d7c3dbcb65b78bb66a19ae44ea1e43ace3e914",
}

// Ship gives the tenant the definitions that the product ships, where they are
// newer than what it has: kinds that it lacks, and next versions of the others.
// Where the newest version is the committee's own it stays the one with which
// matters begin, whatever its number; a number that only a draft has taken is
// passed over. Called twice it does nothing more.
func (e *Engine) Ship(ctx context.Context, sources [][]byte, roles process.RoleSet) (err error) {
	defer errs.Wrap(&err, "flow.Ship")
	for _, source := range sources {
		d, err := parsed(string(source), process.Hash(source)) // once for all committees
		if err != nil {
			return err
		}
		if source, err = e.unshipped(authz.System(ctx), d); err != nil {
			return err
		}
		if source == nil {
			continue
		}
		if _, err := e.publish(ctx, source, Shipped, roles); err != nil {
			return err
		}
	}
	return nil
}

// unshipped is the text to publish, nil when the tenant has it or its own.
func (e *Engine) unshipped(ctx context.Context, d *process.Definition) ([]byte, error) {
	rows, err := e.client.Process.Query().Where(entprocess.Kind(d.Kind)).Order(gen.Asc(entprocess.FieldVersion)).
		Select(entprocess.FieldVersion, entprocess.FieldStatus, entprocess.FieldHash, entprocess.FieldOrigin).All(ctx)
	if err != nil {
		return nil, err
	}
	next := d.Version
	for _, p := range rows {
		own := p.Origin != Shipped && p.Hash != d.Hash && !slices.Contains(former, p.Hash)
		switch {
		case p.Status != entprocess.StatusDRAFT && (own || p.Version >= d.Version):
			return nil, nil
		case p.Version == next:
			next++
		}
	}
	if next == d.Version {
		return []byte(d.Source), nil
	}
	return shippedVersion.ReplaceAll([]byte(d.Source), fmt.Appendf(nil, "version: %d", next)), nil
}
