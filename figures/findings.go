package figures

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

var codeForm = regexp.MustCompile(`^own_[a-z][a-z0-9_]{0,35}$`)

// mostAsked is how many words a condition may name.
const mostAsked = 50

// finding gathers what is wrong, with its place.
type finding struct{ list []*errs.Error }

func (f *finding) say(at []string, message string, args ...any) {
	f.list = append(f.list, errs.New(errs.Invalid, message, args...).At(at...))
}

func (f *finding) add(err error) {
	if e, ok := errs.As(err); ok {
		f.list = append(f.list, e)
	}
}

// findings are everything that is wrong with a draft: what the paper alone says,
// and where that is right, what it would count here.
func (s *Own) findings(ctx context.Context, in *Draft, v *authz.Viewer) ([]*errs.Error, error) {
	d, f := &in.Definition, &finding{}
	d.Source = "本会自定"
	if !codeForm.MatchString(d.Code) {
		f.say([]string{"code"}, "代码以 own_ 开头，其后是小写字母、数字和下划线，至多 40 个")
	}
	f.add(text.Tidy(text.Of{Text: &d.Label, Field: text.Field{Label: "名称", Path: []string{"label"}, Least: 2, Most: 40}}))
	f.add(text.Tidy(text.Of{Text: &d.Note, Field: text.Field{Label: "口径", Path: []string{"note"}, Most: 200}}))
	t := things[d.Of]
	if t == nil || len(t.units) == 0 {
		f.say([]string{"of"}, "不能数“%.40s”；能数的见 figureThings", d.Of)
		return f.list, nil
	}
	d.once(t, f)
	for _, part := range []struct {
		name string
		c    Condition
	}{{"among", d.Among}, {"counts", d.Counts}} {
		t.asks(part.name, part.c, f)
	}
	for name := range d.Counts {
		if _, both := d.Among[name]; both {
			f.say([]string{"counts"}, "“%s”分母和分子都问了：分子已经是分母中的，只在一处写", t.words[name].label)
		}
	}
	if err := s.reads(ctx, d, t, v, f); err != nil || len(f.list) > 0 {
		return f.list, err
	}
	if d.Among == nil {
		d.Among = Condition{}
	}
	if err := d.check(); err != nil { // what the findings above did not say
		return nil, err
	}
	return f.list, d.measure(ctx, f)
}

// once: what is counted is called what one row is, so that nothing is counted
// twice under another name (domain.md trap 18).
func (d *Definition) once(t *thing, f *finding) {
	called := t.units
	if d.Sum != "" {
		called = []string{"元"}
	}
	if !slices.Contains(called, d.Unit) {
		f.say([]string{"unit"}, "“%s”数出来的是%s，写成“%.10s”会把同一个数几次", t.label, strings.Join(called, "或"), d.Unit)
	}
	if d.Sum != "" && t.amounts[d.Sum] == nil {
		f.say([]string{"sum"}, "“%s”没有可以合计的“%.40s”", t.label, d.Sum)
	}
	if d.Sum != "" && d.IsRate() {
		f.say([]string{"sum"}, "合计没有分子，只写数的是哪些")
	}
	if d.Per != "" && (everybody[d.Per] == "" || t.words[d.Per] == nil) {
		f.say([]string{"per"}, "“%s”不能逐个%.40s地数", t.label, d.Per)
	}
}

// asks looks at each word of a condition.
func (t *thing) asks(field string, c Condition, f *finding) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		at, asked := []string{field, name}, c[name]
		w := t.words[name]
		switch {
		case w == nil || name == Person:
			f.say(at, "“%s”没有“%.40s”这一条件", t.label, name)
			continue
		case w.yes && (len(asked.Words) > 0 || asked.None):
			f.say(at, "“%s”只问是或不是", w.label)
		case !w.yes && len(asked.Words) == 0:
			f.say(at, "“%s”须写明是哪些，一个也不写的永远数不到", w.label)
		case len(asked.Words) > mostAsked:
			f.say(at, "“%s”至多写 %d 项", w.label, mostAsked)
		}
		for _, x := range asked.Words {
			if err := text.Check(x, "条件", at...); err != nil {
				f.add(err)
			} else if len(w.values) > 0 && w.name(x) == "" {
				f.say(at, "“%s”没有“%.40s”", w.label, x)
			}
		}
		if asked.None && len(w.values) > 0 && !slices.ContainsFunc(w.values, func(v value) bool { return !slices.Contains(asked.Words, v.code) }) {
			f.say(at, "“%s”全都排除了，永远数不到；分母这样写就是除以零", w.label)
		}
	}
}

// reads: it names the kinds that it reads, each of which was published and may be
// read by whoever reads the figure.
func (s *Own) reads(ctx context.Context, d *Definition, t *thing, v *authz.Viewer, f *finding) error {
	rights, err := authz.Rights(ctx)
	if err != nil {
		return err
	}
	if d.Readers != "" && !slices.ContainsFunc(rights.Permissions(), func(p authz.Permission) bool { return p.String() == d.Readers && p.Action == "read" }) {
		f.say([]string{"readers"}, "没有“%.40s”这一权限；写某一类事项的查看权限，例如 opinion.read", d.Readers)
		return nil
	}
	if t.words["kind"] == nil {
		return nil
	}
	kinds := d.Among["kind"]
	if kinds.None || len(kinds.Words) == 0 {
		f.say([]string{"among", "kind"}, "请写明数哪几类事项（kind）")
		return nil
	}
	states, err := s.states(ctx)
	if err != nil {
		return err
	}
	var all []string
	for _, k := range kinds.Words {
		if all = append(all, states[k]...); states[k] == nil {
			f.say([]string{"among", "kind"}, "没有发布过类别为“%.40s”的流程，永远数不到", k)
			continue
		}
		d.mayRead(rights, k, v, f)
	}
	for _, x := range d.Among["state"].Words {
		if !slices.Contains(all, x) {
			f.say([]string{"among", "state"}, "所写的类别没有“%.40s”这一环节，永远数不到", x)
		}
	}
	return nil
}

// mayRead refuses a kind with rights of its own that some reader of the figure
// does not have. What committees define themselves is counted for everybody, as on
// the platforms.
func (d *Definition) mayRead(rights *authz.Policy, kind string, v *authz.Viewer, f *finding) {
	if !authz.Regulated(kind) {
		return
	}
	object, read := authz.Permission{Object: kind, Action: "read"}, authz.Permission{Object: "figures", Action: "read"}
	if v.May(object) == 0 {
		f.say([]string{"among", "kind"}, "您自己看不到“%s”，不能拿它定指标", kind)
		return
	}
	for _, role := range rights.Known() {
		table := rights.Table(role.Code)
		if table[read] == 0 || d.Readers != "" && !holds(table, d.Readers) || table[object] != 0 {
			continue
		}
		f.say([]string{"readers"}, "“%s”能看指标，看不到“%s”；请写明给谁看（readers，例如 %s），或者不数这一类", role.Name, kind, object)
		return
	}
}

func holds(t authz.Table, permission string) bool {
	for p, s := range t {
		if p.String() == permission && s.Has(authz.Tenant) {
			return true
		}
	}
	return false
}

// measure counts it once over everything: a row that comes twice is refused, and
// what cannot be counted is an error.
func (d *Definition) measure(ctx context.Context, f *finding) error {
	args, err := Scope{Kind: All}.args(ctx)
	if err != nil {
		return err
	}
	lines, err := tenants.Rows[line](ctx, counting([]*Definition{d}, d.Per), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Code, err)
	}
	for _, l := range lines {
		if l.Distinct != l.Rows {
			f.say([]string{"of"}, "同一个数了不止一次：%d 行，%d 个", l.Rows, l.Distinct)
			break
		}
	}
	return nil
}
