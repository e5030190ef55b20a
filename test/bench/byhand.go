package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// change is a request to change something, in the hands of who writes SQL.
type change struct {
	accounts.Claims
	Input struct {
		Matter uuid.UUID `json:"matterId"`
		Share  uuid.UUID `json:"assignmentId"`
		Class  string    `json:"class"`
		Body   string    `json:"body"`
	} `json:"input"`
}

// shown is what the answer tells of the case.
type shown struct {
	ID        uuid.UUID `json:"id"`
	State     string    `json:"state"`
	Number    string    `json:"number"`
	Version   int       `json:"version"`
	NextDueOn *string   `json:"nextDueOn"`
}

func (f *floor) write(w http.ResponseWriter, q *http.Request, d *write) {
	var c change
	var ok bool
	if c.Claims, ok = f.who(w, q, &c); !ok {
		return
	}
	var out shown
	begin := pgx.TxOptions{BeginQuery: "begin read write; select set_config('app.tenant','" + c.Tenant.String() + "',true)"}
	err := pgx.BeginTxFunc(q.Context(), f.free, begin, func(tx pgx.Tx) (err error) {
		out, err = d.floor(q.Context(), tx, &c)
		return err
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := json.Marshal(map[string]any{"data": map[string]any{d.field: map[string]any{"matter": out, "userErrors": []any{}}}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, body)
}

// hand is a change under way: the first statement that fails is the error of
// all that follow.
type hand struct {
	context.Context
	tx  pgx.Tx
	c   *change
	now time.Time
	err error
}

func (h *hand) row(sql string, args []any, dest ...any) {
	if h.err == nil {
		h.err = h.tx.QueryRow(h, sql, args...).Scan(dest...)
	}
}

func (h *hand) exec(sql string, args ...any) {
	if h.err == nil {
		_, h.err = h.tx.Exec(h, sql, args...)
	}
}

// next takes a number of a series.
func (h *hand) next(scope string) (n int) {
	h.row(`INSERT INTO sequences AS s (tenant_id, scope, next) VALUES ($1, $2, 2) ON CONFLICT (tenant_id, scope) DO UPDATE SET next = s.next + 1 RETURNING next - 1`,
		[]any{h.c.Tenant, scope}, &n)
	return n
}

// timer starts a deadline counting from today and answers its day.
func (h *hand) timer(matter uuid.UUID, key, label, policy string, amount int, unit deadline.Unit, reminder int) time.Time {
	b := deadline.Budget{Key: policy, Event: "进入本环节", Base: clock.Day(h.now), Amount: amount, Unit: unit}
	due, _ := b.Due(workday.New(nil))
	due = clock.Day(due)
	h.exec(`INSERT INTO timers (id, tenant_id, created_at, key, label, budget, due_on, original_due_on, next_rung_on, matter_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)`, newID(), h.c.Tenant, h.now, key, label, b, due, due.AddDate(0, 0, -reminder), matter)
	return due
}

// met ends the running timers of a case or share that have a key.
func (h *hand) met(matter uuid.UUID, key string) {
	h.exec(`UPDATE timers SET status = 'MET', ended_at = $4, next_rung_on = NULL WHERE tenant_id = $1 AND matter_id = $2 AND key = $3 AND status IN ('RUNNING', 'SUSPENDED', 'OVERDUE')`,
		h.c.Tenant, matter, key, h.now)
}

func (h *hand) step(matter uuid.UUID, share *uuid.UUID, action, label, from, to, actor, audience string, after any) {
	h.exec(`INSERT INTO steps (id, tenant_id, created_at, action, label, from_state, to_state, at, actor_name, reason, after, audience, matter_id, assignment_id, actor_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $3, $8, '', $9, $10, $11, $12, $13)`,
		newID(), h.c.Tenant, h.now, action, label, from, to, actor, after, audience, matter, share, h.c.Membership)
}

// record is the entry of the audit chain, with the fields that changed.
func (h *hand) record(action, object, name string, changes ...any) {
	if h.err != nil {
		return
	}
	b, err := json.Marshal(map[string]any{
		"at": h.now.UTC().Format("2006-01-02T15:04:05.000000Z"), "action": action, "actor": "Membership:" + h.c.Membership.String(), "actor_account": h.c.Account,
		"actor_membership": h.c.Membership, "actor_name": name, "object": object, "changes": changes, "from": map[string]any{"address": "127.0.0.1", "request_id": newID()},
	})
	if err != nil {
		h.err = err
		return
	}
	var seq int64
	h.row(`SELECT audit_append($1)`, []any{string(b)}, &seq)
}

// diff is a changed row in the record of the audit.
func diff(entity string, id uuid.UUID, op string, before, after map[string]any) map[string]any {
	return map[string]any{"entity": entity, "id": id, "op": op, "before": before, "after": after}
}

func day(t time.Time) *string {
	s := t.Format(time.DateOnly)
	return &s
}

// submitByHand: the draft is the member's own, gets its registration number,
// its sitting and its review clock.
func submitByHand(ctx context.Context, tx pgx.Tx, c *change) (shown, error) {
	h := &hand{Context: ctx, tx: tx, c: c, now: time.Now()}
	out := shown{ID: c.Input.Matter, State: "SUBMITTED"}
	var proposal, sitting uuid.UUID
	var code, name, phone string
	var term, ordinal int
	h.row(`SELECT p.id, s.id, s.ordinal, e.ordinal, t.code, me.name, me.phone, m.version + 1
		FROM matters m JOIN proposals p ON p.tenant_id = $1 AND p.matter_id = m.id
		  JOIN parties l ON l.tenant_id = $1 AND l.matter_id = m.id AND l.role = 'LEAD' AND l.membership_id = $3
		  JOIN memberships me ON me.tenant_id = $1 AND me.id = $3 JOIN tenants t ON t.id = $1
		  CROSS JOIN LATERAL (SELECT * FROM sittings WHERE tenant_id = $1 AND opens_on <= $4 ORDER BY opens_on DESC LIMIT 1) s
		  JOIN terms e ON e.tenant_id = $1 AND e.id = s.term_id
		WHERE m.tenant_id = $1 AND m.id = $2 AND m.state = 'DRAFT' FOR UPDATE OF m`,
		[]any{c.Tenant, out.ID, c.Membership, clock.Day(h.now)}, &proposal, &sitting, &ordinal, &term, &code, &name, &phone, &out.Version)
	out.Number = fmt.Sprintf("%s-%02d%02d-R%04d", code, term, ordinal, h.next("registration:"+sitting.String()))
	h.exec(`UPDATE proposals SET registration_no = $3, period = 'INTERSESSION', contact_phone = $4, submitted_at = $5, sitting_id = $6 WHERE tenant_id = $1 AND id = $2`,
		c.Tenant, proposal, out.Number, phone, h.now, sitting)
	due := h.timer(out.ID, "review", "审查", "review.finish", 15, deadline.Workday, 3)
	h.exec(`UPDATE matters SET state = 'SUBMITTED', turn = 'clerk', number = $3, visibility = 'STAFF', version = version + 1, updated_at = $4, next_due_on = $5, closed_at = NULL
		WHERE tenant_id = $1 AND id = $2`, c.Tenant, out.ID, out.Number, h.now, due)
	h.step(out.ID, nil, "submit", "提交", "DRAFT", "SUBMITTED", name, "ALL", map[string]any{"registrationNo": out.Number})
	h.record("submitProposal", "Matter:"+out.ID.String(), name,
		diff("Proposal", proposal, "update", map[string]any{}, map[string]any{"registration_no": out.Number, "period": "INTERSESSION", "submitted_at": h.now, "sitting_id": sitting}),
		diff("Matter", out.ID, "update", map[string]any{"number": "", "state": "DRAFT", "turn": "lead", "visibility": "PARTIES", "version": out.Version - 1},
			map[string]any{"number": out.Number, "state": "SUBMITTED", "turn": "clerk", "visibility": "STAFF", "version": out.Version, "next_due_on": due}),
		diff("Timer", uuid.Nil, "create", nil, map[string]any{"key": "review", "label": "审查", "due_on": due}),
		diff("Step", uuid.Nil, "create", nil, map[string]any{"action": "submit", "label": "提交", "from_state": "DRAFT", "to_state": "SUBMITTED"}))
	out.NextDueOn = day(due)
	return out, h.err
}

// fileByHand: the case has been reviewed three times and is not the director's
// own; it gets the next number of its sitting.
func fileByHand(ctx context.Context, tx pgx.Tx, c *change) (shown, error) {
	h := &hand{Context: ctx, tx: tx, c: c, now: time.Now()}
	out := shown{ID: c.Input.Matter, State: "FILED"}
	var proposal, sitting uuid.UUID
	var name, registration string
	var term, ordinal int
	var closes time.Time
	h.row(`SELECT p.id, s.id, s.ordinal, s.closes_on, e.ordinal, me.name, m.number, m.version + 1
		FROM matters m JOIN proposals p ON p.tenant_id = $1 AND p.matter_id = m.id
		  JOIN memberships me ON me.tenant_id = $1 AND me.id = $3
		  JOIN sittings s ON s.tenant_id = $1 AND s.id = p.sitting_id JOIN terms e ON e.tenant_id = $1 AND e.id = s.term_id
		WHERE m.tenant_id = $1 AND m.id = $2 AND m.state = 'UNDER_REVIEW' AND p.review_pass >= 3 AND NOT p.secret_flag
		  AND NOT EXISTS (SELECT FROM parties l WHERE l.tenant_id = $1 AND l.matter_id = m.id AND l.membership_id = $3) FOR UPDATE OF m`,
		[]any{c.Tenant, out.ID, c.Membership}, &proposal, &sitting, &ordinal, &closes, &term, &name, &registration, &out.Version)
	n := h.next("case:" + sitting.String())
	out.Number = fmt.Sprintf("第%d届%d次会议第%03d号", term, ordinal, n)
	h.exec(`UPDATE proposals SET disposition = 'FILED', filed_at = $3, case_no = $4 WHERE tenant_id = $1 AND id = $2`, c.Tenant, proposal, h.now, n)
	h.met(out.ID, "review")
	due := h.timer(out.ID, "assign", "交办", "assign.meeting", 30, deadline.CalendarDay, 7)
	h.exec(`UPDATE matters SET state = 'FILED', turn = 'clerk', number = $3, visibility = 'STAFF', version = version + 1, updated_at = $4, next_due_on = $5, closed_at = NULL
		WHERE tenant_id = $1 AND id = $2`, c.Tenant, out.ID, out.Number, h.now, due)
	h.step(out.ID, nil, "file", "立案", "UNDER_REVIEW", "FILED", name, "ALL", map[string]any{"number": out.Number})
	h.record("fileProposal", "Matter:"+out.ID.String(), name,
		diff("Proposal", proposal, "update", map[string]any{"disposition": "NONE"}, map[string]any{"disposition": "FILED", "filed_at": h.now, "case_no": n}),
		diff("Matter", out.ID, "update", map[string]any{"number": registration, "state": "UNDER_REVIEW", "turn": "reviewer", "version": out.Version - 1},
			map[string]any{"number": out.Number, "state": "FILED", "turn": "clerk", "version": out.Version, "next_due_on": due}),
		diff("Timer", uuid.Nil, "update", map[string]any{"status": "RUNNING"}, map[string]any{"status": "MET", "ended_at": h.now}),
		diff("Timer", uuid.Nil, "create", nil, map[string]any{"key": "assign", "label": "交办", "due_on": due}),
		diff("Step", uuid.Nil, "create", nil, map[string]any{"action": "file", "label": "立案", "from_state": "UNDER_REVIEW", "to_state": "FILED"}))
	out.NextDueOn = day(due)
	return out, h.err
}

// replyByHand: the share is the unit's own, its officer has met the proposer.
func replyByHand(ctx context.Context, tx pgx.Tx, c *change) (shown, error) {
	h := &hand{Context: ctx, tx: tx, c: c, now: time.Now()}
	share, id := c.Input.Share, newID()
	out := shown{State: "HANDLING"}
	var name string
	h.row(`SELECT m.id, m.number, m.version + 1, me.name
		FROM assignments a JOIN matters m ON m.tenant_id = $1 AND m.id = a.matter_id
		  JOIN memberships me ON me.tenant_id = $1 AND me.id = $3
		  JOIN seats s ON s.tenant_id = $1 AND s.membership_id = $3 AND s.unit_id = a.unit_id
		WHERE a.tenant_id = $1 AND a.id = $2 AND a.state = 'HANDLING' AND a.role <> 'ASSIST' AND NOT EXISTS (
		  SELECT FROM parties p LEFT JOIN records r ON r.tenant_id = $1 AND r.matter_id = m.id AND r.kind = 'CONTACT' AND r.party_id = p.id AND r.unit_id = a.unit_id
		  WHERE p.tenant_id = $1 AND p.matter_id = m.id AND p.role = 'LEAD' AND r.id IS NULL)
		FOR UPDATE OF m`, []any{c.Tenant, share, c.Membership}, &out.ID, &out.Number, &out.Version, &name)
	h.exec(`INSERT INTO replies (id, tenant_id, created_at, kind, round, status, class, body, matter_id, assignment_id) VALUES ($1, $2, $3, 'REPLY', 1, 'DRAFT', $4, $5, $6, $7)`,
		id, c.Tenant, h.now, c.Input.Class, c.Input.Body, out.ID, share)
	h.met(out.ID, "return")
	h.exec(`UPDATE assignments SET state = 'DRAFTED', turn = 'officer', version = version + 1, updated_at = $3 WHERE tenant_id = $1 AND id = $2`, c.Tenant, share, h.now)
	var due time.Time
	h.row(`UPDATE matters SET version = version + 1, updated_at = $3, next_due_on = (
		  SELECT min(due_on) FROM timers t WHERE t.tenant_id = $1 AND t.matter_id = $2 AND t.status IN ('RUNNING', 'OVERDUE'))
		WHERE tenant_id = $1 AND id = $2 RETURNING next_due_on`, []any{c.Tenant, out.ID, h.now}, &due)
	h.step(out.ID, &share, "draftReply", "拟复", "HANDLING", "DRAFTED", name, "HANDLING", nil)
	h.record("draftReply", "Assignment:"+share.String(), name,
		diff("Reply", id, "create", nil, map[string]any{"class": c.Input.Class, "body": c.Input.Body, "kind": "REPLY", "round": 1, "status": "DRAFT"}),
		diff("Assignment", share, "update", map[string]any{"state": "HANDLING", "version": 1}, map[string]any{"state": "DRAFTED", "version": 2}),
		diff("Matter", out.ID, "update", map[string]any{"version": out.Version - 1}, map[string]any{"version": out.Version, "next_due_on": due}),
		diff("Timer", uuid.Nil, "update", map[string]any{"status": "RUNNING"}, map[string]any{"status": "MET", "ended_at": h.now}),
		diff("Step", uuid.Nil, "create", nil, map[string]any{"action": "draftReply", "label": "拟复", "from_state": "HANDLING", "to_state": "DRAFTED"}))
	out.NextDueOn = day(due)
	return out, h.err
}
