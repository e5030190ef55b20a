package smoke

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

func day(y int, mo time.Month, d, h int) time.Time { return time.Date(y, mo, d, h, 0, 0, 0, shanghai) }

const figuresQuery = `query($s: ID!) { proposalFigures(sittingId: $s) { received filed merged convertedToOpinion pending completed
	satisfactionRate { numerator denominator text } completionRate { text } filingRate { text } } }`

// TestAYearOfZhongshan lives 中山's third sitting through the API: 109 = 5 + 35
// + 69, one of them a key case, all completed, all satisfied, with the server killed in the middle.
func TestAYearOfZhongshan(t *testing.T) {
	p := start(t, day(2023, 11, 20, 9))
	found(t, p, "210200", "政协大连市委员会", "CITY", "")
	lsk := found(t, p, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "210200")
	zs := found(t, p, "210202", "政协大连市中山区委员会", "DISTRICT", "210200")
	zs.opens(11, "2021-12-01", "2026-12-31", 3, "2023-11-01", "2023-12-27", "2023-12-28T12:00:00+08:00", "2023-12-29")
	zs.staffed(12)

	p.at(day(2023, 12, 27, 10))
	var ids []string
	for i := range 109 {
		ids = append(ids, zs.submitted(zs.member(i%12), fmt.Sprintf("关于提升第%d片街区夜间经济活力的提案", i+1)))
	}
	p.at(day(2023, 12, 28, 15))
	director := zs.people["主任"]
	for i, id := range ids {
		switch {
		case i < 69:
			zs.reviewed(id, "FILED")
			director.do("fileProposal", m{"matterId": id}, "")
		case i < 74:
			zs.reviewed(id, "MERGED")
		default:
			zs.reviewed(id, "CONVERTED_OPINION")
			if _, bad := director.try("convertToOpinion", m{"matterId": id, "reason": "更适合以社情民意反映"}, ""); i == 74 && !strings.HasPrefix(bad, "GUARD_FAILED") {
				t.Errorf("without the proposer's consent: %q", bad)
			}
			zs.people[zs.member(i%12)].do("consentToOpinion", m{"matterId": id}, "")
			director.do("convertToOpinion", m{"matterId": id, "reason": "更适合以社情民意反映"}, "")
		}
	}
	director.do("mergeProposals", m{"intoId": ids[0], "absorbedIds": ids[69:74], "reason": "同类提案"}, "matter { parties { role } }")
	director.do("publishCaseList", m{"sittingId": zs.sitting}, "sitting { listPublishedAt }")
	director.do("markKeyProposal", m{"matterId": ids[1], "superviseLeaderPost": "区政协主席"}, "")

	p.kill() // a power cut between review and assignment
	p.run()
	checkFigures(t, zs, map[string]float64{"received": 109, "filed": 69, "merged": 5, "convertedToOpinion": 35, "pending": 0, "completed": 0})

	p.at(day(2024, 1, 15, 9))
	for i, id := range ids[:69] {
		unit := []string{"商务局", "文旅局"}[i%2]
		zs.people["干事"].do("assignProposal", m{"matterId": id, "units": []m{{"unitId": zs.units[unit], "role": "SOLE"}}}, "")
	}
	p.at(day(2024, 1, 20, 9)) // three working days have passed and nobody signed: the office sees it, a reminder has fired
	waitFor(t, "the reminder to sign", func() bool {
		data := zs.people["干事"].ask(`query($id: ID!) { matter(id: $id) { records { kind data } timers { key status explanation } } }`, m{"id": ids[0]})
		return strings.Contains(fmt.Sprint(data), "URGE") && strings.Contains(fmt.Sprint(data), "OVERDUE")
	})
	p.at(day(2024, 3, 20, 9))
	for i, id := range ids[:69] {
		zs.handled(id, []string{"商务局", "文旅局"}[i%2], "2024-03-19")
	}
	p.stop() // an ordinary restart
	p.at(day(2024, 4, 10, 9))
	p.run()
	for i, id := range ids[:69] {
		if i == 0 { // the surviving case: every proposer of the merged ones rates
			rateAll(zs, id)
		}
		if i == 1 {
			for _, kind := range []string{"VISIT", "MEETING", "REPORT"} {
				zs.supervised(id, kind, "2024-04-10")
			}
		}
		completeAll(zs, id, zs.member(i%12), i == 0)
	}
	checkFigures(t, zs, map[string]float64{"completed": 69}) // the key case, which is still followed, is one
	followed(t, zs, ids[1])
	for _, id := range ids[:69] {
		archive(zs, id)
	}
	checkFigures(t, zs, map[string]float64{"received": 109, "filed": 69, "merged": 5, "convertedToOpinion": 35, "pending": 0, "completed": 69})
	data := zs.people["干事"].ask(figuresQuery, m{"s": zs.sitting})
	if got := str(data, "proposalFigures", "completionRate", "text"); got != "100.0%" {
		t.Errorf("办结率 %s", got)
	}
	if got := str(data, "proposalFigures", "satisfactionRate", "text"); got != "100.0%" {
		t.Errorf("满意率 %s", got)
	}
	if got := str(data, "proposalFigures", "filingRate", "text"); got != "63.3%" {
		t.Errorf("立案率 %s", got)
	}
	countsAreRows(t, zs)
	nextSitting(t, p, zs)
	isolated(t, zs, lsk, ids[0])
	p.nothingStands(t)
	auditFindsAFlippedByte(t, p)
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func checkFigures(t *testing.T, d *district, want map[string]float64) {
	t.Helper()
	data := d.people["干事"].ask(figuresQuery, m{"s": d.sitting})
	for k, v := range want {
		if got := dig(data, "proposalFigures", k); got != v {
			t.Errorf("%s is %v, want %v", k, got, v)
		}
	}
}

// rateAll lets every proposer of the surviving case rate.
func rateAll(d *district, id string) {
	for name, w := range d.people {
		if !strings.HasPrefix(name, "委员") {
			continue
		}
		f, _ := dig(w.ask(`query($id: ID!) { matter(id: $id) { feedback { id receivedAt } } }`, m{"id": id}), "matter", "feedback").([]any)
		for _, x := range f {
			if dig(x, "receivedAt") == nil {
				w.do("rateReply", m{"matterId": id, "feedbackId": str(x, "id"), "attitude": "SATISFIED", "result": "SATISFIED", "contacted": true}, "")
			}
		}
	}
}

// completeAll carries a replied case to its completion.
func completeAll(d *district, id, member string, rated bool) {
	if !rated {
		w := d.people[member]
		f := w.ask(`query($id: ID!) { matter(id: $id) { feedback { id } } }`, m{"id": id})
		w.do("rateReply", m{"matterId": id, "feedbackId": str(f, "matter", "feedback", 0, "id"), "attitude": "SATISFIED", "result": "SATISFIED", "contacted": true}, "")
	}
	share := str(d.people["干事"].ask(`query($id: ID!) { matter(id: $id) { assignments { id } } }`, m{"id": id}), "matter", "assignments", 0, "id")
	d.people["干事"].do("acceptReply", m{"assignmentId": share}, "")
	d.people["干事"].do("decideDisclosure", m{"matterId": id, "decision": "OPEN"}, "")
	d.people["主任"].do("completeProposal", m{"matterId": id}, "")
}

func archive(d *district, id string) {
	d.people["干事"].do("archiveProposal", m{"matterId": id, "checklist": m{"form": "有", "slip": "有", "reply": "有", "feedback": "有", "supervision": "重点提案有，其他无"}}, "")
}

// supervised records one thing of the supervision of a key case.
func (d *district) supervised(id, kind, on string) {
	d.people["干事"].do("recordSupervision", m{"matterId": id, "kind": kind, "on": on, "text": "督办领导带队了解办理进展"}, "")
}

// followed: a completed key case is followed until somebody has reported back,
// with commitments or without (domain.md 4.3.4 #26).
func followed(t *testing.T, d *district, id string) {
	t.Helper()
	clerk, state := d.people["干事"], `query($id: ID!) { matter(id: $id) { state } }`
	if got := str(clerk.ask(state, m{"id": id}), "matter", "state"); got != "TRACKING" {
		t.Fatalf("the key case is %s", got)
	}
	if _, bad := clerk.try("settleTracking", m{"matterId": id, "class": "A"}, ""); !strings.HasPrefix(bad, "GUARD_FAILED") {
		t.Errorf("settled without a report: %q", bad)
	}
	d.supervised(id, "REPORT", "2024-04-10")
	clerk.do("settleTracking", m{"matterId": id, "class": "A"}, "")
	if got := str(clerk.ask(state, m{"id": id}), "matter", "state"); got != "COMPLETED" {
		t.Errorf("settled, the key case is %s", got)
	}
}

// countsAreRows follows each figure back to its rows.
func countsAreRows(t *testing.T, d *district) {
	t.Helper()
	for disposition, want := range map[string]float64{"FILED": 69, "MERGED": 5, "CONVERTED_OPINION": 35} {
		data := d.people["干事"].ask(`query($f: MatterFilter) { matters(first: 100, filter: $f) { totalCount edges { node { number } } } }`,
			m{"f": m{"kind": "proposal", "sittingId": d.sitting, "disposition": disposition}})
		if got := dig(data, "matters", "totalCount"); got != want {
			t.Errorf("%s: %v rows behind the figure %v", disposition, got, want)
		}
		if got := len(dig(data, "matters", "edges").([]any)); float64(got) != want {
			t.Errorf("%s: the page has %d rows", disposition, got)
		}
	}
}

// nextSitting: a proposal of 27 December 2024 belongs to the sitting that opens
// that day, and last year's figures stay as they were (domain.md trap 2).
func nextSitting(t *testing.T, p *product, d *district) {
	t.Helper()
	third := d.sitting
	p.at(day(2024, 10, 8, 9))
	d.opens(11, "", "", 4, "2024-11-01", "2024-12-27", "2024-12-28T12:00:00+08:00", "2024-12-29")
	p.at(day(2024, 12, 27, 10))
	id := d.submitted(d.member(0), "关于发展低空经济的提案")
	data := d.people[d.member(0)].ask(`query($id: ID!) { matter(id: $id) { proposal { registrationNo sitting { ordinal } } } }`, m{"id": id})
	if got := str(data, "matter", "proposal", "registrationNo"); got != "210202-1104-R0001" {
		t.Errorf("registration number %s", got)
	}
	checkFigures(t, d, map[string]float64{"received": 1, "pending": 1})
	d.sitting = third
	checkFigures(t, d, map[string]float64{"received": 109, "completed": 69})
}

// isolated: another district's administrator finds nothing under 中山's ids.
func isolated(t *testing.T, zs, other *district, id string) {
	t.Helper()
	data := other.admin.ask(`query($id: ID!) { matter(id: $id) { title } node(id: $id) { id } matters { totalCount } units { totalCount } }`, m{"id": id})
	if data["matter"] != nil || data["node"] != nil || dig(data, "matters", "totalCount") != 0.0 || dig(data, "units", "totalCount") != 0.0 {
		t.Errorf("旅顺口 sees %v", data)
	}
	if _, bad := other.admin.try("fileProposal", m{"matterId": id}, ""); !strings.HasPrefix(bad, "NOT_FOUND") {
		t.Errorf("旅顺口 files 中山's case: %q", bad)
	}
}

func auditFindsAFlippedByte(t *testing.T, p *product) {
	t.Helper()
	if out, err := p.cli("audit", "verify"); err != nil {
		t.Fatalf("audit verify: %v\n%s", err, out)
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, "postgres://postgres@/bihuan?host="+filepath.Join(p.dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, `UPDATE audit_log SET entry = replace(entry, 'fileProposal', 'fileProposaI')
		WHERE (tenant_id, seq) = (SELECT tenant_id, seq FROM audit_log WHERE action = 'fileProposal' ORDER BY seq LIMIT 1)`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cli("audit", "verify", "--tenant=210202")
	if err == nil || !strings.Contains(out, "损坏") {
		t.Errorf("a changed byte was not found: %v\n%s", err, out)
	}
}
