package assembly

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/roster"
)

// What a committee can publish to those below it: each kind is what its owner
// says of it, put together here since nouns never import each other.
func (s *Services) papers(settings *roster.Service) *guidance.Service {
	g := guidance.New(s.store, s.Exchange)
	g.Register(processPapers{s}.kind())
	rules := settingPapers{s.Engine, settings}
	g.Register(rules.kind("checklist", "清单", func(name string) bool { return strings.HasPrefix(name, checklists) }))
	g.Register(rules.kind("setting", "规则", isRule))
	g.Register(figurePapers{s.OwnFigures}.kind())
	s.Oversight.Standing([]string{guidance.KindPaper}, []string{guidance.KindAnswer})
	return g
}

// processPapers are published versions of processes.
type processPapers struct{ *Services }

type processContent struct {
	Source string `json:"source"`
}

func (w processPapers) kind() guidance.Kind {
	return guidance.Kind{Code: "process", Title: "流程", Form: 1, Right: "processes.manage", After: "在“管理—流程”中核对、修改和发布这份草稿", Papers: w.papers, Own: w.own, Read: w.read, Weigh: w.weigh, Take: w.take}
}

// papers are the newest versions in force of each kind.
func (w processPapers) papers(ctx context.Context) (out []guidance.Paper, err error) {
	used, err := w.Engine.InUse(ctx)
	for _, u := range used {
		if u.Status != entprocess.StatusPUBLISHED || slices.ContainsFunc(out, func(p guidance.Paper) bool { return p.Code == u.Kind }) {
			continue
		}
		source, err := processes.AsFirst(u.Def.Source)
		if err != nil {
			source = u.Def.Source // written before some rule of today
		}
		raw, err := json.Marshal(processContent{source})
		if err != nil {
			return nil, err
		}
		out = append(out, guidance.Paper{Code: u.Kind, Title: u.Title, Content: raw})
	}
	return out, err
}

func (w processPapers) own(ctx context.Context, code string) (*guidance.Paper, error) {
	return among(ctx, code, w.papers)
}

// among is the one with the code, nil for none.
func among(ctx context.Context, code string, list func(context.Context) ([]guidance.Paper, error)) (*guidance.Paper, error) {
	all, err := list(ctx)
	i := slices.IndexFunc(all, func(p guidance.Paper) bool { return p.Code == code })
	if err != nil || i < 0 {
		return nil, err
	}
	return &all[i], nil
}

func (w processPapers) read(p guidance.Paper) error {
	c, err := contentOf[processContent](p)
	if err != nil {
		return err
	}
	d, err := process.Published([]byte(c.Source))
	if err == nil && (d.Kind != p.Code || d.Title == "") {
		err = errs.New(errs.Invalid, "流程的代码或名称与其定义不一致")
	}
	return err
}

// contentOf reads a paper of which nothing is unknown.
func contentOf[C any](p guidance.Paper) (c C, err error) {
	d := json.NewDecoder(strings.NewReader(string(p.Content)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, errs.New(errs.Invalid, "内容的格式不对，请与对方核对软件版本").Because(err)
	}
	return c, nil
}

// weigh lists what it has otherwise than the version in force here, and what
// would keep it from being published.
func (w processPapers) weigh(ctx context.Context, p guidance.Paper) (out guidance.Weighed, err error) {
	c, err := contentOf[processContent](p)
	if err != nil {
		return out, err
	}
	d, report, err := w.Processes.Report(ctx, c.Source)
	if shown, ok := errs.As(err); ok {
		return guidance.Weighed{Findings: []guidance.Finding{{Blocks: true, Problem: shown.Message}}}, nil
	}
	if err != nil {
		return out, err
	}
	for _, f := range report.Findings {
		out.Findings = append(out.Findings, guidance.Finding{Blocks: f.Level == process.Error, Problem: f.String()})
	}
	used, err := w.Engine.InUse(ctx)
	i := slices.IndexFunc(used, func(u flow.InUse) bool { return u.Kind == p.Code && u.Status == entprocess.StatusPUBLISHED })
	if err != nil || i < 0 {
		out.Changes = []guidance.Change{{What: "流程", After: d.Title + "（本会还没有）"}}
		return out, err
	}
	for _, x := range process.Diff(used[i].Def, d) {
		c := guidance.Change{What: x.What + "“" + x.Label + "”"}
		switch x.Kind {
		case process.Added:
			c.After = "新增"
		case process.Removed:
			c.Before, c.After = "有", "删除"
		default:
			c.What, c.Before, c.After = c.What+"的"+x.Field, x.Old, x.New
		}
		out.Changes = append(out.Changes, c)
	}
	return out, nil
}

func (w processPapers) take(ctx context.Context, p guidance.Paper, from, _ string) (string, error) {
	c, err := contentOf[processContent](p)
	if err != nil {
		return "", err
	}
	draft, err := w.Processes.CreateDraft(ctx, processes.NewDraft{Source: c.Source, Origin: process.Clip(from) + "发布"})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("流程“%s”第 %d 版的草稿", draft.Title, draft.Version), nil
}

// settingPapers are single settings: checklists, and rules such as deadlines.
type settingPapers struct {
	engine   *flow.Engine
	settings *roster.Service
}

const checklists = "checklists."

// hisOwn are the settings that are nobody else's affair: words, phones, storage
// and how one signs in.
var hisOwn = []string{"labels", "phone", "fileQuota", "signIn", "checklists"}

func isRule(name string) bool {
	of, _, _ := strings.Cut(name, ".")
	return !slices.Contains(hisOwn, of)
}

type settingContent struct {
	Value any `json:"value"`
}

func (w settingPapers) kind(code, title string, of func(string) bool) guidance.Kind {
	papers := func(ctx context.Context) ([]guidance.Paper, error) { return w.papers(ctx, of) }
	return guidance.Kind{
		Code: code, Title: title, Form: 1, Right: "settings.manage", After: "在“管理—政策和设置”中查看；须两人的，由另一人确认后生效",
		Papers: papers, Own: func(ctx context.Context, code string) (*guidance.Paper, error) { return among(ctx, code, papers) },
		Read: func(p guidance.Paper) error {
			c, err := contentOf[settingContent](p)
			if err == nil && (c.Value == nil || !of(p.Code)) {
				err = errs.New(errs.Invalid, "“%s”不是可以发布的%s", process.Clip(p.Code), title)
			}
			return err
		},
		Weigh: w.weigh, Take: w.take,
	}
}

// papers are the settings that hold today.
func (w settingPapers) papers(ctx context.Context, of func(string) bool) (out []guidance.Paper, err error) {
	p, err := w.engine.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	list, err := w.settings.InForce(ctx, p)
	for _, x := range list {
		if x.Value == nil || !of(x.Name) {
			continue
		}
		raw, err := json.Marshal(settingContent{x.Value})
		if err != nil {
			return nil, err
		}
		out = append(out, guidance.Paper{Code: x.Name, Title: x.Field.Title, Content: raw})
	}
	return out, err
}

// change is the paper as a change of the policy.
func (w settingPapers) change(p guidance.Paper) (roster.NewPolicy, error) {
	c, err := contentOf[settingContent](p)
	key, part, deeper := strings.Cut(p.Code, ".")
	if deeper {
		return roster.NewPolicy{Settings: map[string]any{key: map[string]any{part: c.Value}}}, err
	}
	return roster.NewPolicy{Settings: map[string]any{key: c.Value}}, err
}

func (w settingPapers) weigh(ctx context.Context, p guidance.Paper) (out guidance.Weighed, err error) {
	in, err := w.change(p)
	if err != nil {
		return out, err
	}
	changes, err := w.settings.PreviewPolicy(ctx, in)
	if shown, ok := errs.As(err); ok {
		return guidance.Weighed{Findings: []guidance.Finding{{Blocks: true, Problem: shown.Message}}}, nil
	}
	if err != nil {
		return out, err
	}
	policy, err := w.engine.CurrentPolicy(ctx)
	if err != nil {
		return out, err
	}
	list, err := w.settings.InForce(ctx, policy)
	if err != nil {
		return out, err
	}
	for _, x := range changes {
		i := slices.IndexFunc(list, func(s roster.Setting) bool { return s.Name == x.Setting })
		f := &process.Field{Title: p.Title}
		if i >= 0 {
			f = list[i].Field
		}
		out.Changes = append(out.Changes, guidance.Change{What: f.Title, Before: said(f, x.Before), After: said(f, x.After)})
		if x.NeedsTwo {
			out.Findings = append(out.Findings, guidance.Finding{Problem: "“" + f.Title + "”的修改须由另一人确认后才生效"})
		}
	}
	return out, nil
}

// said is a setting's value in words, by its field.
func said(f *process.Field, v any) string {
	for _, c := range f.Choices {
		if fmt.Sprint(c.Value) == fmt.Sprint(v) {
			return c.Title
		}
	}
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "是", false: "否"}[v]
	case []any:
		list := make([]string, len(v))
		for i, x := range v {
			item := f.Item
			if item == nil {
				item = &process.Field{}
			}
			list[i] = said(item, x)
		}
		return strings.Join(list, "；")
	case map[string]any:
		return saidOf(f, v)
	}
	return fmt.Sprint(v)
}

// saidOf is an object's parts in the order of its fields.
func saidOf(f *process.Field, v map[string]any) string {
	var list []string
	rest := maps.Clone(v)
	for _, part := range f.Fields {
		if x, ok := v[part.Name]; ok && fmt.Sprint(x) != "" {
			list = append(list, part.Title+" "+said(part, x))
		}
		delete(rest, part.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		list = append(list, said(&process.Field{}, rest[name]))
	}
	return strings.Join(list, "，")
}

func (w settingPapers) take(ctx context.Context, p guidance.Paper, from, reason string) (string, error) {
	in, err := w.change(p)
	if err != nil {
		return "", err
	}
	in.Note, in.ApprovedBy = "采用"+process.Clip(from)+"发布的“"+process.Clip(p.Title)+"”", "本会"
	if reason != "" {
		in.Note += "：" + reason
	}
	made, err := w.settings.SetPolicy(ctx, in)
	if shown, ok := errs.As(err); ok {
		return "", shown.At("id")
	}
	if err != nil {
		return "", err
	}
	return policyVersion(made), nil
}

func policyVersion(p *gen.TenantPolicy) string {
	if roster.PolicyProposed(p) {
		return fmt.Sprintf("政策第 %d 版的提议，另一人确认后生效", p.Version)
	}
	return fmt.Sprintf("政策第 %d 版", p.Version)
}
