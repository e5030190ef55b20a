package roster

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Imports are what of the roster can come from a spreadsheet: units, handling
// units, then the people who sit in them, then what becomes of their seats.
func (s *Service) Imports() []*imports.Kind {
	return []*imports.Kind{s.unitImport("UNITS", "单位", unit.LineORGANISATION, unit.LineVENUE), s.unitImport("HANDLING_UNITS", "承办单位", unit.LineHANDLING), s.memberImport(), s.seatImport()}
}

// wordsOf are the words of some values of an enumeration, without what explains
// them.
func wordsOf(enum string, keep func(string) bool) map[string]string {
	out := map[string]string{}
	for value, w := range schema.Words[enum] {
		if keep == nil || keep(value) {
			out[value], _, _ = strings.Cut(w, "：")
		}
	}
	return out
}

func (s *Service) unitImport(code, title string, lines ...unit.Line) *imports.Kind {
	handling := slices.Contains(lines, unit.LineHANDLING)
	kinds := wordsOf("UnitKind", func(k string) bool { return slices.Contains(lines, lineOf[unit.Kind(k)]) })
	cols := []imports.Column{
		{Code: "name", Title: "名称", Also: []string{"单位名称", "单位", "承办单位", "承办单位名称", "机构名称"}, Must: true, Width: 28},
		{Code: "kind", Title: "类别", Also: []string{"单位类别", "单位类型", "类型"}, Must: !handling, Type: imports.Choice, Words: kinds},
		{Code: "parent", Title: "上级单位", Also: []string{"上级", "所属单位", "隶属"}, Note: "空为最上级；有同名的写成 上级/名称", Width: 28},
		{Code: "shortName", Title: "简称", Also: []string{"单位简称"}},
		{Code: "level", Title: "层级", Also: []string{"级别"}, Note: "例如 区、街道、社区"},
		{Code: "from", Title: "启用日期", Also: []string{"成立日期", "启用时间"}, Type: imports.Day, Note: "空为今天"},
	}
	if handling {
		cols[1].Note = "空为承办单位"
		cols = append(cols,
			imports.Column{Code: "channel", Title: "交办渠道", Also: []string{"渠道", "系统", "交办系统"}, Must: true, Type: imports.Choice, Words: wordsOf("UnitChannel", nil)},
			imports.Column{Code: "docWord", Title: "机关代字", Also: []string{"发文代字", "代字"}, Note: "例如 中商发"})
	} else {
		cols = append(cols,
			imports.Column{Code: "brand", Title: "工作品牌", Also: []string{"品牌"}},
			imports.Column{Code: "category", Title: "分类", Also: []string{"本级分类"}, Note: "本政协自己的分类，例如 政协委员个人工作室"})
	}
	return &imports.Kind{
		Code: code, Title: title, Also: []string{title + "名单", title + "表"}, Entity: gen.TypeUnit, Table: "units", Columns: cols, Most: 2000, Ground: true,
		Keys: func(v imports.Values) []imports.Key {
			if v["name"] == "" {
				return nil
			}
			return []imports.Key{{Column: "name", Value: text.Key(v["parent"]) + "\x00" + text.Key(v["name"])}}
		},
		Order: byParent,
		Open:  func(ctx context.Context) (imports.Hand, error) { return s.newUnitHand(ctx, lines) },
		Export: func(ctx context.Context) ([]imports.Values, error) {
			h, err := s.newUnitHand(ctx, lines)
			if err != nil {
				return nil, err
			}
			return h.export(lines), nil
		},
	}
}

// byParent puts units after those that they are below, as far as the same file
// has them.
func byParent(list []imports.Values) []int {
	named, depth := map[string]int{}, make([]int, len(list))
	for i, v := range list {
		named[text.Key(v["name"])] = i
	}
	order := make([]int, len(list))
	for i, v := range list {
		order[i] = i
		for parent := v["parent"]; parent != "" && depth[i] <= len(list); depth[i]++ {
			_, last, _ := cutLast(parent)
			at, ok := named[text.Key(last)]
			if !ok || at == i {
				break
			}
			parent = list[at]["parent"]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return depth[a] - depth[b] })
	return order
}

func cutLast(path string) (above, last string, found bool) {
	if i := strings.LastIndexAny(path, "/／"); i >= 0 {
		return path[:i], strings.TrimLeft(path[i:], "/／"), true
	}
	return "", path, false
}

// unitNames find open units by what people write.
type unitNames struct {
	byID   map[uuid.UUID]*gen.Unit
	byName map[string][]*gen.Unit // by the key of name or short name
}

func (s *Service) unitNames(ctx context.Context) (*unitNames, error) {
	rows, err := s.client.Unit.Query().Where(authz.UnitLasts(clock.Today(ctx))).Order(unit.ByID()).All(ctx)
	n := &unitNames{map[uuid.UUID]*gen.Unit{}, map[string][]*gen.Unit{}}
	for _, u := range rows {
		n.add(u)
	}
	return n, err
}

func (n *unitNames) add(u *gen.Unit) {
	n.byID[u.ID] = u
	k := text.Key(u.Name)
	n.byName[k] = append(n.byName[k], u)
	if short := text.Key(u.ShortName); short != "" && short != k {
		n.byName[short] = append(n.byName[short], u)
	}
}

// path is a unit with all above it.
func (n *unitNames) path(u *gen.Unit) string {
	out := u.Name
	for range len(n.byID) {
		if u.ParentID == nil || n.byID[*u.ParentID] == nil {
			break
		}
		u = n.byID[*u.ParentID]
		out = u.Name + "/" + out
	}
	return out
}

// shown is a unit's name, with what is above it where the name alone is not
// enough.
func (n *unitNames) shown(u *gen.Unit) string {
	if len(n.byName[text.Key(u.Name)]) == 1 {
		return u.Name
	}
	return n.path(u)
}

// find is the unit that a name means, among those that fit.
func (n *unitNames) find(name string, fits func(*gen.Unit) bool) (*gen.Unit, error) {
	list := n.fitting(text.Key(name), fits)
	if above, last, ok := cutLast(name); ok && len(list) == 0 {
		list = slices.DeleteFunc(n.fitting(text.Key(last), fits), func(u *gen.Unit) bool {
			path := n.path(u)
			upper, _, _ := cutLast(path)
			above := text.Key(strings.ReplaceAll(above, "／", "/"))
			return text.Key(upper) != above && !strings.HasSuffix(text.Key(upper), "/"+above)
		})
	}
	top := slices.DeleteFunc(slices.Clone(list), func(u *gen.Unit) bool { return text.Key(n.path(u)) != text.Key(name) })
	switch {
	case len(list) == 1:
		return list[0], nil
	case len(top) == 1: // its whole path
		return top[0], nil
	case len(list) == 0:
		return nil, errs.New(errs.NotFound, "没有单位“%s”：请先在“单位”中导入或建立，或改正名称", name)
	}
	return nil, errs.New(errs.Invalid, "有 %d 个“%s”，请写成 上级/名称，例如 %s", len(list), name, n.path(list[0]))
}

func (n *unitNames) fitting(key string, fits func(*gen.Unit) bool) []*gen.Unit {
	var exact, short []*gen.Unit
	for _, u := range n.byName[key] {
		switch {
		case fits != nil && !fits(u):
		case text.Key(u.Name) == key:
			exact = append(exact, u)
		default:
			short = append(short, u)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return short
}

// unitHand does lines of units.
type unitHand struct {
	*Service
	names *unitNames
	lines []unit.Line
}

func (s *Service) newUnitHand(ctx context.Context, lines []unit.Line) (*unitHand, error) {
	n, err := s.unitNames(ctx)
	return &unitHand{s, n, lines}, err
}

// line is the tree that a line is about.
func (h *unitHand) line(v imports.Values) unit.Line {
	if l, ok := lineOf[unit.Kind(v["kind"])]; ok {
		return l
	}
	return h.lines[0]
}

func (h *unitHand) parent(v imports.Values) (*gen.Unit, error) {
	if v["parent"] == "" {
		return nil, nil
	}
	line := h.line(v)
	u, err := h.names.find(v["parent"], func(u *gen.Unit) bool { return u.Line == line })
	if e, ok := errs.As(err); ok {
		return nil, e.At("parent")
	}
	return u, err
}

// Match: below one parent a name means one unit. Where no parent is written, one
// of that name that stands below another may be meant. Whom a unit belongs to is
// changed by MoveUnit and by no import.
func (h *unitHand) Match(v imports.Values) (m imports.Match, err error) {
	parent, err := h.parent(v)
	if err != nil {
		return m, err
	}
	line := h.line(v)
	list := h.names.fitting(text.Key(v["name"]), func(u *gen.Unit) bool { return u.Line == line && text.Key(u.Name) == text.Key(v["name"]) })
	for _, u := range list {
		if parent == nil && u.ParentID == nil || parent != nil && u.ParentID != nil && *u.ParentID == parent.ID {
			return imports.Match{Subject: &u.ID, Called: u.Name}, nil
		}
	}
	if len(list) == 0 || parent != nil {
		return m, nil
	}
	u := list[0]
	return imports.Match{Subject: &u.ID, Called: u.Name, Doubt: "已有同名的单位“" + h.names.path(u) + "”，这里没有写上级：是它，还是另一个"}, nil
}

// Apply creates a unit, or corrects the one that is there.
func (h *unitHand) Apply(ctx context.Context, v imports.Values, subject *uuid.UUID) (done imports.Done, err error) {
	parent, err := h.parent(v)
	if err != nil {
		return done, err
	}
	if subject == nil {
		return h.create(ctx, v, parent)
	}
	u := h.names.byID[*subject]
	if u == nil {
		return done, errs.New(errs.NotFound, "没有这个单位")
	}
	done = imports.Done{Subject: u.ID, Called: u.Name}
	if k := v["kind"]; k != "" && unit.Kind(k) != u.Kind {
		return done, errs.New(errs.Invalid, "类别不能改：现在是%s", wordsOf("UnitKind", nil)[string(u.Kind)]).At("kind")
	}
	for column, now := range unitTexts(u) {
		if want := v[column]; want != "" && want != now {
			done.Changes = append(done.Changes, imports.Diff{Column: column, Before: now, After: want})
		}
	}
	slices.SortFunc(done.Changes, func(a, b imports.Diff) int { return strings.Compare(a.Column, b.Column) })
	if u, err = h.correct(ctx, u, done.Changes, func(d imports.Diff) string { return d.After }); err != nil {
		return done, err
	}
	h.names.byID[u.ID] = u
	done.Version = u.Version
	return done, nil
}

// unitTexts are what of a unit is corrected in place, by column.
func unitTexts(u *gen.Unit) map[string]string {
	out := map[string]string{"shortName": u.ShortName, "docWord": u.DocWord, "brand": u.Brand, "category": u.Category, "level": u.Level, "channel": ""}
	if u.Channel != nil {
		out["channel"] = string(*u.Channel)
	}
	return out
}

// correct writes one side of some changes.
func (h *unitHand) correct(ctx context.Context, u *gen.Unit, list []imports.Diff, side func(imports.Diff) string) (*gen.Unit, error) {
	c, some := UnitChange{Unit: u.ID}, false
	for _, d := range list {
		s := side(d)
		at := map[string]**string{"shortName": &c.ShortName, "docWord": &c.DocWord, "brand": &c.Brand, "category": &c.Category, "level": &c.Level}[d.Column]
		switch {
		case at != nil:
			*at, some = &s, true
		case d.Column == "channel":
			ch := unit.Channel(s)
			c.Channel, some = &ch, true
		}
	}
	if !some {
		return u, nil
	}
	return h.UpdateUnit(ctx, c)
}

func (h *unitHand) create(ctx context.Context, v imports.Values, parent *gen.Unit) (done imports.Done, err error) {
	in := NewUnit{
		Line: h.line(v), Kind: unit.Kind(v["kind"]), Name: v["name"], ShortName: v["shortName"], DocWord: v["docWord"], Brand: v["brand"],
		Category: v["category"], Level: v["level"], From: imports.DayOf(v["from"]),
	}
	if in.Kind == "" {
		in.Kind = unit.KindHANDLING_UNIT
	}
	if parent != nil {
		in.Parent = &parent.ID
	}
	if c := unit.Channel(v["channel"]); c != "" {
		in.Channel = &c
	}
	u, err := h.CreateUnit(ctx, in)
	if err != nil {
		return done, err
	}
	h.names.add(u)
	return imports.Done{Subject: u.ID, Called: u.Name, Version: u.Version, Made: []imports.Made{{Table: "units", ID: u.ID}}}, nil
}

// Revert gives a unit its former words.
func (h *unitHand) Revert(ctx context.Context, subject uuid.UUID, changes []imports.Diff) error {
	u, err := h.unit(authz.System(ctx), subject)
	if err != nil {
		return err
	}
	_, err = h.correct(ctx, u, changes, func(d imports.Diff) string { return d.Before })
	return err
}

// export lists the open units of some trees, each after what it is below.
func (h *unitHand) export(lines []unit.Line) []imports.Values {
	var out []imports.Values
	for _, u := range h.names.byID {
		if !slices.Contains(lines, u.Line) {
			continue
		}
		v := imports.Values{"name": u.Name, "kind": string(u.Kind), "from": imports.ISO(u.ActiveFrom)}
		for column, text := range unitTexts(u) {
			v[column] = text
		}
		if u.ParentID != nil && h.names.byID[*u.ParentID] != nil {
			v["parent"] = h.names.shown(h.names.byID[*u.ParentID])
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b imports.Values) int {
		return strings.Compare(a["kind"]+"\x00"+a["parent"]+"\x00"+a["name"], b["kind"]+"\x00"+b["parent"]+"\x00"+b["name"])
	})
	return out
}
