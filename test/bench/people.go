package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz/accounts"
)

// person is somebody who asks: signed in, with a token.
type person struct {
	Tenant, Membership, Account uuid.UUID
	Unit                        *uuid.UUID // of a unit's agent
	token                       string
}

// people are those of one database, by what they are. Each list holds several
// of every committee, in no order.
type people struct {
	Clerks, Directors, Members, Agents []*person
}

// ofEach is how many members and agents of a committee take part.
const ofEach = 3

// signIn gives a session and a token to the clerk, the director, some members
// and some agents of every committee. The session's id is the account's, so
// that a second run finds it.
func signIn(ctx context.Context, url string, keys *accounts.Keys) (*people, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	out := &people{}
	for _, q := range []struct {
		role string
		to   *[]*person
	}{{"proposal_clerk", &out.Clerks}, {"proposal_director", &out.Directors}, {"member", &out.Members}, {"unit_officer", &out.Agents}} {
		rows, err := conn.Query(ctx, `
			SELECT tenant_id, membership_id, account_id, unit_id FROM (
			  SELECT m.tenant_id, m.id AS membership_id, m.account_id,
			    (SELECT s.unit_id FROM seats s WHERE s.tenant_id = m.tenant_id AND s.membership_id = m.id AND s.post = 'OFFICER') AS unit_id,
			    row_number() OVER (PARTITION BY m.tenant_id ORDER BY m.id) AS n
			  FROM grants g JOIN memberships m ON m.tenant_id = g.tenant_id AND m.id = g.membership_id WHERE g.role = $1) x
			WHERE n <= $2`, q.role, ofEach)
		if err != nil {
			return nil, err
		}
		*q.to, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (*person, error) {
			p := &person{}
			return p, r.Scan(&p.Tenant, &p.Membership, &p.Account, &p.Unit)
		})
		if err != nil {
			return nil, err
		}
		rand.Shuffle(len(*q.to), func(i, j int) { (*q.to)[i], (*q.to)[j] = (*q.to)[j], (*q.to)[i] })
		if err := admit(ctx, conn, keys, *q.to); err != nil {
			return nil, fmt.Errorf("%s: %w", q.role, err)
		}
	}
	return out, nil
}

func admit(ctx context.Context, conn *pgx.Conn, keys *accounts.Keys, list []*person) (err error) {
	now := time.Now()
	ids := make([]uuid.UUID, len(list))
	for i, p := range list {
		ids[i] = p.Account
		p.token, err = keys.Sign(accounts.Claims{Account: p.Account, Tenant: p.Tenant, Membership: p.Membership, Session: p.Account,
			ID: p.Membership, Issued: now, Expires: now.Add(24 * time.Hour)})
		if err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, `
		INSERT INTO account_sessions (id, account_id, created_at, expires_at) SELECT x, x, now(), now() + interval '10 years' FROM unnest($1::uuid[]) x
		ON CONFLICT (id) DO NOTHING`, ids)
	return err
}
