package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// write is a change that product and floor make alike: the same rows, and the
// same answer.
type write struct {
	name  string
	doc   string // GraphQL
	field string // of Mutation
	who   func(*people) []*person
	input func(subject uuid.UUID) map[string]any
	// seed is SQL that makes one case ready for the change for each of
	// $1 committees, $2 memberships, $3 units and the ids $4 to $8.
	seed  []string
	share bool // the subject is the share $5, otherwise the matter $4
	floor func(context.Context, pgx.Tx, *change) (shown, error)
}

const answered = ` { matter { id state number version nextDueOn } userErrors { code message } } }`

var writes = []write{
	{
		name: "submit", field: "submitProposal", who: func(p *people) []*person { return p.Members },
		doc:   `mutation Submit($input: SubmitProposalInput!) { submitProposal(input: $input)` + answered,
		input: func(id uuid.UUID) map[string]any { return map[string]any{"matterId": id} },
		seed: []string{
			seedMatter("'DRAFT', 'lead', NULL, 'PARTIES', NULL::date", "t.person"),
			seedProposal("NULL, NULL, NULL, NULL, NULL, NULL, 'NONE', 0", "NULL"),
			seedParty("t.person"),
		},
		floor: submitByHand,
	},
	{
		name: "file with number", field: "fileProposal", who: func(p *people) []*person { return p.Directors },
		doc:   `mutation File($input: FileProposalInput!) { fileProposal(input: $input)` + answered,
		input: func(id uuid.UUID) map[string]any { return map[string]any{"matterId": id} },
		seed: []string{
			seedMatter("'UNDER_REVIEW', 'reviewer', t.matter::text, 'STAFF', current_date + 20", someMember),
			seedProposal("t.matter::text, 'INTERSESSION', now(), NULL, NULL, NULL, 'NONE', 3", lastSitting),
			seedParty(someMember),
			`INSERT INTO records (id, tenant_id, created_at, kind, stage, "on", text, data, audience, matter_id, author_id)
			 SELECT gen_random_uuid(), t.tenant, now(), 'REVIEW', s, current_date, '同意立案', '{"for": "pass"}', 'STAFF', t.matter, t.person
			 FROM ` + seeds + ` CROSS JOIN unnest(ARRAY['初审', '复审', '终审']) s`,
			seedTimer("NULL::uuid", "review", "审查", "review.finish", 15, "WORKDAY"),
		},
		floor: fileByHand,
	},
	{
		name: "draft a reply", field: "draftReply", who: func(p *people) []*person { return p.Agents }, share: true,
		doc: `mutation Reply($input: DraftReplyInput!) { draftReply(input: $input)` + answered,
		input: func(id uuid.UUID) map[string]any {
			return map[string]any{"assignmentId": id, "class": "A", "body": replyBody}
		},
		seed: []string{
			seedMatter("'HANDLING', 'units', t.matter::text, 'STAFF', current_date + 60", someMember),
			seedProposal("t.matter::text, 'INTERSESSION', now(), now(), now(), NULL, 'FILED', 3", lastSitting),
			seedParty(someMember),
			`INSERT INTO assignments (id, tenant_id, created_at, updated_at, role, state, turn, slip_no, assigned_at, origin_assigned_at, sign_by, return_until,
			   due_on, original_due_on, signed_at, unit_id, matter_id)
			 SELECT t.share, t.tenant, now(), now(), 'SOLE', 'HANDLING', 'officer', '1', now(), now(), current_date + 3, current_date + 7,
			   current_date + 90, current_date + 90, now(), t.unit, t.matter FROM ` + seeds,
			`INSERT INTO records (id, tenant_id, created_at, kind, mode, stage, "on", text, data, audience, matter_id, assignment_id, party_id, unit_id, author_id)
			 SELECT gen_random_uuid(), t.tenant, now(), 'CONTACT', '面谈', '办前', current_date, '当面听取意见', '{"for": "contact"}', 'ALL', t.matter, t.share, t.party, t.unit, t.person
			 FROM ` + seeds,
			seedTimer("t.share", "reply", "答复", "reply.intersession", 3, "MONTH"),
			seedTimer("t.share", "return", "申退", "return.window", 7, "CALENDAR_DAY"),
		},
		floor: replyByHand,
	},
}

const replyBody = "您提出的提案收悉。我单位会同有关部门研究，现将办理情况答复如下：已列入年度计划，明确责任科室和完成时限，年底前完成。"

// seeds are the cases to make, one row each.
const seeds = `unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[]) t (tenant, person, unit, matter, share, proposal, party)`

const (
	someMember  = `(SELECT id FROM memberships m WHERE m.tenant_id = t.tenant AND m.kind = 'MEMBER' ORDER BY id LIMIT 1)`
	lastSitting = `(SELECT id FROM sittings s WHERE s.tenant_id = t.tenant ORDER BY ordinal DESC LIMIT 1)`
)

func seedMatter(values, lead string) string {
	return `INSERT INTO matters (id, tenant_id, created_at, updated_at, kind, title, opened_at, process_id, creator_id, sector_id, state, turn, number, visibility, next_due_on)
	 SELECT t.matter, t.tenant, now(), now(), 'proposal', '关于完善夜间公交线路布局的提案', now(),
	   (SELECT id FROM processes p WHERE p.tenant_id = t.tenant AND p.kind = 'proposal' ORDER BY version DESC LIMIT 1), ` + lead + `,
	   (SELECT u.id FROM units u WHERE u.tenant_id = t.tenant AND u.kind = 'SECTOR' ORDER BY u.id LIMIT 1), ` + values + ` FROM ` + seeds
}

func seedProposal(values, sitting string) string {
	return `INSERT INTO proposals (id, tenant_id, created_at, proposer_kind, situation, analysis, suggestions, category, suggested_units, matter_id, sitting_id,
	   registration_no, period, submitted_at, filed_at, assigned_at, completed_at, disposition, review_pass)
	 SELECT t.proposal, t.tenant, now(), 'INDIVIDUAL', '夜间公交线路少，末班时间早。', '线路规划与夜间客流不相适应。', '["延长末班时间", "增设夜间专线"]', '城建', '[]', t.matter, ` +
		sitting + `, ` + values + ` FROM ` + seeds
}

func seedParty(lead string) string {
	return `INSERT INTO parties (id, tenant_id, created_at, name, role, matter_id, membership_id)
	 SELECT t.party, t.tenant, now(), m.name, 'LEAD', t.matter, m.id FROM ` + seeds + ` JOIN memberships m ON m.tenant_id = t.tenant AND m.id = ` + lead
}

func seedTimer(share, key, label, policy string, amount int, unit string) string {
	budget := encode(map[string]any{"key": policy, "event": "进入本环节", "base": time.Now().UTC().Truncate(24 * time.Hour), "amount": amount, "unit": unit})
	return `INSERT INTO timers (id, tenant_id, created_at, key, label, budget, due_on, original_due_on, next_rung_on, matter_id, assignment_id)
	 SELECT gen_random_uuid(), t.tenant, now(), '` + key + `', '` + label + `', '` + string(budget) + `', current_date + 20, current_date + 20, current_date + 15, t.matter, ` +
		share + ` FROM ` + seeds
}

// grow makes n cases and answers who is to change which.
func (d *write) grow(ctx context.Context, g *rig, n int) ([]question, error) {
	conn, err := pgx.Connect(ctx, g.superURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	people := d.who(g.people)
	out := make([]question, n)
	var cols [7][]uuid.UUID
	for i := range out {
		p := anyOf(people)
		unit := uuid.Nil
		if p.Unit != nil {
			unit = *p.Unit
		}
		row := []uuid.UUID{p.Tenant, p.Membership, unit, newID(), newID(), newID(), newID()}
		for k, v := range row {
			cols[k] = append(cols[k], v)
		}
		out[i] = question{p, row[3]}
		if d.share {
			out[i].subject = row[4]
		}
	}
	args := make([]any, len(cols))
	for k := range cols {
		args[k] = cols[k]
	}
	return out, pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, s := range d.seed {
			// Every statement gets all columns; those it does not name must have a type.
			if _, err := tx.Exec(ctx, s, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
