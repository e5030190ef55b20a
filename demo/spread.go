package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals/forwards"
)

// bulletin is a notice of the city to districts.
type bulletin struct {
	at      time.Time
	kind    string
	to      []string // prefixes
	about   string   // title of a loop, or empty
	content exchange.Notice
}

// bulletins: the loop's way of working goes to the districts (DL-08); the chair
// wrote on 中山's 无陪同体验式调研 and had it passed on (ZS-08); and the joint
// consultation of 2025 (ZS-19).
var bulletins = []bulletin{
	{shanghai(2023, 1, 10, 10, 0), exchange.KindPromotion, districts, waterTitle, exchange.Notice{
		Title: "推广“预研、协商、监督”三年闭环机制", Text: "以一号提案办理为切入点，完善事前、事中、事后协商链条。请结合实际借鉴，流程模板随后送出，可采用为本会的草稿再作修改。",
		Instruction: &exchange.Instruction{By: "市政协主席", Text: "三年闭环抓住了落实这个关键，请转各区市县政协学习借鉴。", On: "2023-01-09"},
	}},
	{shanghai(2025, 2, 18, 10, 0), exchange.KindPromotion, districts, "", exchange.Notice{
		Title: "转发中山区政协“无陪同体验式调研”的做法", Text: "委员自选时间、不打招呼、以群众身份体验，带着问题回来协商。请各专门委员会和各区市县政协结合实际借鉴。",
		Instruction: &exchange.Instruction{By: "市政协主席", Text: "做法务实，效果好，请转发市政协各专委会及各区市县政协，向全市推广。", On: "2025-02-17"},
	}},
	{shanghai(2025, 4, 22, 9, 0), exchange.KindJointActivity, []string{"zs"}, "", exchange.Notice{
		Title: "市区联动协商：商圈振兴和特色商业街夜经济发展", Text: "市、区两级政协委员共同走访商圈和特色街区，与商户、部门座谈，形成协商建议。", On: "2025-05-20", Place: "青泥洼桥商圈",
	}},
}

// spread is what the city tells and offers the districts.
func (s *stage) spread() {
	for _, b := range bulletins {
		var to []string
		for _, d := range b.to {
			if c := s.others[d]; c != nil {
				to = append(to, c.Code)
			}
		}
		if len(to) == 0 {
			continue
		}
		s.sent(b.at)
		s.story = append(s.story, s.errand(b.at, "chair", b.content.Title, "sendNotice", func(ctx context.Context) (string, error) {
			return s.publish(ctx, b, to)
		}))
	}
	if s.others["zs"] == nil {
		return
	}
	at := shanghai(2023, 1, 10, 11, 0)
	s.sent(at)
	s.story = append(s.story, s.errand(at, "director", "送出流程模板", "offerTemplate", func(ctx context.Context) (string, error) {
		p, err := s.Store.Ent().Process.Query().Where(entprocess.Kind(cohorts.Kind), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).Order(gen.Desc(entprocess.FieldVersion)).First(authz.System(ctx))
		if err != nil {
			return "", err
		}
		return audit.Object(gen.TypeProcess, p.ID), s.Processes.Offer(ctx, p.ID, []string{s.others["zs"].Code}, "市政协三年闭环的流程，供参考，可自行修改。")
	}))
}

func (s *stage) publish(ctx context.Context, b bulletin, to []string) (string, error) {
	var about exchange.Object
	if b.about != "" {
		id, err := s.find(cohorts.Kind, b.about)
		if err != nil {
			return "", err
		}
		about = exchange.Object{Type: gen.TypeMatter, ID: id}
	}
	sent, err := s.Exchange.Tell(ctx, b.kind, to, b.content, about)
	if err != nil {
		return "", err
	}
	return audit.Object("Envelope", sent[0]), nil
}

// adopt makes the city's process a draft of 中山's own.
func (s *stage) adopt() {
	if s.of.Prefix != "zs" {
		return
	}
	at := shanghai(2023, 1, 17, 10, 0)
	s.sent(at)
	s.story = append(s.story, s.errand(at, "admin", "采用市政协的流程模板", "adoptTemplate", func(ctx context.Context) (string, error) {
		id, err := s.letter(ctx, processes.KindTemplate)
		if err != nil {
			return "", err
		}
		p, err := s.Processes.Adopt(ctx, id, "")
		if err != nil {
			return "", err
		}
		return audit.Object(gen.TypeProcess, p.ID), nil
	}))
}

const busTitle = "关于加密跨区公交线路、方便群众出行的提案"

// forwardedOn and answeredOn are days of a proposal that 旅顺口 sent up.
func forwardedOn(now time.Time) time.Time { return ago(now, 30, 10) }
func answeredOn(now time.Time) time.Time  { return ago(now, 9, 10) }

// forward is 转市提案: what the district cannot settle goes up.
func (s *stage) forward() {
	if s.of.Prefix != "lsk" {
		return
	}
	t := &tale{
		text: common.write(busTitle, 2, 5), subject: common, k: 5, lead: memberKey(1), kind: proposal.ProposerKindINDIVIDUAL, until: thirdPass, verdict: "FORWARDED_UP",
		units: []share{{"unit", assignment.RoleSOLE, ""}},
		when:  recent(s.now, 5, map[milestone]int{drafted: 37, submitted: 36, firstPass: 34, secondPass: 33, thirdPass: 32}),
	}
	t.title = busTitle
	t.tell(s.of)
	at := forwardedOn(s.now)
	t.then(move{at: at, who: "director", action: "forwardUp", reason: "跨区线路的审批属市级事权，请市政协统筹。"})
	s.sent(at)
	s.scripts = append(s.scripts, t.sc)
}

// takeForward is what the city makes of it.
func (s *stage) takeForward() {
	if s.others["lsk"] == nil {
		return
	}
	taken, answered := ago(s.now, 27, 10), answeredOn(s.now)
	w := given(evening(forwardedOn(s.now)), forwards.Kind, busTitle)
	w.do(taken, "clerk", "take", nil)
	w.do(answered, "director", "answer", fixed(process.Form{"on": day(answered), "text": "已商市交通运输局：两条跨区线路早晚高峰加密班次，并在客流调查后调整走向。"}))
	s.sent(taken)
	s.sent(answered)
	s.scripts = append(s.scripts, w.sc)
}
