package obligations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Definition is what is asked, as it is stored.
type Definition struct {
	Code  string `json:"code"`
	Label string `json:"label"`
	Note  string `json:"note,omitempty"` // where it comes from
	Owes  Owes   `json:"owes"`
	Clock Clock  `json:"clock"`
	Done  []Need `json:"done"` // all of them
}

// Owes is who owes it: people of these kinds who, where posts or units are named,
// sit in one of the units or below with one of the posts.
type Owes struct {
	Kinds     []string    `json:"kinds"`               // of memberships
	Posts     []string    `json:"posts,omitempty"`     // none: any but a 监督员's
	UnitKinds []string    `json:"unitKinds,omitempty"` // all units of the kinds
	Units     []uuid.UUID `json:"units,omitempty"`     // and these, or who followed them
	Platform  *uuid.UUID  `json:"platform,omitempty"`  // and the unit that is responsible for it
}

// sits reports whether a seat is asked for, and whether in certain units.
func (o Owes) sits() (seated, placed bool) {
	placed = len(o.UnitKinds)+len(o.Units) > 0 || o.Platform != nil
	return placed || len(o.Posts) > 0, placed
}

// Need is one thing that is to be done so many times.
type Need struct {
	Label string            `json:"label"`
	Least int               `json:"least"`
	Of    string            `json:"of"` // a thing of package figures that counts people
	Among figures.Condition `json:"among,omitempty"`
}

// figure is the need as something that is counted.
func (n Need) figure(code string) *figures.Definition {
	among := n.Among
	if among == nil {
		among = figures.Condition{}
	}
	return &figures.Definition{Code: "obligation/" + code, Version: 1, Label: n.Label, Unit: "次", Of: n.Of, Among: among}
}

// How much a definition may say.
const (
	mostNeeds = 10
	mostUnits = 200
	mostTimes = 1000
)

// known is what the check needs of the committee.
type known struct {
	states map[string][]string // of each kind that was published
	units  map[uuid.UUID]bool
}

// check lists everything that is wrong, each with its place.
func (d *Definition) check(k known) (out []*errs.Error) {
	add := func(err error, path ...string) {
		if e, ok := errs.As(err); ok {
			if len(path) > 0 {
				e = e.At(path...)
			}
			out = append(out, e)
		}
	}
	bad := func(path []string, message string, args ...any) {
		add(errs.New(errs.Invalid, message, args...).At(path...))
	}
	if !codeForm.MatchString(d.Code) {
		bad([]string{"code"}, "代码用小写字母开头，只含小写字母、数字和下划线，至多 40 个")
	}
	add(text.Tidy(text.Of{Text: &d.Label, Field: text.Field{Label: "名称", Path: []string{"label"}, Least: 2, Most: 40}}))
	add(text.Tidy(text.Of{Text: &d.Note, Field: text.Field{Label: "依据", Path: []string{"note"}, Most: 500, Lines: true}}))
	d.Owes.check(k, bad)
	d.Clock.check(bad)
	if len(d.Done) == 0 || len(d.Done) > mostNeeds {
		bad([]string{"needs"}, "写明怎样算做到，1 至 %d 项", mostNeeds)
		return out
	}
	for i := range d.Done {
		at := []string{"needs", fmt.Sprint(i)}
		n := &d.Done[i]
		add(text.Tidy(text.Of{Text: &n.Label, Field: text.Field{Label: "名称", Path: append(at, "label"), Least: 2, Most: 40}}))
		n.check(k, func(field, message string, args ...any) { bad(append(slices.Clone(at), field), message, args...) })
	}
	return out
}

func (o *Owes) check(k known, bad func([]string, string, ...any)) {
	if len(o.Kinds) == 0 {
		bad([]string{"kinds"}, "写明由谁做：委员、机关干部或承办单位人员")
	}
	for _, x := range o.Kinds {
		if membership.KindValidator(membership.Kind(x)) != nil {
			bad([]string{"kinds"}, "没有“%.20s”这一类人", x)
		}
	}
	for _, x := range o.Posts {
		if seat.PostValidator(seat.Post(x)) != nil {
			bad([]string{"posts"}, "没有“%.20s”这一职务", x)
		}
	}
	for _, x := range o.UnitKinds {
		if unit.KindValidator(unit.Kind(x)) != nil {
			bad([]string{"unitKinds"}, "没有“%.20s”这一类单位", x)
		}
	}
	if len(o.Units) > mostUnits {
		bad([]string{"unitIds"}, "至多写 %d 个单位，更多的请写单位的类别", mostUnits)
		return
	}
	for _, id := range o.Units {
		if !k.units[id] {
			bad([]string{"unitIds"}, "没有这个单位")
		}
	}
}

func (n *Need) check(k known, bad func(field, message string, args ...any)) {
	if n.Least < 1 || n.Least > mostTimes {
		bad("least", "至少 1 次，至多 %d 次", mostTimes)
	}
	f := n.figure("x")
	if !f.CountsPeople() {
		bad("of", "不能这样数“%.40s”；能数的有 %s", n.Of, strings.Join(countable(), "、"))
		return
	}
	if _, own := n.Among[figures.Person]; own {
		bad("among", "由谁做不写在条件里")
		return
	}
	words := wordsOf(n.Of)
	for name, asked := range n.Among {
		w, there := words[name]
		switch {
		case !there:
			bad("among", "%s没有“%.40s”这一条件", n.Of, name)
		case w.Yes == (len(asked.Words) > 0 || asked.None):
			bad("among", "条件“%s”%s", w.Label, map[bool]string{true: "只问是或不是", false: "须写明是哪些"}[w.Yes])
		case len(asked.Words) > mostUnits:
			bad("among", "条件“%s”至多写 %d 项", w.Label, mostUnits)
		}
		for _, x := range asked.Words {
			if err := text.Check(x, "条件", "among"); err != nil {
				bad("among", "%s", errs.Shown(err).Message)
			}
			if there && len(w.Values) > 0 && !slices.ContainsFunc(w.Values, func(v figures.Choice) bool { return v.Code == x }) {
				bad("among", "条件“%s”没有“%.40s”", w.Label, x)
			}
		}
	}
	n.inUse(k, bad)
}

// inUse refuses kinds and states that no published process has: nothing would
// ever count.
func (n *Need) inUse(k known, bad func(field, message string, args ...any)) {
	kinds := n.Among["kind"]
	var states []string
	for _, x := range kinds.Words {
		if k.states[x] == nil {
			bad("among", "没有发布过类别为“%.40s”的流程，永远数不到", x)
		}
		states = append(states, k.states[x]...)
	}
	if kinds.None || len(kinds.Words) == 0 {
		for _, list := range k.states {
			states = append(states, list...)
		}
	}
	for _, x := range n.Among["state"].Words {
		if n.Of == "involved" && !slices.Contains(states, x) {
			bad("among", "所写的类别没有“%.40s”这一环节，永远数不到", x)
		}
	}
}

// wordsOf are the words that may be asked of a thing.
func wordsOf(thing string) map[string]figures.Word {
	out := map[string]figures.Word{}
	for _, t := range figures.OfPeople() {
		for _, w := range t.Words {
			if t.Code == thing {
				out[w.Code] = w
			}
		}
	}
	return out
}

func countable() (out []string) {
	for _, t := range figures.OfPeople() {
		out = append(out, t.Code+"（"+t.Label+"）")
	}
	return out
}

// Says is the definition in one sentence.
func (d *Definition) Says() string {
	var done []string
	for _, n := range d.Done {
		done = append(done, fmt.Sprintf("%s至少 %d 次", n.Label, n.Least))
	}
	return d.Clock.says() + "：" + strings.Join(done, "，")
}
