package main

import (
	"encoding/json"
	"strings"

	"github.com/google/uuid"
)

// read is a question that product and floor answer alike.
type read struct {
	name  string
	doc   string // GraphQL
	floor string // SQL, see floor.answer
	who   func(*people) []*person
	vars  func(p *person, subject uuid.UUID) map[string]any
	// subjects is SQL that lists (tenant, id) of what may be asked for by id;
	// empty where nothing is.
	subjects string
	list     string // name of the connection in the answer; empty: floor gives all of data
}

// row is what the lists show of a proposal.
const row = `id number title state turn openedAt nextDueOn version sector { id name }
	parties { id role name } assignments { id role state dueOn unit { id name } }`

const rowSQL = `json_build_object('node', json_build_object(
	'id', m.id, 'number', coalesce(m.number, ''), 'title', m.title, 'state', m.state, 'turn', coalesce(m.turn, ''), 'openedAt', m.opened_at,
	'nextDueOn', m.next_due_on, 'version', m.version,
	'sector', (SELECT json_build_object('id', u.id, 'name', u.name) FROM units u WHERE u.tenant_id = $1 AND u.id = m.sector_id),
	'parties', (SELECT coalesce(json_agg(json_build_object('id', p.id, 'role', p.role, 'name', p.name)), '[]')
	  FROM parties p WHERE p.tenant_id = $1 AND p.matter_id = m.id),
	'assignments', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'role', a.role, 'state', a.state, 'dueOn', a.due_on,
	    'unit', json_build_object('id', u.id, 'name', u.name))), '[]')
	  FROM assignments a JOIN units u ON u.tenant_id = $1 AND u.id = a.unit_id WHERE a.tenant_id = $1 AND a.matter_id = m.id /*share*/)))`

// pageSQL is a page in an order: columns edges, whether there is more, and the
// value and id of the last row, for the cursor.
func pageSQL(order, back, where string) string {
	return `
	WITH page AS (SELECT * FROM matters m WHERE m.tenant_id = $1 AND ` + where + ` ORDER BY ` + order + ` LIMIT 21),
	     m AS (SELECT * FROM page ORDER BY ` + order + ` LIMIT 20)
	SELECT coalesce((SELECT json_agg(` + rowSQL + ` ORDER BY ` + order + `) FROM m), '[]')::text, (SELECT count(*) FROM page) > 20, l.v, l.id
	FROM (VALUES (1)) one LEFT JOIN LATERAL (SELECT ` + strings.TrimSuffix(strings.Fields(order)[0], ",") + ` AS v, id FROM m ORDER BY ` + back + ` LIMIT 1) l ON true`
}

const newest, newestBack = "opened_at DESC, id DESC", "opened_at, id"

func page(states string) string {
	return `query Page { matters(first: 20, filter: {kind: "proposal", states: ["` + states + `"]}) {
		edges { node { ` + row + ` } } pageInfo { hasNextPage endCursor } } }`
}

// A person's own rights, by hand: $2 is the membership, $3 the unit.
const (
	mine     = `EXISTS (SELECT FROM parties p WHERE p.tenant_id = $1 AND p.matter_id = m.id AND p.membership_id = $2 AND p.cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED'))`
	ofMember = `(m.visibility = 'TENANT' OR m.creator_id = $2 OR ` + mine + `)`
	ofAgent  = `(m.visibility = 'TENANT' OR m.creator_id = $2 OR ` + mine + ` OR m.visibility = 'STAFF' AND (
	  m.sector_id = $3 OR m.street_id = $3 OR m.owner_unit_id = $3
	  OR EXISTS (SELECT FROM assignments a WHERE a.tenant_id = $1 AND a.matter_id = m.id AND a.unit_id = $3)
	  OR EXISTS (SELECT FROM parties p WHERE p.tenant_id = $1 AND p.matter_id = m.id AND p.unit_id = $3)))`
	shareOfAgent = `AND (a.unit_id = $3 OR ` + mine + ` OR NOT EXISTS (
	  SELECT FROM assignments o WHERE o.tenant_id = $1 AND o.matter_id = m.id AND o.unit_id = $3 AND o.role NOT IN ('SOLE', 'LEAD', 'CO_LEAD')))`
)

func clerks(p *people) []*person { return p.Clerks }

var reads = []read{
	{
		name: "page of 20, clerk", doc: page("HANDLING"), who: clerks, list: "matters",
		floor: pageSQL(newest, newestBack, `m.kind = 'proposal' AND m.state = 'HANDLING'`),
	},
	{
		name: "page of 20, member", doc: page("ARCHIVED"), who: func(p *people) []*person { return p.Members }, list: "matters",
		floor: pageSQL(newest, newestBack, `m.kind = 'proposal' AND m.state = 'ARCHIVED' AND `+ofMember),
	},
	{
		name: "page of 20, unit", doc: page("HANDLING"), who: func(p *people) []*person { return p.Agents }, list: "matters",
		floor: strings.Replace(pageSQL(newest, newestBack, `m.kind = 'proposal' AND m.state = 'HANDLING' AND `+ofAgent), "/*share*/", shareOfAgent, 1),
	},
	{
		name: "to-do list, clerk", who: clerks, list: "todos",
		doc: `query Todos { todos(first: 20) { edges { node { ` + row + ` } } pageInfo { hasNextPage endCursor } } }`,
		floor: strings.Replace(pageSQL("due_on, id", "due_on DESC NULLS FIRST, id DESC", `true`), "matters m WHERE m.tenant_id = $1", `(
		  SELECT m.*, a.due_on FROM matters m JOIN (
		    SELECT matter_id, min(due_on) AS due_on FROM (
		      SELECT matter_id, due_on FROM awaited WHERE tenant_id = $1 AND membership_id = $2
		      UNION ALL SELECT matter_id, due_on FROM awaited WHERE tenant_id = $1 AND role = 'proposal_clerk' AND unit_id IS NULL) mine
		    GROUP BY matter_id) a ON m.tenant_id = $1 AND m.id = a.matter_id) m WHERE m.tenant_id = $1`, 1),
	},
	{
		name: "one case, clerk", who: clerks, subjects: `SELECT tenant_id, id FROM matters TABLESAMPLE bernoulli (5) WHERE state = 'REPLIED'`,
		doc: `query Case($id: ID!) { matter(id: $id) { id number title state turn openedAt nextDueOn version
			sector { id name } street { id name } creator { id name }
			proposal { id registrationNo caseNo period proposerKind situation analysis suggestions category disposition sitting { id ordinal term { id ordinal } } }
			parties { id role name cosign signedAt } replies { id docNo class body sentAt }
			assignments { id role state slipNo dueOn signedAt sentAt unit { id name } }
			feedback { id attitude result receivedAt } timers { id label dueOn }
			steps(first: 20) { edges { node { id label at actorName } } } } }`,
		vars: func(_ *person, id uuid.UUID) map[string]any { return map[string]any{"id": id} },
		floor: `SELECT json_build_object('matter', json_build_object('id', m.id, 'number', coalesce(m.number, ''), 'title', m.title, 'state', m.state,
		  'turn', coalesce(m.turn, ''), 'openedAt', m.opened_at, 'nextDueOn', m.next_due_on, 'version', m.version,
		  'sector', (SELECT json_build_object('id', u.id, 'name', u.name) FROM units u WHERE u.tenant_id = $1 AND u.id = m.sector_id),
		  'street', (SELECT json_build_object('id', u.id, 'name', u.name) FROM units u WHERE u.tenant_id = $1 AND u.id = m.street_id),
		  'creator', (SELECT json_build_object('id', u.id, 'name', u.name) FROM memberships u WHERE u.tenant_id = $1 AND u.id = m.creator_id),
		  'proposal', (SELECT json_build_object('id', p.id, 'registrationNo', p.registration_no, 'caseNo', p.case_no, 'period', p.period,
		      'proposerKind', p.proposer_kind, 'situation', coalesce(p.situation, ''), 'analysis', coalesce(p.analysis, ''), 'suggestions', p.suggestions,
		      'category', coalesce(p.category, ''), 'disposition', p.disposition,
		      'sitting', json_build_object('id', s.id, 'ordinal', s.ordinal, 'term', json_build_object('id', t.id, 'ordinal', t.ordinal)))
		    FROM proposals p JOIN sittings s ON s.tenant_id = $1 AND s.id = p.sitting_id JOIN terms t ON t.tenant_id = $1 AND t.id = s.term_id
		    WHERE p.tenant_id = $1 AND p.matter_id = m.id),
		  'parties', (SELECT coalesce(json_agg(json_build_object('id', id, 'role', role, 'name', name, 'cosign', cosign, 'signedAt', signed_at)), '[]')
		    FROM parties WHERE tenant_id = $1 AND matter_id = m.id),
		  'replies', (SELECT coalesce(json_agg(json_build_object('id', id, 'docNo', coalesce(doc_no, ''), 'class', coalesce(class, ''), 'body', body, 'sentAt', sent_at)), '[]')
		    FROM replies WHERE tenant_id = $1 AND matter_id = m.id),
		  'assignments', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'role', a.role, 'state', a.state, 'slipNo', coalesce(a.slip_no, ''), 'dueOn', a.due_on,
		      'signedAt', a.signed_at, 'sentAt', a.sent_at, 'unit', json_build_object('id', u.id, 'name', u.name))), '[]')
		    FROM assignments a JOIN units u ON u.tenant_id = $1 AND u.id = a.unit_id WHERE a.tenant_id = $1 AND a.matter_id = m.id),
		  'feedback', (SELECT coalesce(json_agg(json_build_object('id', id, 'attitude', coalesce(attitude, ''), 'result', coalesce(result, ''), 'receivedAt', received_at)), '[]')
		    FROM feedback WHERE tenant_id = $1 AND matter_id = m.id),
		  'timers', (SELECT coalesce(json_agg(json_build_object('id', id, 'label', label, 'dueOn', due_on)), '[]')
		    FROM timers WHERE tenant_id = $1 AND matter_id = m.id),
		  'steps', json_build_object('edges', (SELECT coalesce(json_agg(json_build_object('node', json_build_object('id', s.id, 'label', s.label, 'at', s.at, 'actorName', coalesce(s.actor_name, '')))), '[]')
		    FROM (SELECT * FROM steps WHERE tenant_id = $1 AND matter_id = m.id ORDER BY id LIMIT 20) s))))::text
		FROM matters m WHERE m.tenant_id = $1 AND m.id = $2`,
	},
}

// graphQL is the body of a request to the product, plain that of one to a
// floor: the same variables without the document.
func (r *read) graphQL(p *person, subject uuid.UUID) []byte {
	b := map[string]any{"query": r.doc}
	if r.vars != nil {
		b["variables"] = r.vars(p, subject)
	}
	return encode(b)
}

func (r *read) plain(p *person, subject uuid.UUID) []byte {
	b := map[string]any{}
	if r.vars != nil {
		b["variables"] = r.vars(p, subject)
	}
	if p.Unit != nil {
		b["unit"] = p.Unit
	}
	return encode(b)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and ids only
	}
	return b
}
