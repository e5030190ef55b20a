package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/test/bench/bulk"
)

// fit refuses an answer with errors.
func fit(body []byte) error {
	if !bytes.HasPrefix(body, []byte(`{"data":{"`)) {
		return fmt.Errorf("answer %s", clip(body))
	}
	return nil
}

// question is a person and what he asks about.
type question struct {
	who     *person
	subject uuid.UUID
}

// questions is what read r may be asked in a rig.
func questions(ctx context.Context, g *rig, r *read) (func() question, error) {
	who := r.who(g.people)
	if r.subjects == "" {
		return func() question { return question{who: anyOf(who)} }, nil
	}
	list, err := query(ctx, g, pgx.RowToStructByPos[subject], r.subjects)
	if err == nil && len(list) == 0 {
		err = errors.New("nothing to ask about: more proposals are needed")
	}
	return func() question {
		s := anyOf(list)
		return question{g.byTenant[s.Tenant], s.ID}
	}, err
}

// readVariants are the floor, the floor behind row-level security and the
// product, in this order.
func readVariants(ctx context.Context, g *rig, i int) ([]*variant, error) {
	r := &reads[i]
	ask, err := questions(ctx, g, r)
	if err != nil {
		return nil, err
	}
	n := strconv.Itoa(i)
	plain := func(path string) func() []byte {
		return func() []byte { q := ask(); return request(path+n, q.who.token, r.plain(q.who, q.subject)) }
	}
	vs := []*variant{
		{name: "floor", rig: g, fit: fit, next: plain("/floor/read/")},
		{name: "floor, RLS", rig: g, fit: fit, next: plain("/guarded/read/")},
		{name: "product", rig: g, fit: fit, next: func() []byte {
			q := ask()
			return request("/graphql", q.who.token, r.graphQL(q.who, q.subject))
		}},
	}
	return vs, alike(g, r, ask, n)
}

// checks is how many answers are compared before anything is measured.
const checks = 40

func alike(g *rig, r *read, ask func() question, n string) error {
	w, err := dial(g.addr)
	if err != nil {
		return err
	}
	defer w.close()
	for range checks {
		q := ask()
		b, err := w.do(request("/floor/read/"+n, q.who.token, r.plain(q.who, q.subject)))
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		floor := bytes.Clone(b)
		if b, err = w.do(request("/guarded/read/"+n, q.who.token, r.plain(q.who, q.subject))); err != nil {
			return fmt.Errorf("floor behind RLS: %w", err)
		}
		if err := same(floor, b); err != nil {
			return fmt.Errorf("the two floors differ at %w", err)
		}
		if b, err = w.do(request("/graphql", q.who.token, r.graphQL(q.who, q.subject))); err != nil {
			return fmt.Errorf("product: %w", err)
		}
		if err := same(floor, b); err != nil {
			return fmt.Errorf("floor and product differ at %w", err)
		}
	}
	return nil
}

func benchReads(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string, s *summary) error {
	rigs, closeAll, err := openRigs(ctx, c, sizes, names)
	if err != nil {
		return err
	}
	defer closeAll()
	for i := range reads {
		name := reads[i].name
		if !strings.Contains(name, o.match) {
			continue
		}
		out, err := c.compare(ctx, o, rigs, name, func(g *rig) ([]*variant, error) { return readVariants(ctx, g, i) })
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.add(out, readTarget)
	}
	return nil
}
