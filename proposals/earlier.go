package proposals

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// The proposals of earlier years come from a spreadsheet and are kept as what
// they are: closed. docs/adr/0064-proposals-of-earlier-years.md

// entering is the first step of each: it tells them from what was worked on here.
const entering = "importEarlier"

// Earlier is the kind of import.
func (s *Service) Earlier() *imports.Kind {
	both := "多个用；分开"
	return &imports.Kind{
		Code: "EARLIER_PROPOSALS", Title: "历年提案", Also: []string{"提案", "提案目录", "提案台账", "提案一览表"}, Entity: gen.TypeMatter, Table: "matters", Most: 10_000,
		Columns: []imports.Column{
			{Code: "term", Title: "届", Also: []string{"届次", "第几届"}, Must: true, Note: "例如 13"},
			{Code: "sitting", Title: "次会议", Also: []string{"次", "会次", "第几次会议"}, Must: true, Note: "例如 2；须已在届次中建立，且不是现在的一次"},
			{Code: "number", Title: "案号", Also: []string{"编号", "提案号", "提案编号", "立案编号"}, Must: true, Note: "立案的填数字，例如 12；其他照原样"},
			{Code: "title", Title: "案由", Also: []string{"提案标题", "标题", "题目", "提案题目", "提案名称"}, Must: true, Width: 48},
			{Code: "proposerKind", Title: "提案类型", Also: []string{"提案者类型", "提案类别", "提案形式"}, Type: imports.Choice, Words: schema.Words["ProposalProposerKind"], Note: "空为个人，有联名人的为联名"},
			{Code: "period", Title: "大会或平时", Also: []string{"提出时间类别", "会议类别"}, Type: imports.Choice, Words: schema.Words["ProposalPeriod"], Note: "空为大会提案"},
			{Code: "lead", Title: "第一提案人", Also: []string{"提案人", "提案者", "提案单位", "领衔人", "第一提案者"}, Must: true, Note: "委员姓名；集体提案写组织名称"},
			{Code: "co", Title: "联名人", Also: []string{"联名委员", "附议人", "联名提案人"}, Note: both, Width: 28},
			{Code: "sector", Title: "界别", Also: []string{"所属界别"}},
			{Code: "category", Title: "分类", Also: []string{"提案分类", "类别"}},
			{Code: "text", Title: "内容", Also: []string{"提案内容", "正文", "摘要"}, Width: 48},
			{Code: "received", Title: "提交日期", Also: []string{"收到日期", "提出日期", "提案日期"}, Type: imports.Day, Note: "空为会议开幕的一天"},
			{Code: "disposition", Title: "审查结果", Also: []string{"审查意见", "处理结果", "立案情况"}, Type: imports.Choice, Words: dispositionWords(), Note: "空为立案"},
			{Code: "filed", Title: "审查日期", Also: []string{"立案日期", "立案时间"}, Type: imports.Day, Note: "空为提交日期"},
			{Code: "units", Title: "承办单位", Also: []string{"主办单位", "办理单位"}, Note: both + "；多个为分办", Width: 28},
			{Code: "assist", Title: "会办单位", Also: []string{"协办单位"}, Note: both, Width: 28},
			{Code: "assigned", Title: "交办日期", Also: []string{"交办时间"}, Type: imports.Day, Note: "空为审查日期"},
			{Code: "replied", Title: "答复日期", Also: []string{"答复时间"}, Type: imports.Day, Note: "空为没有答复"},
			{Code: "class", Title: "办理结果", Also: []string{"答复分类", "办复分类", "答复类别"}, Type: imports.Choice, Words: map[string]string{"A": "A", "B": "B", "C": "C", "D": "D"}},
			{Code: "rating", Title: "满意度", Also: []string{"评价", "满意情况", "结果评价"}, Type: imports.Choice,
				Words: map[string]string{"SATISFIED": "满意", "BASIC": "基本满意", "UNDERSTOOD": "理解", "DISSATISFIED": "不满意"}, Note: "空为没有反馈"},
			{Code: "completed", Title: "办结日期", Also: []string{"办结时间"}, Type: imports.Day},
			{Code: "key", Title: "重点提案", Also: []string{"是否重点", "是否重点提案"}, Type: imports.Flag, Note: "空为否"},
		},
		Keys: func(v imports.Values) []imports.Key {
			return []imports.Key{{Column: "number", Value: text.Key(v["term"]) + "\x00" + text.Key(v["sitting"]) + "\x00" + numberKey(v["number"])}}
		},
		Open: func(ctx context.Context) (imports.Hand, error) { return s.newEarlier(ctx) },
		Export: func(ctx context.Context) ([]imports.Values, error) {
			h, err := s.newEarlier(ctx)
			if err != nil {
				return nil, err
			}
			return h.values(ctx, nil)
		},
	}
}

// dispositionWords are what a review can have come to.
func dispositionWords() map[string]string {
	out := map[string]string{}
	for code, w := range schema.Words["ProposalDisposition"] {
		if code != "NONE" {
			out[code] = w
		}
	}
	return out
}

// numberKey: 012, 12 and 第12号 are one number.
func numberKey(s string) string {
	k := strings.TrimSuffix(strings.TrimPrefix(text.Key(s), "第"), "号")
	if n, err := strconv.Atoi(k); err == nil && n > 0 {
		return strconv.Itoa(n)
	}
	return text.Key(s)
}

// sat is a sitting with what a line needs to know of it.
type sat struct {
	row   *gen.Sitting
	term  int
	over  bool // another has opened since, or its term is over
	ours  bool // its cases were numbered here
	taken map[string]uuid.UUID
}

// earlier does lines of proposals.
type earlier struct {
	*Service
	sittings map[[2]int]*sat
	units    map[string][]*gen.Unit
	people   map[string][]*gen.Membership
	today    time.Time
}

func (s *Service) newEarlier(ctx context.Context) (*earlier, error) {
	h := &earlier{Service: s, sittings: map[[2]int]*sat{}, units: map[string][]*gen.Unit{}, people: map[string][]*gen.Membership{}, today: clock.Today(ctx)}
	if err := h.readSittings(ctx); err != nil {
		return nil, err
	}
	units, err := s.client.Unit.Query().Order(unit.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range units { // those that are closed, too: they handled it then
		k := text.Key(u.Name)
		h.units[k] = append(h.units[k], u)
		if short := text.Key(u.ShortName); short != "" && short != k {
			h.units[short] = append(h.units[short], u)
		}
	}
	people, err := s.client.Membership.Query().Where(membership.KindEQ(membership.KindMEMBER)).Order(membership.ByID()).All(ctx)
	for _, m := range people {
		h.people[text.Key(m.Name)] = append(h.people[text.Key(m.Name)], m)
	}
	return h, err
}

func (h *earlier) readSittings(ctx context.Context) error {
	rows, err := h.client.Sitting.Query().WithTerm().Order(sitting.ByID()).All(ctx)
	if err != nil {
		return err
	}
	type counted struct{ Scope string }
	scopes, err := tenants.Rows[counted](ctx, `SELECT scope FROM sequences WHERE scope LIKE 'case:%'`)
	if err != nil {
		return err
	}
	byID := map[uuid.UUID]*sat{}
	for _, r := range rows {
		s := &sat{row: r, term: r.Edges.Term.Ordinal, taken: map[string]uuid.UUID{}, ours: slices.Contains(scopes, counted{caseScope(r.ID)})}
		s.over = authz.TermPeriod(r.Edges.Term).Over(h.today) || slices.ContainsFunc(rows, func(n *gen.Sitting) bool {
			return n.OpensOn != nil && r.OpensOn != nil && n.OpensOn.After(*r.OpensOn) && !n.OpensOn.After(h.today)
		})
		h.sittings[[2]int{s.term, r.Ordinal}], byID[r.ID] = s, s
	}
	type number struct {
		Matter, Sitting uuid.UUID
		Case            *int
		Number          string
	}
	numbers, err := tenants.Rows[number](ctx, `
		SELECT m.id, p.sitting_id, p.case_no::int, coalesce(m.number, '') FROM proposals p JOIN matters m ON m.id = p.matter_id WHERE p.sitting_id IS NOT NULL`)
	for _, n := range numbers {
		if s := byID[n.Sitting]; s != nil {
			s.taken[shownNo(n.Case, n.Number)] = n.Matter
		}
	}
	return err
}

// shownNo is a number's key as a line has it.
func shownNo(no *int, number string) string {
	if no != nil {
		return strconv.Itoa(*no)
	}
	return numberKey(number)
}

// Match: a number means one proposal of its sitting. Of whom one cannot say
// which of two namesakes he is, only the name is kept, if somebody says so.
func (h *earlier) Match(v imports.Values) (m imports.Match, err error) {
	s, err := h.sitting(v)
	if err != nil {
		return m, err
	}
	if id, there := s.taken[numberKey(v["number"])]; there {
		return imports.Match{Subject: &id, Called: v["number"]}, nil
	}
	for _, name := range append([]string{v["lead"]}, list(v["co"])...) {
		if same := h.members(s, name); len(same) > 1 {
			m.Doubt = "第 " + v["term"] + " 届有 " + strconv.Itoa(len(same)) + " 位“" + name + "”，分不清是哪一位：选“另一个”就只记姓名"
		}
	}
	return m, nil
}

// sitting is the one that a line means, which must be over and be numbered by
// nobody here.
func (h *earlier) sitting(v imports.Values) (*sat, error) {
	t, err := text.Ordinal(v["term"], "届")
	if err != nil {
		return nil, err.At("term")
	}
	n, err := text.Ordinal(v["sitting"], "次会议")
	if err != nil {
		return nil, err.At("sitting")
	}
	s := h.sittings[[2]int{t, n}]
	switch {
	case s == nil:
		return nil, errs.New(errs.NotFound, "没有第 %d 届第 %d 次会议，请先在届次中建立", t, n).At("sitting")
	case !s.over:
		return nil, errs.New(errs.NotAllowedInState, "第 %d 届第 %d 次会议以后还没有开过会，它的提案请在系统里办理", t, n).At("sitting")
	case s.ours:
		return nil, errs.New(errs.NotAllowedInState, "第 %d 届第 %d 次会议的提案是在本系统编号的，不能再导入", t, n).At("sitting")
	}
	return s, nil
}

// members are those of a name in the term of a sitting.
func (h *earlier) members(s *sat, name string) []*gen.Membership {
	var out []*gen.Membership
	for _, m := range h.people[text.Key(name)] {
		if m.TermID != nil && *m.TermID == s.row.TermID {
			out = append(out, m)
		}
	}
	return out
}

// unit is the one of a name on a line, the one that is there before those that
// are closed.
func (h *earlier) unit(name, column string, fits func(*gen.Unit) bool) (*gen.Unit, error) {
	var found []*gen.Unit
	for _, u := range h.units[text.Key(name)] {
		if fits(u) {
			found = append(found, u)
		}
	}
	if len(found) > 1 {
		if there := slices.DeleteFunc(slices.Clone(found), func(u *gen.Unit) bool { return authz.UnitPeriod(u).Over(h.today) }); len(there) == 1 {
			found = there
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, errs.New(errs.NotFound, "没有“%s”：请先在单位中导入或建立（已撤销的也要，写明终止日期），或改正名称", name).At(column)
	}
	return nil, errs.New(errs.Invalid, "有 %d 个“%s”，请写全称", len(found), name).At(column)
}

// list is a cell of several names.
func list(cell string) (out []string) {
	for _, s := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("；;、\n", r) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Revert: nothing of what is there is changed by an import.
func (h *earlier) Revert(context.Context, uuid.UUID, []imports.Diff) error {
	return errs.New(errs.NotAllowedInState, "历年提案不由导入改动")
}
