package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// TestACrowd: 64 people of eight committees on four connections, who read,
// write, fail, give up and panic, never see a row of another committee.
func TestACrowd(t *testing.T) {
	t.Parallel()
	const people, committees, rounds = 64, 8, 12
	db := tenantstest.New(t)
	store, err := tenants.Open(context.Background(), db.AppURL, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var all [committees]uuid.UUID
	for i := range all {
		all[i] = tenantstest.Tenant(t, db, fmt.Sprintf("2102%02d", i+1), fmt.Sprintf("%d区政协", i), "DISTRICT")
		plant(t, store, all[i])
	}
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			c := &person{t: t, store: store, tenant: all[i%committees], dice: rand.New(rand.NewPCG(uint64(i), 0))}
			for range rounds {
				c.turn()
			}
		})
	}
	wg.Wait()
	var tenant string
	for range 16 { // whichever connection comes
		if err := store.Pool().QueryRow(context.Background(), `SELECT coalesce(current_setting('app.tenant', true), '')`).Scan(&tenant); err != nil || tenant != "" {
			t.Errorf("a connection was left with tenant %q, %v", tenant, err)
		}
	}
}

type person struct {
	t      *testing.T
	store  *tenants.Store
	tenant uuid.UUID
	dice   *rand.Rand
}

func (p *person) turn() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer func() {
		if r := recover(); r != nil && r != errUndo {
			panic(r)
		}
	}()
	end := p.dice.IntN(5)
	door := p.store.InTx
	if end == 0 {
		door = p.store.ReadTx
	}
	err := door(ctx, p.tenant, func(ctx context.Context) error {
		p.look(ctx)
		switch end {
		case 1:
			p.write(ctx)
		case 2:
			return errUndo
		case 3:
			cancel()
		case 4:
			p.write(ctx)
			panic(errUndo)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) && !errors.Is(err, context.Canceled) {
		p.t.Error(err)
	}
}

// look reads by list, by edge and by hand, from several goroutines on the one
// transaction, as resolvers do.
func (p *person) look(ctx context.Context) {
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			ms, err := p.store.Ent().Matter.Query().WithCreator().WithParties().WithSteps().Order(matter.ByID()).All(ctx)
			if err != nil || len(ms) < 2 {
				p.t.Errorf("%d matters, %v", len(ms), err)
				return
			}
			for _, m := range ms {
				p.own(m.TenantID, m.Edges.Creator.TenantID)
				for _, x := range m.Edges.Parties {
					p.own(x.TenantID)
				}
				for _, x := range m.Edges.Steps {
					p.own(x.TenantID)
				}
			}
		})
	}
	wg.Wait()
	var foreign int
	if err := tenants.Row(ctx, `SELECT count(*) FROM matters, parties WHERE matters.tenant_id <> $1 OR parties.tenant_id <> $1`, []any{p.tenant}, &foreign); err != nil || foreign != 0 {
		p.t.Errorf("%d foreign rows, %v", foreign, err)
	}
}

func (p *person) own(ids ...uuid.UUID) {
	for _, id := range ids {
		if id != p.tenant {
			p.t.Errorf("a row of %s was seen by %s", id, p.tenant)
		}
	}
}

func (p *person) write(ctx context.Context) {
	u, err := p.store.Ent().Unit.Create().SetLine("VENUE").SetKind("VENUE_ROOM").SetName(time.Now().String()).Save(ctx)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.own(u.TenantID)
}
