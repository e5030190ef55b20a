package proposals_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// archive is the district with two sittings of the term before.
type archive struct {
	*world
	t       *testing.T
	imports *imports.Service
	second  uuid.UUID
	member  *gen.Membership
}

func newArchive(t *testing.T) *archive {
	w := newWorld(t)
	a := &archive{world: w, t: t, imports: imports.New(w.store, w.Directory, w.service.Earlier())}
	a.imports.Wakes(func(uuid.UUID) {})
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		term, err := c.Term.Create().SetOrdinal(10).SetStartsOn(clock.Date(2016, 12, 1)).SetEndsOn(clock.Date(2021, 11, 30)).Save(ctx)
		if err != nil {
			return err
		}
		for i, opens := range []time.Time{clock.Date(2017, 1, 10), clock.Date(2018, 1, 9)} {
			s, err := c.Sitting.Create().SetTerm(term).SetOrdinal(i + 1).SetOpensOn(opens).SetClosesOn(opens.AddDate(0, 0, 3)).Save(ctx)
			if err != nil {
				return err
			}
			a.second = s.ID
		}
		a.member, err = c.Membership.Create().SetName("委员老甲").SetKind(membership.KindMEMBER).SetTerm(term).SetStatus(membership.StatusENDED).
			SetActiveFrom(clock.Date(2016, 12, 1)).SetActiveTo(clock.Date(2021, 11, 30)).Save(ctx)
		return err
	})
	return a
}

func (a *archive) run() {
	a.t.Helper()
	_, err := a.imports.Run(a.Ctx(), a.tenant)
	a.OK(err)
}

// upload has a file judged: the batch, and its lines by their number.
func (a *archive) upload(name string, body []byte) (*imports.Batch, map[int]imports.Row) {
	a.t.Helper()
	var b *imports.Batch
	a.OK(a.As("tenant_admin", func(ctx context.Context) (err error) {
		b, err = a.imports.Start(ctx, imports.Upload{Name: name, Body: body})
		return err
	}))
	a.run()
	return a.look(b.ID)
}

func (a *archive) look(id uuid.UUID) (b *imports.Batch, out map[int]imports.Row) {
	a.t.Helper()
	out = map[int]imports.Row{}
	a.OK(a.Reads("tenant_admin", func(ctx context.Context) error {
		var rows []imports.Row
		var err error
		b, rows, err = a.imports.Rows(ctx, imports.Wanted{BatchID: id, Limit: 100_000})
		for _, r := range rows {
			out[r.Line] = r
		}
		return err
	}))
	return b, out
}

func (a *archive) carry(id uuid.UUID) (*imports.Batch, map[int]imports.Row) {
	a.t.Helper()
	a.OK(a.As("tenant_admin", func(ctx context.Context) error {
		_, err := a.imports.CarryOut(ctx, imports.Carrying{BatchID: id, OnlyValid: true})
		return err
	}))
	a.run()
	return a.look(id)
}

func (a *archive) undo(id uuid.UUID) (*imports.Batch, map[int]imports.Row) {
	a.t.Helper()
	a.OK(a.As("tenant_admin", func(ctx context.Context) error {
		_, err := a.imports.UndoBatch(ctx, id)
		return err
	}))
	a.run()
	return a.look(id)
}

// dump is every row that a proposal has, with what is found of it.
func (a *archive) dump() string {
	a.t.Helper()
	var out strings.Builder
	for _, t := range []string{"matters", "proposals", "parties", "assignments", "replies", "feedback", "steps", "timers", "awaited", "notices", "search_parts", "sequences"} {
		var text string
		a.db.AsSuper(a.t, `SELECT coalesce(string_agg((to_jsonb(x) - 'no')::text, E'\n' ORDER BY (to_jsonb(x) - 'no')::text), '') FROM `+t+` x`, nil, &text)
		fmt.Fprintf(&out, "%s\n%s\n", t, text)
	}
	return out.String()
}

func (a *archive) figure(code string) string {
	a.t.Helper()
	var v []figures.Value
	a.OK(a.Reads("proposal_director", func(ctx context.Context) (err error) {
		v, err = figures.Of(ctx, []string{code}, figures.Scope{Kind: figures.Since, Sitting: a.second}, "")
		return err
	}))
	return fmt.Sprintf("%d/%d", v[0].Numerator, v[0].Denominator)
}

func csvOf(heads string, lines ...string) []byte {
	return []byte(heads + "\n" + strings.Join(lines, "\n") + "\n")
}

const earlierHeads = "届次,次会议,提案号,题目,提案人,联名委员,审查结果,立案时间,主办单位,协办单位,交办日期,答复日期,办理结果,满意度,办结日期,重点提案"

func TestProposalsOfEarlierYears(t *testing.T) {
	a := newArchive(t)
	before := a.dump()
	b, rows := a.upload("二次会议.csv", csvOf(earlierHeads,
		"第十届,2,1,关于老旧小区加装电梯的提案,委员老甲,外来的乙；丙,立案,2018-02-01,城建局,文旅局,2018/3/1,2018-06-30,A,满意,2018-07-10,是", // 2
		"10,2,2,关于夜间公交的提案,委员老甲,,立案,2018-02-01,城建局；商务局,,2018-03-01,,,,,",                                 // 3 not answered
		"10,2,不立1,关于某事的提案,某人,,不予立案,2018-02-01,,,,,,,,",                                                  // 4
		"10,2,003,关于停车的提案,某人,,,,城建局,,,43281,B,基本满意,,",                                                   // 5 a day as a serial: 2018-06-30
		"10,2,3,又一件三号,某人,,,,,,,,,,,",                                                                    // 6 the number twice
		"10,3,4,没有这次会议,某人,,,,,,,,,,,",                                                                   // 7
		"11,4,4,现在的一次会议,某人,,,,,,,,,,,",                                                                  // 8
		"10,2,5,没有这个单位,某人,,,,不存在的局,,,,,,,",                                                              // 9
		"10,2,6,日期倒了,某人,,,2018-03-01,城建局,,2018-02-01,,,,,",                                              // 10
		"10,2,7,没有答复有评价,某人,,,,城建局,,,,,满意,,",                                                             // 11
		"10,2,8,,某人,,,,,,,,,,,",               // 12
		"10,2,9,日子不对,某人,,,2018-02-30,,,,,,,,", // 13
	))
	t.Run("each line is new or wrong, with the column and a sentence", func(t *testing.T) {
		for line, want := range map[int]string{2: "NEW", 3: "NEW", 4: "NEW", 5: "NEW", 6: "WRONG", 7: "WRONG", 8: "WRONG", 9: "WRONG", 10: "WRONG", 11: "WRONG", 12: "WRONG", 13: "WRONG"} {
			if rows[line].Verdict != want {
				t.Errorf("line %d is %s: %+v", line, rows[line].Verdict, rows[line].Problems)
			}
		}
		for line, says := range map[int][2]string{6: {"number", "与第 5 行重复"}, 7: {"sitting", "没有第 10 届第 3 次会议"}, 8: {"sitting", "请在系统里办理"}, 9: {"units", "没有“不存在的局”"},
			10: {"assigned", "早于"}, 11: {"rating", "请写答复日期"}, 12: {"title", "请填写"}, 13: {"filed", "不是日期"}} {
			p := append(rows[line].Problems, imports.Problem{})[0]
			if p.Column != says[0] || !strings.Contains(p.Message, says[1]) {
				t.Errorf("line %d: %+v, want %v", line, p, says)
			}
		}
		if a.dump() != before {
			t.Error("judging has left something")
		}
	})
	t.Run("carried out, they are closed matters with number, proposers, units and result", func(t *testing.T) {
		if b, rows = a.carry(b.ID); b.State != imports.Finished || rows[2].State != "DONE" {
			t.Fatalf("%+v %+v", b, rows[2])
		}
		var m *gen.Matter
		a.Must("", func(ctx context.Context, c *gen.Client) (err error) {
			m, err = c.Matter.Query().Where(matter.Number("第十届二次会议第001号")).WithProposal().WithParties().WithAssignments().WithReplies().WithFeedback().Only(ctx)
			return err
		})
		if m.State != "ARCHIVED" || m.ClosedAt == nil || clock.Day(*m.ClosedAt) != clock.Date(2018, 7, 10) || clock.Day(m.OpenedAt) != clock.Date(2018, 1, 9) {
			t.Errorf("%+v", m)
		}
		if len(m.Edges.Parties) != 3 || len(m.Edges.Assignments) != 2 || len(m.Edges.Replies) != 1 || len(m.Edges.Feedback) != 1 || !m.Edges.Proposal.IsKey {
			t.Errorf("%d parties, %d shares, %d replies, %d ratings", len(m.Edges.Parties), len(m.Edges.Assignments), len(m.Edges.Replies), len(m.Edges.Feedback))
		}
		for _, p := range m.Edges.Parties {
			if (p.Name == "委员老甲") != (p.MembershipID != nil && *p.MembershipID == a.member.ID) {
				t.Errorf("%s is %v", p.Name, p.MembershipID)
			}
		}
		if todo := a.Awaited(m.ID); len(todo) > 0 {
			t.Error("somebody is waited for:", todo)
		}
	})
	t.Run("they count in the figures of their session", func(t *testing.T) {
		for code, want := range map[string]string{"received": "4/0", "filed": "3/0", "not_filed": "1/0", "assigned": "3/0", "key_cases": "1/0", "answers_a": "1/0", "answers_b": "1/0",
			"filing_rate": "3/4", "reply_rate": "2/3", "satisfaction_rate": "1/2", "satisfaction_rate_basic": "2/2", "completion_rate": "3/3"} {
			if got := a.figure(code); got != want {
				t.Errorf("%s is %s, want %s", code, got, want)
			}
		}
	})
	t.Run("exported and imported again they are unchanged; what says otherwise is refused", func(t *testing.T) {
		var book bytes.Buffer
		a.OK(a.Reads("tenant_admin", func(ctx context.Context) error {
			n, err := a.imports.Export(ctx, &book)
			if err == nil && n != 4 {
				t.Errorf("%d rows", n)
			}
			return err
		}))
		_, again := a.upload("历年提案.xlsx", book.Bytes())
		if len(again) != 4 {
			t.Fatal(len(again))
		}
		for line, r := range again {
			if r.Verdict != "UNCHANGED" {
				t.Errorf("line %d is %s: %+v", line, r.Verdict, r.Problems)
			}
		}
		_, other := a.upload("改.csv", csvOf("届次,次会议,提案号,题目,提案人", "10,2,1,换了一个题目,委员老甲"))
		if p := other[2].Problems; other[2].Verdict != "WRONG" || len(p) != 1 || p[0].Column != "title" {
			t.Errorf("%+v", other[2])
		}
	})
	t.Run("undone they have left no trace, but one on which something has been built", func(t *testing.T) {
		var last uuid.UUID
		a.Must("", func(ctx context.Context, c *gen.Client) error {
			m, err := c.Matter.Query().Where(matter.Number("第十届二次会议第003号")).Only(ctx)
			if err != nil {
				return err
			}
			last = m.ID
			return c.Record.Create().SetMatterID(m.ID).SetKind("INSTRUCTION").SetText("再办").Exec(ctx)
		})
		b, rows = a.undo(b.ID)
		if rows[5].State != imports.LineKept || rows[2].State != "UNDONE" {
			t.Fatalf("%+v\n%+v", rows[5], rows[2])
		}
		_, err := tenantsExec(a, `DELETE FROM records WHERE matter_id = $1`, last)
		a.OK(err)
		if b, _ = a.undo(b.ID); b.State != imports.Undone || a.dump() != before {
			t.Errorf("%s\n%s", b.State, a.dump())
		}
	})
	t.Run("the book keeps it, and agrees with the rows", func(t *testing.T) {
		r, err := audit.Verify(a.Ctx(), a.store, a.tenant)
		a.OK(err)
		if !r.OK || r.Rows == 0 {
			t.Errorf("%+v", r)
		}
	})
}

// tenantsExec is what the owner of the tables does by hand.
func tenantsExec(a *archive, sql string, args ...any) (int64, error) {
	var n int64
	err := a.store.AsOwner(a.Ctx(), a.db.OwnerURL, a.tenant, true, func(ctx context.Context) error {
		tag, err := tenants.Exec(ctx, sql, args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func TestProposalsOfEarlierYearsInBadFiles(t *testing.T) {
	a := newArchive(t)
	start := func(name string, body []byte) error {
		return a.As("tenant_admin", func(ctx context.Context) error {
			_, err := a.imports.Start(ctx, imports.Upload{Name: name, Body: body})
			return err
		})
	}
	good := csvOf("届次,次会议,提案号,题目,提案人", "10,2,1,关于电梯的提案,某人")
	t.Run("half a workbook, and a wrong encoding, are refused as a whole", func(t *testing.T) {
		f := excelize.NewFile()
		a.OK(f.SetSheetRow("Sheet1", "A1", &[]any{"届次", "次会议", "提案号", "题目", "提案人"}))
		var out bytes.Buffer
		a.OK(f.Write(&out))
		for name, body := range map[string][]byte{"半.xlsx": out.Bytes()[:out.Len()/2], "乱.csv": {0xff, 0xfe, 0x00, 0xd8, 0x01}, "空.csv": nil} {
			if err := start(name, body); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("formulas and merged cells are wrong cells of their lines", func(t *testing.T) {
		f := excelize.NewFile()
		for i, row := range [][]any{{"届次", "次会议", "提案号", "题目", "提案人"}, {10, 2, 1, "关于电梯的提案", "某人"}, {10, 2, 2, "关于公交的提案", "某人"}, {10, 2, 3, "关于停车的提案", "某人"}} {
			a.OK(f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
		}
		a.OK(f.SetCellFormula("Sheet1", "C3", "=C2+1"))
		a.OK(f.MergeCell("Sheet1", "E3", "E4"))
		var out bytes.Buffer
		a.OK(f.Write(&out))
		_, rows := a.upload("表.xlsx", out.Bytes())
		if rows[2].Verdict != "NEW" || rows[3].Verdict != "WRONG" || rows[4].Verdict != "WRONG" {
			t.Errorf("%+v", rows)
		}
	})
	t.Run("ten thousand lines are taken, one more is not", func(t *testing.T) {
		lines := make([]string, 10_001)
		for i := range lines {
			lines[i] = fmt.Sprintf("10,2,%d,关于第 %d 件事的提案,某人", i+1, i+1)
		}
		heads := "届次,次会议,提案号,题目,提案人"
		if err := start("多.csv", csvOf(heads, lines...)); !errs.Is(err, errs.Limited) && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		a.OK(start("万.csv", csvOf(heads, lines[:10_000]...)))
	})
	t.Run("who does not manage the roster brings nothing", func(t *testing.T) {
		err := a.As("委员甲", func(ctx context.Context) error {
			_, err := a.imports.Start(ctx, imports.Upload{Name: "a.csv", Body: good})
			return err
		})
		if !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
	})
}
