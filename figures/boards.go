package figures

import (
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
)

// onBoard is what everything of a platform has.
const onBoard = `m.platform_id AS platform`

// somebody leaves out units among the parties: one is written down by its own
// name, or as a department of which nobody is named with post or organisation.
// Who comes for a unit is named himself.
const somebody = `(p.membership_id IS NOT NULL OR NOT (
		btrim(coalesce(p.name, '')) <> '' AND btrim(p.name) = btrim(coalesce(p.organisation, ''))
		OR p.unit_id IS NOT NULL AND btrim(coalesce(p.name, '')) = ''
		OR coalesce(p.kind, '') IN ('DEPARTMENT', 'SUPERVISED_UNIT') AND btrim(coalesce(p.post, '')) = '' AND btrim(coalesce(p.organisation, '')) = ''
		OR EXISTS (SELECT FROM units u WHERE u.name = btrim(p.name))))`

// known leaves out what belongs to a visit that is concealed still: it counts
// nothing until it has been held (domain.md trap 17).
func known(event string) string {
	return ` AND NOT EXISTS (SELECT FROM events c WHERE c.id = ` + event + ` AND c.concealed AND c.state <> 'HELD')`
}

// boards are the parts of what platforms count: by the days of the scope, as it
// stands now, since a platform's year is written down when there is time (domain.md
// 1.6, 1.7).
var boards = []part{
	{"board_events", nil, `
		SELECT e.id, e.matter_id AS matter, ` + onBoard + `, e.kind AS event FROM span CROSS JOIN events e JOIN matters m ON m.id = e.matter_id
		WHERE m.platform_id IS NOT NULL AND e.state = 'HELD' AND e."on" BETWEEN span.day0 AND span.day1`},
	{"board_people", nil, `
		SELECT a.id, a.matter_id AS matter, ` + onBoard + `, e.kind AS event, p.id AS party, coalesce(p.membership_id::text, nullif(btrim(p.name), ''), p.id::text) AS who
		FROM span CROSS JOIN attendances a JOIN events e ON e.id = a.event_id JOIN matters m ON m.id = a.matter_id JOIN parties p ON p.id = a.party_id
		WHERE m.platform_id IS NOT NULL AND a.status = 'ATTENDED' AND e.state = 'HELD' AND e."on" BETWEEN span.day0 AND span.day1 AND ` + somebody},
	// A person is a membership, else a name; a party without either stands for itself.
	{"board_persons", []string{"board_people"}, `SELECT b.party AS id, b.matter, b.platform, b.who FROM board_people b`},
	// Citizens' topics are no matters of a platform, unless topics are what it is for.
	// Matters of a process that the platform once ran go on counting.
	{"board_matters", nil, `
		SELECT m.id, m.id AS matter, ` + onBoard + `, m.source, m.kind <> 'topic' OR l.process_kind = 'topic' AS own FROM span CROSS JOIN matters m JOIN platforms l ON l.id = m.platform_id
		WHERE ` + day("m.opened_at") + ` BETWEEN span.day0 AND span.day1`},
	// An item came up on the day of its event, else on that on which it was entered.
	{"board_items", nil, `
		SELECT i.id, i.matter_id AS matter, ` + onBoard + `, i.kind AS item, i.status = 'DONE' OR i.status IN ('OPEN', 'REPORTED') AND (i.unit_id IS NOT NULL OR i.owner <> '') AS taken
		FROM span CROSS JOIN items i JOIN matters m ON m.id = i.matter_id LEFT JOIN events e ON e.id = i.event_id
		WHERE m.platform_id IS NOT NULL AND coalesce(e."on", ` + day("i.created_at") + `) BETWEEN span.day0 AND span.day1` + known("i.event_id")},
	{"board_solved", nil, `
		SELECT i.id, i.matter_id AS matter, ` + onBoard + ` FROM span CROSS JOIN items i JOIN matters m ON m.id = i.matter_id
		WHERE m.platform_id IS NOT NULL AND i.kind = 'PROBLEM' AND i.status = 'DONE' AND ` + day("i.settled_at") + ` BETWEEN span.day0 AND span.day1` + known("i.event_id")},
	{"board_records", nil, `
		SELECT r.id, r.matter_id AS matter, ` + onBoard + `, r.kind AS record FROM span CROSS JOIN records r JOIN matters m ON m.id = r.matter_id
		WHERE m.platform_id IS NOT NULL AND coalesce(r."on", ` + day("r.created_at") + `) BETWEEN span.day0 AND span.day1` + known("r.event_id")},
	{"board_opinions", nil, `
		SELECT o.id, o.id AS matter, ` + onBoard + ` FROM span CROSS JOIN links l JOIN matters m ON m.id = l.from_id JOIN matters o ON o.id = l.to_id
		WHERE m.platform_id IS NOT NULL AND l.kind = 'CONVERTED_TO' AND l.undone_at IS NULL AND o.kind = 'opinion' AND ` + day("l.created_at") + ` BETWEEN span.day0 AND span.day1`},
	{"board_remarks", nil, `
		SELECT p.id, p.matter_id AS matter, ` + onBoard + ` FROM span CROSS JOIN parties p JOIN matters m ON m.id = p.matter_id
		WHERE m.platform_id IS NOT NULL AND p.role = 'RAISER' AND p.cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED') AND ` + day("p.created_at") + ` BETWEEN span.day0 AND span.day1` + known("p.event_id")},
}

// ofBoard are the words of what belongs to a platform.
func ofBoard(more map[string]*word) map[string]*word {
	out := map[string]*word{"platform": {label: "平台", sql: "t.platform", other: "不在平台上"}}
	for name, w := range more {
		out[name] = w
	}
	return out
}

// boardThings are what platforms count; package platforms says which figures are
// made of them.
var boardThings = map[string]*thing{
	"board_event":   {label: "会议和活动", typ: gen.TypeEvent, from: "board_events", words: ofBoard(map[string]*word{"event": {label: "会议或活动", sql: "t.event", values: events}})},
	"board_people":  {label: "参加人次", typ: gen.TypeAttendance, from: "board_people", words: ofBoard(map[string]*word{"event": {label: "会议或活动", sql: "t.event", values: events}})},
	"board_person":  {label: "参加的人", typ: gen.TypeParty, from: "board_persons", each: "who", words: ofBoard(nil)},
	"board_matter":  {label: "事项", typ: gen.TypeMatter, from: "board_matters", words: ofBoard(map[string]*word{"own": {label: "平台自己的", sql: "t.own", yes: true}, "source": {label: "议题来源", sql: "t.source", other: "未写明"}})},
	"board_item":    {label: "条目", typ: gen.TypeItem, from: "board_items", words: ofBoard(map[string]*word{"item": {label: "条目", sql: "t.item"}, "taken": {label: "办成或有人认领", sql: "t.taken", yes: true}})},
	"board_solved":  {label: "解决的问题", typ: gen.TypeItem, from: "board_solved", words: ofBoard(nil)},
	"board_record":  {label: "记录", typ: gen.TypeRecord, from: "board_records", words: ofBoard(map[string]*word{"record": {label: "记录", sql: "t.record"}})},
	"board_opinion": {label: "社情民意", typ: gen.TypeMatter, from: "board_opinions", each: "id", words: ofBoard(nil)},
	"board_remark":  {label: "群众反映", typ: gen.TypeParty, from: "board_remarks", words: ofBoard(nil)},
}

// On is a definition narrowed to the rows of some platforms; none: of all.
func (d *Definition) On(platforms []uuid.UUID) *Definition {
	if len(platforms) == 0 {
		return d
	}
	words := make([]string, len(platforms))
	for i, id := range platforms {
		words[i] = id.String()
	}
	return d.narrowed("platform", words...)
}
