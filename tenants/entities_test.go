package tenants_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"testing"
	"time"

	"entgo.io/ent"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// entity is one stored type, found by reflection, so that a new one is tested
// like all others without being named here.
type entity struct {
	name   string
	client reflect.Value
}

// entities are all types of the client but the directory of committees.
func entities(c *gen.Client) (out []entity) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == gen.TypeTenant || !v.Field(i).MethodByName("Query").IsValid() {
			continue
		}
		out = append(out, entity{f.Name, v.Field(i)})
	}
	return out
}

func call(v reflect.Value, method string, args ...any) []reflect.Value {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	return v.MethodByName(method).Call(in)
}

func failure(out []reflect.Value) error {
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

func (e entity) get(ctx context.Context, id uuid.UUID) error {
	return failure(call(e.client, "Get", ctx, id))
}

// list answers the ids and the tenants of all rows.
func (e entity) list(ctx context.Context) (ids, of []uuid.UUID, err error) {
	out := call(call(e.client, "Query")[0], "All", ctx)
	for i := range out[0].Len() {
		row := out[0].Index(i).Elem()
		ids = append(ids, row.FieldByName("ID").Interface().(uuid.UUID))
		of = append(of, row.FieldByName("TenantID").Interface().(uuid.UUID))
	}
	return ids, of, failure(out)
}

func (e entity) count(ctx context.Context) (int, error) {
	out := call(call(e.client, "Query")[0], "Count", ctx)
	return out[0].Interface().(int), failure(out)
}

// create tries to make a row without any content.
func (e entity) create(ctx context.Context) error {
	return failure(call(call(e.client, "Create")[0], "Exec", ctx))
}

// update changes the one field that change names for the type.
func (e entity) update(ctx context.Context, id uuid.UUID) error {
	b := call(e.client, "UpdateOneID", id)[0]
	e.change(b)
	return failure(call(b, "Exec", ctx))
}

// updated is update that says what the row is then.
func (e entity) updated(ctx context.Context, id uuid.UUID) (string, error) {
	b := call(e.client, "UpdateOneID", id)[0]
	e.change(b)
	out := call(b, "Save", ctx)
	return fmt.Sprint(out[0].Interface()), failure(out)
}

// row says what a row is.
func (e entity) row(ctx context.Context, id uuid.UUID) (string, error) {
	out := call(e.client, "Get", ctx, id)
	return fmt.Sprint(out[0].Interface()), failure(out)
}

func (e entity) updateAll(ctx context.Context) (int, error) {
	b := call(e.client, "Update")[0]
	e.change(b)
	out := call(b, "Save", ctx)
	return out[0].Interface().(int), failure(out)
}

func (e entity) change(builder reflect.Value) {
	f, ok := changes[e.name]
	if !ok {
		panic("changes has no field of " + e.name)
	}
	m := call(builder, "Mutation")[0].Interface().(ent.Mutation)
	if err := m.SetField(f.field, f.value); err != nil {
		panic(err)
	}
}

func (e entity) delete(ctx context.Context, id uuid.UUID) error {
	return failure(call(call(e.client, "DeleteOneID", id)[0], "Exec", ctx))
}

func (e entity) deleteAll(ctx context.Context) error {
	return failure(call(call(e.client, "Delete")[0], "Exec", ctx))
}

type change struct {
	field string
	value any
}

// changes names a field of each type that ent lets a caller change.
var changes = map[string]change{
	"Report": {"withdrawn_reason", "甲"}, "Agreement": {"partner_name", "甲"}, "Assignment": {"slip_no", "甲"}, "Attachment": {"name", "甲"}, "Attendance": {"note", "甲"},
	"Cohort": {"lead_leader_post", "甲"}, "Event": {"title", "甲"}, "Feedback": {"opinion", "甲"}, "Grant": {"reason", "甲"}, "Item": {"text", "甲"},
	"Link": {"reason", "甲"}, "Matter": {"title", "甲"}, "Membership": {"name", "甲"}, "Notice": {"read_at", anyDay}, "Party": {"name", "甲"},
	"Platform": {"brand", "甲"}, "Process": {"status", entprocess.StatusRETIRED}, "Proposal": {"situation", "甲"}, "Record": {"text", "甲"}, "Substitution": {"reason", "甲"}, "Role": {"until", time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
	"Reply": {"body", "甲"}, "Seat": {"seat_from", clock.Date(2025, 1, 1)}, "Sitting": {"ordinal", 9}, "Step": {"reason", "甲"},
	"TenantPolicy": {"note", "甲"}, "Term": {"ordinal", 9}, "Timer": {"due_on", clock.Date(2025, 1, 1)}, "Unit": {"name", "甲"},
	"Workday": {"note", "甲"},
}

// append-only types: the serving role may not change them at all.
var ledgers = map[string]bool{"Step": true, "TenantPolicy": true}

// pair is a database with two committees that have one row of every type.
type pair struct {
	*tenantstest.DB
	a, b         uuid.UUID
	ofA, ofB     map[string]uuid.UUID
	bareA, bareB uuid.UUID // a second matter, without a payload
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{DB: tenantstest.New(t)}
	p.a = tenantstest.Tenant(t, p.DB, "210200", "甲市政协", "CITY")
	p.b = tenantstest.Tenant(t, p.DB, "210202", "乙区政协", "DISTRICT")
	p.ofA, p.bareA = plant(t, p.Store, p.a)
	p.ofB, p.bareB = plant(t, p.Store, p.b)
	for _, of := range []uuid.UUID{p.a, p.b} { // news comes from beside a committee, never from itself
		var seq int64
		p.AsSuper(t, `INSERT INTO account_events (tenant_id, account_id, entry) VALUES ($1, $1, '{}') RETURNING seq`, []any{of}, &seq)
	}
	return p
}

func (p *pair) in(t *testing.T, tenant uuid.UUID, fn func(context.Context)) {
	t.Helper()
	err := p.Store.InTx(context.Background(), tenant, func(ctx context.Context) error { fn(ctx); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

// plant makes one row of every entity and of every other table of a tenant.
func plant(t *testing.T, s *tenants.Store, tenant uuid.UUID) (ids map[string]uuid.UUID, bare uuid.UUID) {
	t.Helper()
	c, now := s.Ent(), time.Date(2025, 1, 6, 9, 0, 0, 0, clock.Shanghai)
	err := s.InTx(context.Background(), tenant, func(ctx context.Context) error {
		term := c.Term.Create().SetOrdinal(1).SaveX(ctx)
		sitting := c.Sitting.Create().SetTerm(term).SetOrdinal(1).SaveX(ctx)
		unit := c.Unit.Create().SetLine("HANDLING").SetKind("HANDLING_UNIT").SetName("商务局").SaveX(ctx)
		who := c.Membership.Create().SetName("委员甲").SetKind("MEMBER").SetTerm(term).SetAccountID(uuid.New()).SaveX(ctx)
		proc := c.Process.Create().SetKind("proposal").SetVersion(1).SetTitle("提案").SetSource("-").SetHash("-").SaveX(ctx)
		open := func() *gen.Matter {
			return c.Matter.Create().SetKind("proposal").SetProcess(proc).SetState("DRAFT").SetTitle("案由").SetOpenedAt(now).SetCreator(who).SaveX(ctx)
		}
		m, other := open(), open()
		party := c.Party.Create().SetMatter(m).SetMembership(who).SetRole("LEAD").SaveX(ctx)
		share := c.Assignment.Create().SetMatter(m).SetUnit(unit).SetRole("SOLE").SetState("-").SetAssignedAt(now).SetOriginAssignedAt(now).SaveX(ctx)
		event := c.Event.Create().SetMatter(m).SetKind("MEETING").SetTitle("-").SetOn(now).SaveX(ctx)
		pact := c.Agreement.Create().SetPartner("210200").SetPartnerName("-").SaveX(ctx)
		reply := c.Reply.Create().SetMatter(m).SetAssignment(share).SetKind("REPLY").SetBody("-").SaveX(ctx)
		ids = map[string]uuid.UUID{
			"Term": term.ID, "Sitting": sitting.ID, "Unit": unit.ID, "Membership": who.ID, "Process": proc.ID, "Matter": m.ID, "Party": party.ID,
			"Assignment": share.ID, "Reply": reply.ID, "Event": event.ID, "Agreement": pact.ID,
			"Seat":         c.Seat.Create().SetMembership(who).SetUnit(unit).SaveX(ctx).ID,
			"Grant":        c.Grant.Create().SetMembership(who).SetRole("member").SaveX(ctx).ID,
			"Proposal":     c.Proposal.Create().SetMatter(m).SetSitting(sitting).SetProposerKind("INDIVIDUAL").SetRegistrationNo("1").SaveX(ctx).ID,
			"Cohort":       c.Cohort.Create().SetMatter(m).SetHandleYear(2025).SaveX(ctx).ID,
			"Feedback":     c.Feedback.Create().SetMatter(m).SetReply(reply).SetParty(party).SetAskedAt(now).SaveX(ctx).ID,
			"Record":       c.Record.Create().SetMatter(m).SetKind("VISIT").SaveX(ctx).ID,
			"Item":         c.Item.Create().SetMatter(m).SetKind("TASK").SetText("-").SaveX(ctx).ID,
			"Link":         c.Link.Create().SetFrom(m).SetTo(other).SetKind("FOLLOWS").SaveX(ctx).ID,
			"Timer":        c.Timer.Create().SetMatter(m).SetKey("-").SetLabel("-").SetBudget(map[string]any{}).SaveX(ctx).ID,
			"Step":         c.Step.Create().SetMatter(m).SetAction("-").SetLabel("-").SetAt(now).SaveX(ctx).ID,
			"Attachment":   c.Attachment.Create().SetMatter(m).SetName("-").SetSize(1).SetContentType("-").SetSha256("-").SetBlobKey("-").SaveX(ctx).ID,
			"TenantPolicy": c.TenantPolicy.Create().SetVersion(1).SetSettings(map[string]any{}).SaveX(ctx).ID,
			"Substitution": c.Substitution.Create().SetMember(who).SetSubstitute(who).SaveX(ctx).ID,
			"Role":         c.Role.Create().SetCode("own_r").SetVersion(1).SetName("-").SaveX(ctx).ID,
			"Report":       c.Report.Create().SetTitle("-").SetScopeKind("ALL").SetAsOf(now).SetScopeText("-").SetLines([]map[string]any{}).SetPrinted("-").SetFrozenBy(who).SaveX(ctx).ID,
			"Platform":     c.Platform.Create().SetCode("p").SetBrand("-").SetType("-").SetProcessKind("proposal").SaveX(ctx).ID,
			"Attendance":   c.Attendance.Create().SetEvent(event).SetMatter(m).SetParty(party).SaveX(ctx).ID,
			"Notice":       c.Notice.Create().SetMembership(who).SetMatter(m).SetText("-").SaveX(ctx).ID,
			"Workday":      c.Workday.Create().SetDay(now).SetWorking(false).SaveX(ctx).ID,
		}
		bare = other.ID
		return plain(ctx, tenant, ids)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids, bare
}

// plain makes the rows of the tables that are no entities.
func plain(ctx context.Context, tenant uuid.UUID, ids map[string]uuid.UUID) error {
	voters := []uuid.UUID{ids["Membership"]}
	for i := range 2 { // a ballot takes three at least
		m, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
			INSERT INTO memberships (tenant_id, id, created_at, updated_at, name, kind) VALUES ($1, $2, now(), now(), $3, 'MEMBER') RETURNING id`,
			tenant, uuid.Must(uuid.NewV7()), fmt.Sprint("委员", i))
		if err != nil {
			return err
		}
		voters = append(voters, m...)
	}
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO report_rows VALUES ($1, $2, 0, $2, true)`, []any{tenant, ids["Report"]}},
		{`INSERT INTO figure_definitions VALUES ($1, gen_random_uuid(), 'own_a', 1, '{}', '-', $2, now(), now(), $2)`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO sequences (tenant_id, scope, next) VALUES ($1, 's', 2)`, []any{tenant}},
		{`INSERT INTO live_forgotten (tenant_id, next, since) VALUES ($1, '3', now())`, []any{tenant}},
		{`WITH b AS (INSERT INTO import_batches (tenant_id, id, file_name, sha256, sheets, left_out, total, state, uploaded_by, uploaded_at, ordered_by)
			VALUES ($1, gen_random_uuid(), 'f', 's', '[]', '[]', 1, 'CHECKED', $2, now(), $2) RETURNING tenant_id, id)
			INSERT INTO import_rows (tenant_id, batch_id, no, sheet, line, kind, cells, flaws) SELECT tenant_id, id, 1, 's', 2, 'k', '[]', '[]' FROM b`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO requests_by_two (tenant_id, id, kind, about, says, reason, input, asked_by, asked_at, settled_by, settled_at, confirmed) VALUES ($1, gen_random_uuid(), 'k', $2, 's', '', '{}', $2, now(), $2, now(), true)`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO phone_preferences VALUES ($1, $2, 1, 'URGENT', '{}', '{}', 22, 7, 8, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO escalations VALUES ($1, $2, '', now(), 1, now())`, []any{tenant, ids["Matter"]}},
		{`INSERT INTO obligations VALUES ($1, gen_random_uuid(), 'c', 1, '{}', now(), '', $2, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO obligation_excuses VALUES ($1, gen_random_uuid(), 'c', now(), $2, 'r', $2, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO obligation_told VALUES ($1, 'c', now(), $2, 'm', now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO contact_pairs (tenant_id, id, kind, from_member_id, to_member_id, starts_on, reason, by_id, at) VALUES ($1, gen_random_uuid(), 'MEMBER_MEMBER', $2, $2, now(), '', $2, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO unread_looks VALUES ($1, now())`, []any{tenant}},
		{`INSERT INTO sign_in_providers VALUES ($1, 'https://id.example', 'c', '', 'sub', 'n', now())`, []any{tenant}},
		{`INSERT INTO phone_codes VALUES ($1, $2, $2, 'SMS', '13000000001', now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO phone_outbox (tenant_id, id, created_at, membership_id, notice_id, next_at) VALUES ($1, $2, now(), $3, $2, now())`, []any{tenant, ids["Notice"], ids["Membership"]}},
		{`INSERT INTO phone_outbox (tenant_id, id, created_at, membership_id, code_id, next_at) VALUES ($1, $2, now(), $2, $2, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO idempotency_keys VALUES ($1, $2, 'k', 'm', '', NULL, now())`, []any{tenant, ids["Membership"]}},
		{`INSERT INTO awaited (tenant_id, matter_id, key, assignment_id, turn, role, unit_id, membership_id, since)
			VALUES ($1, $2, 'k', $3, 't', 'r', $4, $5, now())`, []any{tenant, ids["Matter"], ids["Assignment"], ids["Unit"], ids["Membership"]}},
		{`SELECT audit_append('{"at":"2025-01-06","action":"test","actor":"","object":""}')`, nil},
		{`INSERT INTO exchange_heads (tenant_id, agreement_id, direction) VALUES ($1, $2, 'OUT')`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO exchange_outbox (tenant_id, id, agreement_id, seq, kind, version, body, created_at, prev, hash, signature, next_at)
			VALUES ($1, gen_random_uuid(), $2, 1, 'k', 1, '{}', now(), '', '', '', now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO exchange_inbox (tenant_id, id, agreement_id, envelope_id, seq, kind, version, created_at, received_at, hash, signature, outcome)
			VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), 1, 'k', 1, now(), now(), '', '', 'REFUSED')`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO figure_shares (tenant_id, agreement_id, changed_at) VALUES ($1, $2, now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO figures_told VALUES ($1, $2, 'CALENDAR_YEAR', 2025, '', 'received', '')`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_terms VALUES ($1, $2, now(), NULL, NULL, 'ACTIVE', '', now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_days VALUES ($1, $2, '2025-03-03', now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_scopes VALUES ($1, $2, 'CALENDAR_YEAR', 2025, '2025 年', NULL, NULL, now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_newest VALUES ($1, $2, 'CALENDAR_YEAR', 2025, '', 'received', '2025-03-03', 1, '收到', '件', 1, NULL, NULL, now(), '2025-03-03')`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_figures VALUES ($1, $2, 'CALENDAR_YEAR', 2025, '', 'received', '2025-03-03', 1, '收到', '件', 1, NULL, NULL, now(), '2025-03-03', now(), gen_random_uuid())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO rankings VALUES ($1, gen_random_uuid(), $2, 'received', '收到', 'CALENDAR_YEAR', 2025, '2025-03-03', false, '[]', now(), NULL, '')`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO district_alerts VALUES ($1, gen_random_uuid(), $2, 'SILENT', $3, '没有送来', '2025-03-03', now(), NULL)`, []any{tenant, ids["Agreement"], ids["Matter"]}},
		{`INSERT INTO case_grants VALUES ($1, $3, $2, $3, '标题', '第1号', '调研', '2025-03-10', '主任', now(), NULL, '', '')`, []any{tenant, ids["Agreement"], ids["Matter"]}},
		{`INSERT INTO case_looks VALUES ($1, gen_random_uuid(), $2, '督察', NULL, NULL, now(), NULL, NULL)`, []any{tenant, ids["Matter"]}},
		{`INSERT INTO district_requests (tenant_id, id, what, code, name, reason, asked_by, asked_at) VALUES ($1, gen_random_uuid(), 'SUSPEND', '210202', '区', '', '管理员', now())`, []any{tenant}},
		{`INSERT INTO guidance_issued VALUES ($1, $2, 'process', 'k', 1, 1, '标题', false, '', '{}', now(), '管理员', NULL, '', '')`, []any{tenant, ids["Matter"]}},
		{`INSERT INTO guidance_sent VALUES ($1, $3, $2, gen_random_uuid(), now(), 'OPEN', '', NULL, NULL)`, []any{tenant, ids["Agreement"], ids["Matter"]}},
		{`INSERT INTO guidance_received (tenant_id, id, agreement_id, envelope_id, kind, code, version, form, title, required, note, sent_at, received_at) VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), 'process', 'k', 1, 1, '标题', false, '', now(), now())`, []any{tenant, ids["Agreement"]}},
		{`INSERT INTO exchange_objects VALUES ($1, $2, 'Matter', gen_random_uuid(), 'Matter', gen_random_uuid(), true, now())`, []any{tenant, ids["Agreement"]}},
		{`SELECT ballot_open($1, $2, '-', $3, '{满意度}', '{满意,弃权}', '弃权', $4, $5, now(), now() + interval '1 day', $6, now())`,
			[]any{uuid.Must(uuid.NewV7()), ids["Matter"], []uuid.UUID{ids["Unit"]}, voters, tokens(len(voters)), ids["Membership"]}},
	} {
		if _, err := tenants.Exec(ctx, q.sql, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// tokens are hashes as a ballot takes them.
func tokens(n int) (out [][]byte) {
	for i := range n {
		h := sha256.Sum256([]byte{byte(i)})
		out = append(out, h[:])
	}
	return out
}
