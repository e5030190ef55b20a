package figures

import (
	"slices"
	"strings"
)

// part is one of the queries of which a figure's is made. Row-level security
// keeps all of them inside the committee.
type part struct {
	name  string
	needs []string
	sql   string
}

// span is what a figure is asked for: the sitting and period, the days, and the
// end of the day as of which it is told.
const span = `SELECT $1::uuid AS sitting, $2::text AS period, $3::date AS day0, $4::date AS day1, $5::date AS today, $6::timestamptz AS upto`

// day is the day of a moment in Shanghai.
func day(moment string) string { return "(" + moment + " AT TIME ZONE 'Asia/Shanghai')::date" }

// carried are the columns of a case that everything of it has.
const carried = `c.sector, c.street, c.proposer_kind, c.period, c.platform, c.disposition`

// ofWhat is what everything has that is part of a matter m.
const ofWhat = `m.kind, m.platform_id AS platform, heir(m.sector_id) AS sector, heir(m.street_id) AS street`

// parts in the order in which they can be written.
var parts = append([]part{
	// What was handed in, as the steps up to the day tell it.
	{"cases", nil, `
		SELECT m.id, m.id AS matter, heir(m.sector_id) AS sector, heir(m.street_id) AS street, m.platform_id AS platform, m.policy_version,
			p.proposer_kind, coalesce(p.period, '') AS period, p.consent_publish, c.*,
			CASE WHEN c.state IN ('MERGED', 'CONVERTED_OPINION', 'CONVERTED_LETTER', 'NOT_FILED', 'WITHDRAWN', 'FORWARDED_UP') THEN c.state
				WHEN c.state IN ('SUBMITTED', 'RETURNED', 'UNDER_REVIEW', 'REVIEWED') THEN 'NONE'
				WHEN c.filed_at IS NOT NULL THEN 'FILED' ELSE '' END AS disposition
		FROM span CROSS JOIN proposals p JOIN matters m ON m.id = p.matter_id, LATERAL (
			SELECT (array_agg(s.to_state ORDER BY s.at DESC, s.id DESC))[1] AS state,
				min(s.at) FILTER (WHERE s.to_state NOT IN ('DRAFT', 'COSIGNING', 'COSIGNED', 'LAPSED')) AS received_at,
				min(s.at) FILTER (WHERE s.to_state = 'FILED') AS filed_at,
				min(s.at) FILTER (WHERE s.to_state = 'ASSIGNED') AS assigned_at,
				coalesce(max((s.after->>'round')::int), 1) AS round,
				(array_agg(s.after->>'disclosure' ORDER BY s.at DESC, s.id DESC) FILTER (WHERE s.after ? 'disclosure'))[1] AS disclosure,
				bool_or(s.action = 'markKey') IS TRUE AS key,
				(array_agg(CASE s.action WHEN 'suspend' THEN ` + day("s.at") + ` END ORDER BY s.at DESC, s.id DESC) FILTER (WHERE s.action IN ('suspend', 'resume')))[1] AS paused_on
			FROM steps s WHERE s.matter_id = m.id AND s.assignment_id IS NULL AND s.at < span.upto
		) c
		WHERE (span.sitting IS NULL OR p.sitting_id = span.sitting) AND (span.period IS NULL OR p.period = span.period)
			AND c.received_at IS NOT NULL AND (span.sitting IS NOT NULL OR ` + day("c.received_at") + ` BETWEEN span.day0 AND span.day1)`},

	// Units' shares. One that a former version superseded without a step is gone.
	{"shares", []string{"cases"}, `
		SELECT a.id, c.matter, ` + carried + `, heir(a.unit_id) AS unit, a.role, a.round, c.round AS case_round, h.state, h.sent, span.today, c.paused_on,
			a.role <> 'ASSIST' AS answers,
			h.state = 'RETURN_GRANTED' OR NOT h.sent AND (h.state = 'SUPERSEDED' OR a.state = 'SUPERSEDED' AND NOT h.ended) AS gone,
			CASE WHEN a.signed_at < span.upto THEN ` + day("a.signed_at") + ` END AS signed_on, a.sign_by,
			CASE WHEN h.sent THEN ` + day("h.sent_at") + ` END AS sent_on, a.original_due_on,
			coalesce((SELECT s.dues->>(a.id::text) FROM steps s WHERE s.matter_id = c.matter AND s.at < span.upto AND s.dues ? (a.id::text)
				ORDER BY s.at DESC, s.id DESC LIMIT 1)::date,
				CASE WHEN EXISTS (SELECT FROM steps s WHERE s.matter_id = c.matter AND s.dues ? (a.id::text)) THEN a.original_due_on ELSE a.due_on END) AS due_on,
			CASE WHEN h.sent THEN coalesce(y.class, '') END AS class, c.disclosure, c.consent_publish AND y.publishable AS may_be_open
		FROM span CROSS JOIN cases c JOIN assignments a ON a.matter_id = c.matter AND a.assigned_at < span.upto, LATERAL (
			SELECT coalesce((array_agg(s.to_state ORDER BY s.at DESC, s.id DESC) FILTER (WHERE s.at < span.upto))[1], 'PENDING_SIGN') AS state,
				coalesce((array_agg(s.to_state ORDER BY s.at DESC, s.id DESC) FILTER (WHERE s.at < span.upto AND s.to_state <> 'SUPERSEDED'))[1], '') = 'SENT' AS sent,
				max(s.at) FILTER (WHERE s.at < span.upto AND s.to_state = 'SENT' AND s.from_state <> 'SENT') AS sent_at,
				bool_or(s.to_state = 'SUPERSEDED') IS TRUE AS ended
			FROM steps s WHERE s.matter_id = c.matter AND s.assignment_id = a.id
		) h LEFT JOIN LATERAL (
			SELECT r.class, r.publishable FROM replies r WHERE r.matter_id = c.matter AND r.assignment_id = a.id AND r.kind = 'REPLY' AND r.sent_at < span.upto
			ORDER BY r.sent_at DESC, r.id DESC LIMIT 1
		) y ON true`},

	// What proposers were asked about and answered. Of each case the last round
	// counts that was asked about; a person is asked once about a reply.
	{"ratings", []string{"cases"}, `
		SELECT DISTINCT ON (f.reply_id, f.person) f.id, f.matter, f.sector, f.street, f.proposer_kind, f.period, f.platform, f.disposition, f.unit, f.received,
			coalesce(nullif(f.result, ''), 'SILENT') AS result_word, coalesce(nullif(f.attitude, ''), 'SILENT') AS attitude_word,
			` + countsAs("f.result") + ` AS result, ` + countsAs("f.attitude") + ` AS attitude
		FROM (
			SELECT f.id, f.reply_id, f.round, c.matter, ` + carried + `, c.policy_version, heir(a.unit_id) AS unit, coalesce(w.membership_id, heir(w.unit_id), w.id) AS person,
				coalesce(f.received_at < span.upto, false) AS received, CASE WHEN f.received_at < span.upto THEN f.received_at END AS received_at,
				CASE WHEN f.received_at < span.upto THEN f.result END AS result, CASE WHEN f.received_at < span.upto THEN f.attitude END AS attitude,
				max(f.round) OVER (PARTITION BY c.matter) AS last
			FROM span CROSS JOIN cases c JOIN feedback f ON f.matter_id = c.matter AND f.asked_at < span.upto
			JOIN replies r ON r.id = f.reply_id JOIN assignments a ON a.id = r.assignment_id JOIN parties w ON w.id = f.party_id
			WHERE NOT (r.status = 'SENT_BACK' AND EXISTS (SELECT FROM steps s WHERE s.matter_id = c.matter AND s.assignment_id = r.assignment_id
				AND s.to_state = 'SENT_BACK' AND s.from_state <> 'SENT_BACK' AND s.at >= f.asked_at AND s.at < span.upto))
		) f WHERE f.round = f.last
		ORDER BY f.reply_id, f.person, f.received_at NULLS LAST, f.id`},

	// Whether the units that answer now met the proposers. 面商 counts where a
	// proposer confirms it: by his word on the record, or by a rating of this
	// unit's reply that says it came. A contact that he denies counts as none;
	// where he says that nobody came neither counts, unless he confirmed a contact
	// afterwards.
	{"people", []string{"cases"}, `
		SELECT w.id, coalesce(w.membership_id, heir(w.unit_id), w.id) AS person FROM cases c JOIN parties w ON w.matter_id = c.matter`},
	{"contacts", []string{"people"}, `
		SELECT r.matter_id AS matter, heir(r.unit_id) AS unit, w.person, r.mode IN ('面谈', '座谈会', '实地') AS face, CASE WHEN said.happened THEN said.at END AS confirmed_at
		FROM span CROSS JOIN people w JOIN records r ON r.party_id = w.id LEFT JOIN LATERAL (
			SELECT x.at, x.happened FROM (
				SELECT s.at, (s.after->>'happened')::boolean AS happened, s.id FROM steps s
				WHERE s.matter_id = r.matter_id AND s.at < span.upto AND s.action = 'confirmContact' AND s.after->>'recordId' = r.id::text
				UNION ALL
				SELECT r.confirmed_at, r.data->>'denied' IS DISTINCT FROM 'true', r.id WHERE r.confirmed_at < span.upto
					AND NOT EXISTS (SELECT FROM steps s WHERE s.matter_id = r.matter_id AND s.action = 'confirmContact' AND s.after->>'recordId' = r.id::text)
			) x ORDER BY x.at DESC, x.id DESC LIMIT 1
		) said ON true
		WHERE r.kind = 'CONTACT' AND r.created_at < span.upto AND said.happened IS DISTINCT FROM false`},
	{"told", []string{"people"}, `
		SELECT f.matter_id AS matter, heir(b.unit_id) AS unit, w.person FROM span CROSS JOIN people w JOIN feedback f ON f.party_id = w.id AND f.received_at < span.upto
		JOIN replies y ON y.id = f.reply_id JOIN assignments b ON b.id = y.assignment_id WHERE f.contacted`},
	{"answering", []string{"shares"}, `SELECT s.* FROM shares s WHERE s.answers AND NOT s.gone AND s.round = s.case_round`},
	{"marks", []string{"answering", "contacts"}, `
		SELECT d.id, s.matter, s.id AS share, s.unit, s.sector, s.street, s.proposer_kind, s.period, s.platform, s.disposition
		FROM span CROSS JOIN answering s JOIN records d ON d.matter_id = s.matter AND d.assignment_id = s.id AND d.kind = 'CHECK'
			AND d.data->>'for' = 'uncontacted' AND d.created_at < span.upto
		JOIN people w ON w.id = d.party_id
		WHERE NOT EXISTS (SELECT FROM contacts c WHERE c.matter = s.matter AND c.unit = s.unit AND c.person = w.person AND c.confirmed_at > d.created_at)`},
	{"touched", []string{"answering", "contacts", "told", "marks"}, `
		SELECT s.*,
			(s.matter, s.unit) IN (SELECT c.matter, c.unit FROM contacts c WHERE c.face AND (c.confirmed_at IS NOT NULL
				OR (c.matter, c.unit, c.person) IN (SELECT f.matter, f.unit, f.person FROM told f))) AS met,
			(s.matter, s.unit) IN (SELECT c.matter, c.unit FROM contacts c) AS contacted,
			s.id IN (SELECT k.share FROM marks k) AS denied
		FROM answering s`},
	{"unit_cases", []string{"touched"}, `
		SELECT (array_agg(s.id ORDER BY s.id))[1] AS id, s.matter, s.unit, s.sector, s.street, s.proposer_kind, s.period, s.platform, s.disposition,
			bool_or(s.met) AS met, bool_or(s.contacted) AS contacted, bool_or(s.denied) AS denied
		FROM touched s GROUP BY 2, 3, 4, 5, 6, 7, 8, 9`},

	// What units promised in replies that went out. It lapses with its reply: sent
	// back, or taken the place of by another round.
	{"commitments", []string{"cases"}, `
		SELECT i.id, c.matter, ` + carried + `, heir(i.unit_id) AS unit, r.class, i.due_on, span.today,
			CASE WHEN i.status = 'DONE' AND i.settled_at < span.upto THEN ` + day("i.settled_at") + ` END AS done_on,
			i.status = 'DROPPED' AND i.settled_at < span.upto AND (r.round < c.round OR EXISTS (SELECT FROM steps s WHERE s.matter_id = c.matter
				AND s.assignment_id = r.assignment_id AND (s.to_state = 'SENT_BACK' AND r.status = 'SENT_BACK' OR s.to_state = 'SUPERSEDED') AND s.from_state <> s.to_state AND s.at >= r.sent_at AND s.at < span.upto)) AS lapsed
		FROM span CROSS JOIN cases c JOIN items i ON i.matter_id = c.matter AND i.kind = 'COMMITMENT' JOIN replies r ON r.id = i.reply_id AND r.sent_at < span.upto`},

	// What people have a hand in. A merged proposal counts once for each who signed
	// it; of another matter nobody counts twice, whatever he is to it.
	{"authored", []string{"cases"}, `
		SELECT w.id, c.matter, ` + carried + `, w.role, w.membership_id AS person
		FROM cases c JOIN parties w ON w.matter_id = c.matter AND w.membership_id IS NOT NULL AND w.from_matter_id IS NULL
			AND w.role IN ('LEAD', 'CO') AND w.cosign IN ('NONE', 'SIGNED')`},
	{"involved", nil, `
		SELECT (array_agg(w.id ORDER BY w.id))[1] AS id, m.id AS matter, m.kind, h.state, m.platform_id AS platform, m.closed_at < span.upto AS closed,
			w.membership_id AS person, bool_or(w.role IN ('LEAD', 'RAISER')) AS brought, bool_or(w.role = 'HOST') AS hosted
		FROM span CROSS JOIN parties w JOIN matters m ON m.id = w.matter_id AND m.kind <> 'proposal', LATERAL (
			SELECT coalesce((array_agg(s.to_state ORDER BY s.at DESC, s.id DESC))[1], m.state) AS state
			FROM steps s WHERE s.matter_id = m.id AND s.assignment_id IS NULL AND s.at < span.upto
		) h
		WHERE w.membership_id IS NOT NULL AND w.event_id IS NULL AND w.from_matter_id IS NULL AND h.state <> 'DRAFT'
			AND m.opened_at < span.upto AND ` + day("m.opened_at") + ` BETWEEN span.day0 AND span.day1
		GROUP BY m.id, h.state, span.upto, w.membership_id`},
	{"attended", nil, `
		SELECT a.id, a.matter_id AS matter, m.kind, m.platform_id AS platform, e.kind AS event, a.status, w.membership_id AS person
		FROM span CROSS JOIN attendances a JOIN events e ON e.id = a.event_id AND e.state = 'HELD' AND e."on" BETWEEN span.day0 AND least(span.day1, span.today)
		JOIN parties w ON w.id = a.party_id AND w.membership_id IS NOT NULL JOIN matters m ON m.id = a.matter_id`},
	// A leader's instruction is nobody's figure, nor a visit that nobody may know of.
	{"noted", nil, `
		SELECT r.id, r.matter_id AS matter, m.kind, m.platform_id AS platform, r.kind AS record, r.mode, r.stage, r.author_id AS person, r.confirmed_at < span.upto AS confirmed
		FROM span CROSS JOIN records r JOIN matters m ON m.id = r.matter_id
		WHERE r.author_id IS NOT NULL AND r.kind <> 'INSTRUCTION' AND r.created_at < span.upto AND coalesce(r."on", ` + day("r.created_at") + `) BETWEEN span.day0 AND span.day1
			AND NOT EXISTS (SELECT FROM events e WHERE e.id = r.event_id AND e.concealed AND e.state <> 'HELD')`},
	{"outsiders", nil, `
		SELECT w.id, m.id AS matter, m.kind, m.platform_id AS platform, w.kind AS who, m.creator_id AS person
		FROM span CROSS JOIN parties w JOIN matters m ON m.id = w.matter_id AND m.kind <> 'proposal' AND m.creator_id IS NOT NULL
		WHERE w.membership_id IS NULL AND w.unit_id IS NULL AND w.from_matter_id IS NULL AND w.created_at < span.upto
			AND m.opened_at < span.upto AND ` + day("m.opened_at") + ` BETWEEN span.day0 AND span.day1`},

	// Matters of every kind but proposals, which are cases, and what is in them.
	{"matters_of", nil, `
		SELECT m.id, m.id AS matter, ` + ofWhat + `, heir(m.owner_unit_id) AS unit, m.source, m.closed_at < span.upto AS closed
		FROM span CROSS JOIN matters m, LATERAL (
			SELECT coalesce((array_agg(s.to_state ORDER BY s.at DESC, s.id DESC))[1], m.state) AS state
			FROM steps s WHERE s.matter_id = m.id AND s.assignment_id IS NULL AND s.at < span.upto
		) h
		WHERE m.kind <> 'proposal' AND NOT m.confidential AND h.state <> 'DRAFT' AND m.opened_at < span.upto AND ` + day("m.opened_at") + ` BETWEEN span.day0 AND span.day1`},
	{"items_of", nil, `
		SELECT i.id, i.matter_id AS matter, ` + ofWhat + `, heir(i.unit_id) AS unit, i.kind AS item, i.path, i.key, i.due_on, span.today, round(i.amount_fen / 100.0) AS yuan,
			i.status = 'DONE' AND coalesce(i.settled_at < span.upto, false) AS done, i.status = 'DROPPED' AND coalesce(i.settled_at < span.upto, false) AS dropped
		FROM span CROSS JOIN items i JOIN matters m ON m.id = i.matter_id LEFT JOIN events e ON e.id = i.event_id
		WHERE m.state <> 'DRAFT' AND NOT m.confidential AND i.created_at < span.upto AND coalesce(e."on", ` + day("i.created_at") + `) BETWEEN span.day0 AND span.day1
			AND (e.id IS NULL OR NOT e.concealed OR e.state = 'HELD')`},
	{"events_of", nil, `
		SELECT e.id, e.matter_id AS matter, ` + ofWhat + `, heir(e.unit_id) AS unit, heir(e.venue_id) AS venue, e.kind AS event
		FROM span CROSS JOIN events e JOIN matters m ON m.id = e.matter_id
		WHERE e.state = 'HELD' AND NOT m.confidential AND e."on" BETWEEN span.day0 AND least(span.day1, span.today)`},
	{"records_of", nil, `
		SELECT r.id, r.matter_id AS matter, ` + ofWhat + `, heir(r.unit_id) AS unit, r.kind AS record, r.mode, r.author_id AS person, r.confirmed_at < span.upto AS confirmed
		FROM span CROSS JOIN records r JOIN matters m ON m.id = r.matter_id
		WHERE r.kind <> 'INSTRUCTION' AND NOT m.confidential AND r.created_at < span.upto AND coalesce(r."on", ` + day("r.created_at") + `) BETWEEN span.day0 AND span.day1
			AND NOT EXISTS (SELECT FROM events e WHERE e.id = r.event_id AND e.concealed AND e.state <> 'HELD')`},

	// Who is a member on the day.
	{"members", []string{"cases"}, `
		SELECT m.id, NULL::uuid AS matter, m.id IN (SELECT w.membership_id FROM parties w JOIN cases c ON c.matter = w.matter_id
			WHERE w.membership_id IS NOT NULL AND w.role IN ('LEAD', 'CO') AND w.cosign IN ('NONE', 'SIGNED')) AS proposes
		FROM span CROSS JOIN memberships m WHERE m.kind = 'MEMBER' AND served(m, span.today)`},

	// Tasks of loops and their nodes, by the day on which they are due.
	{"tasks", nil, `
		SELECT i.id, i.matter_id AS matter, heir(i.unit_id) AS unit, i.due_on, span.today, h.state, ` + cohort + ` AS cohort
		FROM span CROSS JOIN items i JOIN matters m ON m.id = i.matter_id AND m.kind = 'task', LATERAL (
			SELECT coalesce((array_agg(s.to_state ORDER BY s.at DESC, s.id DESC))[1], m.state) AS state
			FROM steps s WHERE s.matter_id = m.id AND s.assignment_id IS NULL AND s.at < span.upto
		) h
		WHERE i.kind = 'TASK' AND i.created_at < span.upto AND i.due_on BETWEEN span.day0 AND span.day1 AND h.state NOT IN ('DRAFT', 'WITHDRAWN')`},
	{"nodes", nil, `
		SELECT i.id, i.matter_id AS matter, heir(coalesce(i.unit_id, q.unit_id)) AS unit, i.due_on, span.today, ` + cohort + ` AS cohort,
			CASE WHEN i.status <> 'OPEN' THEN (SELECT max(` + day("s.at") + `) FROM steps s
				WHERE s.matter_id = i.matter_id AND s.action = 'reportNode' AND s.after->>'itemId' = i.id::text AND s.at < span.upto) END AS reported_on
		FROM span CROSS JOIN items i JOIN matters m ON m.id = i.matter_id AND m.kind = 'task' LEFT JOIN items q ON q.id = i.parent_id
		WHERE i.kind = 'NODE' AND i.created_at < span.upto AND i.due_on BETWEEN span.day0 AND span.day1
			AND NOT (i.status = 'DROPPED' AND coalesce(i.settled_at < span.upto, true))`},
}, boards...)

// cohort is in which of its three years the loop is of which a task came from above,
// by the year of handling that came with it (domain.md trap 14); empty: of none.
const cohort = `CASE WHEN m.data->'loop'->>'year' ~ '^\d{4}$' THEN
			CASE sign((m.data->'loop'->>'year')::int - extract(year FROM span.today)::int) WHEN 1 THEN 'PRESTUDY' WHEN 0 THEN 'HANDLING' ELSE 'SUPERVISION' END ELSE '' END`

// countsAs is what a committee's word of satisfaction counts as, by the policy of
// the matter; SILENT where nothing was said.
func countsAs(column string) string {
	return `coalesce((SELECT r->>'counts' FROM policies y, jsonb_array_elements(y.settings->'ratings') r
		WHERE y.version = f.policy_version AND r->>'code' = ` + column + `), nullif(` + column + `, ''), 'SILENT')`
}

// with writes the parts that are needed, each after those that it needs.
func with(needed []string) string {
	want := map[string]bool{}
	var mark func(string)
	mark = func(name string) {
		want[name] = true
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		for _, n := range parts[i].needs {
			mark(n)
		}
	}
	for _, name := range needed {
		mark(name)
	}
	b := strings.Builder{}
	b.WriteString("WITH span AS (" + span + ")")
	for _, p := range parts {
		if want[p.name] {
			b.WriteString(", " + p.name + " AS (" + p.sql + ")")
		}
	}
	return b.String() + "\n"
}
