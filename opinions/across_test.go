package opinions_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// above is a city and its district, which have agreed on opinions.
type above struct {
	*assembled.District // the city
	zhongshan           *district.District
}

func newAbove(t *testing.T) *above {
	t.Helper()
	plan := func(code string) district.Plan {
		return district.Plan{Code: code, Runs: []string{opinions.Kind}, People: []district.Person{{Name: "信息主任", Role: "info_editor"}}}
	}
	w := &above{District: assembled.New(t, plan("210200"), plan("210202"))}
	w.zhongshan = w.Beside("210202")
	w.DB.AsOwner(t, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, w.Tenant, w.zhongshan.Tenant)
	w.OK(w.Oversight.Stand(w.Ctx(), w.zhongshan.Tenant))
	return w
}

func (w *above) deliver() { w.T.Helper(); w.Deliver(w.District.District, w.zhongshan) }

// issued takes an opinion to where it is issued.
func (w *above) issued(d *district.District, id uuid.UUID) uuid.UUID {
	w.T.Helper()
	d.Do("信息编辑", "accept", id, nil)
	d.Do("信息编辑", "toCheck", id, nil)
	d.Do("信息主任", "clear", id, nil)
	d.Do("秘书长", "sign", id, nil)
	return id
}

func (w *above) handed() (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.zhongshan.As("委员甲", func(ctx context.Context) error {
		c, err := w.Opinions.Submit(ctx, sheet())
		if err == nil {
			id = c.Matter.ID
		}
		return err
	}))
	return w.issued(w.zhongshan, id)
}

// copies are the opinions of the city's that came from below, the newest first.
func (w *above) copies() (out []*gen.Matter) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) (err error) {
		out, err = c.Matter.Query().Where(matter.Kind(opinions.Kind)).WithParties().Order(gen.Desc(matter.FieldID)).All(ctx)
		return err
	})
	return out
}

// records are those of a kind that a person of the district sees at an opinion.
func (w *above) records(who string, id uuid.UUID, kind record.Kind) (out []*gen.Record) {
	w.T.Helper()
	w.zhongshan.Must(who, func(ctx context.Context, c *gen.Client) (err error) {
		out, err = c.Record.Query().Where(record.MatterID(id), record.KindEQ(kind)).Order(gen.Asc(record.FieldID)).All(ctx)
		return err
	})
	return out
}

// adopted is what a figure of the district's own counts.
func (w *above) adopted() (n int) {
	w.T.Helper()
	w.OK(w.zhongshan.Reads("秘书长", func(ctx context.Context) error {
		v, err := figures.Of(ctx, []string{"own_adopted"}, figures.Scope{Kind: figures.Year, Year: 2025, AsOf: clock.Today(ctx)}, "")
		if err == nil {
			n = v[0].Numerator
		}
		return err
	}))
	return n
}

var adoption = process.Form{"level": "CITY", "type": "SINGLE", "on": "2025-03-03", "number": "《社情民意信息》第3期"}

func TestAnOpinionGoesUpAndItsAdoptionComesBack(t *testing.T) {
	t.Parallel()
	w := newAbove(t)
	w.OK(w.zhongshan.Recorded("秘书长", "publishFigure", func(ctx context.Context) error {
		_, err := w.OwnFigures.Publish(ctx, figures.Draft{Reason: "年度考核", Definition: figures.Definition{Code: "own_adopted", Label: "社情民意采用数", Unit: "条", Of: "record", Readers: "opinion.read",
			Among: figures.Condition{"kind": {Words: []string{"opinion"}}, "record": {Words: []string{"OUTCOME"}}, "mode": {Words: []string{"采用"}}}}})
		return err
	}))
	run := func(name string, fn func(t *testing.T)) { t.Run(name, fn) }
	id := w.handed()
	run("it goes up once, by the office, as it was issued and without who brought it in", func(t *testing.T) {
		w.zhongshan.Refused(errs.NotFound, "委员乙", "forwardUp", id, nil)
		w.zhongshan.Do("信息编辑", "forwardUp", id, nil)
		w.zhongshan.Refused(errs.GuardFailed, "信息编辑", "forwardUp", id, nil)
		w.deliver()
		c := w.copies()
		if len(c) != 1 || c[0].Title != sheet().Title || c[0].Data["text"] != sheet().Text || c[0].Origin["committee"] != "210202" || len(c[0].Edges.Parties) != 1 || c[0].Edges.Parties[0].Name != "中山区政协" {
			t.Fatalf("%+v", c)
		}
		if got := w.zhongshan.Look(id).Mirror["status"]; got != "待采用" {
			t.Errorf("the district sees %v", got)
		}
	})
	copied := w.copies()[0].ID
	run("what becomes of it comes back as records and counts; a leader's word is the office's, and its text stays above", func(t *testing.T) {
		w.issued(w.District.District, copied)
		w.District.Do("信息编辑", "recordAdoption", copied, adoption)
		w.District.Do("信息编辑", "recordReport", copied, process.Form{"to": "省政协", "on": "2025-03-03"})
		w.District.Do("信息编辑", "recordInstruction", copied, process.Form{"level": "CITY", "post": "市委书记", "text": "请市卫健委研究", "on": "2025-03-03"})
		w.deliver()
		out := w.records("委员甲", id, record.KindOUTCOME)
		if len(out) != 1 || out[0].Mode != "采用" || out[0].Data["level"] != "CITY" || out[0].Data["from"] != "大连市政协" || w.adopted() != 1 {
			t.Fatalf("%+v, %d counted", out, w.adopted())
		}
		if n := len(w.records("委员甲", id, record.KindINSTRUCTION)); n != 0 {
			t.Error("the author reads that a leader wrote")
		}
		word := w.records("信息编辑", id, record.KindINSTRUCTION)
		if len(word) != 1 || word[0].Data["post"] != "市委书记" || strings.Contains(word[0].Text, "卫健委") {
			t.Errorf("%+v", word)
		}
		if r := w.records("委员甲", id, record.KindREPORT); len(r) != 1 || r[0].Data["to"] != "省政协" {
			t.Errorf("%+v", r)
		}
		if got := w.zhongshan.Look(id).Mirror["status"]; got != "已编发" {
			t.Errorf("the district sees %v", got)
		}
	})
	run("taken back it counts no more, on both sides, and who was told corrects nothing himself", func(t *testing.T) {
		here := w.records("信息编辑", id, record.KindOUTCOME)[0].ID
		w.zhongshan.Refused(errs.GuardFailed, "信息编辑", "withdrawAdoption", id, process.Form{"recordId": here.String()})
		there := w.District.Look(copied).RecordsOf(record.KindOUTCOME)[0].ID
		_, err := w.Act("信息编辑", command("withdrawAdoption", copied, process.Form{"recordId": there.String()}, "登记有误"))
		w.OK(err)
		w.deliver()
		if out := w.records("委员甲", id, record.KindOUTCOME); len(out) != 1 || out[0].Mode != "采用已撤销" || out[0].Data["withdrawn"] != "登记有误" || w.adopted() != 0 {
			t.Fatalf("%+v, %d counted", out, w.adopted())
		}
		w.District.Refused(errs.Invalid, "信息编辑", "withdrawAdoption", copied, process.Form{"recordId": there.String()})
	})
	run("corrected it is written anew, also when the district has closed its own", func(t *testing.T) {
		_, err := w.zhongshan.Act("信息编辑", command("archive", id, nil, "已反馈"))
		w.OK(err)
		w.District.Do("信息编辑", "recordAdoption", copied, process.Form{"level": "CITY", "type": "COMBINED", "on": "2025-03-03"})
		w.deliver()
		if n := w.adopted(); n != 1 {
			t.Error(n, "counted")
		}
	})
}

func TestOutcomesThatAreNotAsTheyShouldBe(t *testing.T) {
	t.Parallel()
	w := newAbove(t)
	id := w.handed()
	w.zhongshan.Do("信息编辑", "forwardUp", id, nil)
	w.deliver()
	copied := w.copies()[0].ID
	send := func(about uuid.UUID, body map[string]any) exchange.Code {
		t.Helper()
		w.OK(w.Recorded("", "test", func(ctx context.Context) error {
			_, err := w.Exchange.Send(ctx, "210202", opinions.KindOutcome, body, exchange.Object{Type: gen.TypeMatter, ID: about})
			return err
		}))
		w.deliver()
		var code exchange.Code
		w.Must("", func(ctx context.Context, _ *gen.Client) error {
			return tenants.Row(ctx, `SELECT code FROM exchange_outbox WHERE kind = 'opinion_outcome' ORDER BY seq DESC LIMIT 1`, nil, &code)
		})
		return code
	}
	good := func(more map[string]any) map[string]any {
		out := map[string]any{"record": uuid.New(), "what": "ADOPTION", "level": "CITY", "type": "SINGLE", "on": "2025-03-03"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	for name, c := range map[string]struct {
		about uuid.UUID
		more  map[string]any
		want  exchange.Code
	}{
		"about an opinion that was not sent up": {uuid.New(), nil, exchange.UnknownObject},
		"of a kind that is none":                {copied, map[string]any{"what": "PRAISE"}, exchange.Malformed},
		"of a level that is none":               {copied, map[string]any{"level": "WORLD"}, exchange.Malformed},
		"of a day that is to come":              {copied, map[string]any{"on": "2026-01-01"}, exchange.Malformed},
		"of no day":                             {copied, map[string]any{"on": ""}, exchange.Malformed},
	} {
		t.Run(name+" it is refused", func(t *testing.T) {
			if got := send(c.about, good(c.more)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("told twice it counts once, and a withdrawal that comes first holds", func(t *testing.T) {
		twice := good(nil)
		send(copied, twice)
		send(copied, twice)
		back := uuid.New()
		send(copied, map[string]any{"record": back, "what": "ADOPTION", "withdrawn": true, "reason": "误登"})
		send(copied, good(map[string]any{"record": back}))
		var modes []string
		for _, r := range w.records("信息编辑", id, record.KindOUTCOME) {
			modes = append(modes, r.Mode)
		}
		if strings.Join(modes, " ") != "采用 采用已撤销" {
			t.Error(modes)
		}
	})
}

func command(action string, id uuid.UUID, form process.Form, reason string) flow.Command {
	return flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: reason}
}
