package vocab

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

type saveArgs struct {
	Fields []string `json:"fields" doc:"只保存表单的这些栏，不写为全部；电话不保存"`
}

type numberArgs struct {
	Key string `json:"key" doc:"政策中编号规则的代码，例如 suggestion；规则中可用 {year} {seq} {seq:4} {edition} {code}"`
}

type documentArgs struct {
	Title    string `json:"title" doc:"文件的名称，例如 微建议"`
	Number   string `json:"number" doc:"文号的编号规则，不写为没有文号"`
	Template string `json:"template" doc:"正文，可用 {title} {number} {today} {items} {form.栏} {data.栏}"`
	To       string `json:"to" doc:"报送给谁"`
}

func registerSaving(s *flow.Rules) {
	flow.EffectOf(s, "save", "把表单的内容保存到事项，同名的栏以新的为准。", func(p *process.Place, a saveArgs) {
		for _, f := range a.Fields {
			p.NeedField(f)
			if f == phone {
				p.Find("电话是个人信息，只能随当事方保存")
			}
		}
		if p.Action.Form == nil {
			p.Find("这个动作没有表单，没有可以保存的内容")
		}
	}, save)
	flow.EffectOf(s, "number", "给事项编号；已有编号的不再编。", func(p *process.Place, a numberArgs) {
		need(p, "key", a.Key)
		numberKey(p, a.Key)
	}, number)
	flow.EffectOf(s, "document", "按模板写成一份文件，存为记录。", func(p *process.Place, a documentArgs) {
		need(p, "title", a.Title)
		need(p, "template", a.Template)
		numberKey(p, a.Number)
		checkTemplate(p, a.Template, "title", "number", "today", "items", "form.", "data.")
	}, document)
}

func save(ctx context.Context, r *flow.Run, a saveArgs) error {
	data := map[string]any{}
	for k, v := range r.Data {
		data[k] = v
	}
	given := map[string]any(r.Form)
	if len(a.Fields) > 0 {
		given = map[string]any{}
		for _, f := range a.Fields {
			if v, ok := r.Form[f]; ok {
				given[f] = v
			}
		}
	}
	fresh, _ := public(given).(map[string]any)
	if len(fresh) == 0 {
		return nil
	}
	for k, v := range fresh {
		if old, had := data[k]; had {
			r.Before[k] = old
		}
		data[k], r.After[k] = v, v
	}
	err := r.Client.Matter.UpdateOne(r.Matter).SetData(data).Exec(ctx)
	r.Matter.Data = data // after: the audit reads from the row what was
	return err
}

func number(ctx context.Context, r *flow.Run, a numberArgs) (err error) {
	if r.Matter.Number != "" || r.Number != "" {
		return nil
	}
	if r.Number, err = next(ctx, r, a.Key); err == nil {
		r.After["number"] = r.Number
	}
	return err
}

// numberOfMatter is the one that it has, or has just been given.
func numberOfMatter(r *flow.Run) string { return orElse(r.Number, r.Matter.Number) }

// document is kept under its title as the stage, so that the guard records can
// ask for it.
func document(ctx context.Context, r *flow.Run, a documentArgs) error {
	no := ""
	if a.Number != "" {
		var err error
		if no, err = next(ctx, r, a.Number); err != nil {
			return err
		}
	}
	text := render(r, a.Template, orElse(no, numberOfMatter(r)))
	row, err := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetNillableAssignmentID(shareID(r)).SetKind(record.KindDOCUMENT).
		SetStage(a.Title).SetMode(a.To).SetOn(r.Today()).SetText(text).SetNumber(no).SetNillableAuthorID(r.Actor()).SetCreatedAt(r.Now).
		SetData(map[string]any{"title": a.Title, "to": a.To}).Save(ctx)
	if err != nil {
		return err
	}
	r.Records = append(r.Records, row)
	r.After["documentId"], r.After["document"] = row.ID, strings.TrimSpace(a.Title+" "+no)
	return nil
}

// hole is a place in a template.
var hole = regexp.MustCompile(`\{([^{}\s]{1,80})\}`)

// checkTemplate notes places that would never be filled. Names that end in a
// dot stand for fields.
func checkTemplate(p *process.Place, template string, known ...string) {
	for _, m := range hole.FindAllStringSubmatch(template, -1) {
		name := m[1]
		field, isForm := strings.CutPrefix(name, "form.")
		ok := false
		for _, k := range known {
			ok = ok || name == k || (strings.HasSuffix(k, ".") && strings.HasPrefix(name, k) && len(name) > len(k))
		}
		switch {
		case !ok:
			p.Find("模板里的 {%s} 不认识；可以有 {%s}", process.Clip(name), strings.Join(holes(known), "}、{"))
		case isForm:
			p.NeedField(field)
		}
		if strings.HasSuffix(name, "."+phone) {
			p.Find("电话是个人信息，不能写进文件")
		}
	}
}

// holes are the places as they are written.
func holes(known []string) []string {
	out := make([]string, len(known))
	for i, k := range known {
		if out[i] = k; strings.HasSuffix(k, ".") {
			out[i] += "栏"
		}
	}
	return out
}

// render fills a template in one go: what is filled in is not looked at again.
func render(r *flow.Run, template, no string) string {
	return hole.ReplaceAllStringFunc(template, func(h string) string {
		name := h[1 : len(h)-1]
		switch name {
		case "title":
			return r.Title
		case "number":
			return no
		case "today":
			return clock.Day(r.Now).Format("2006年1月2日")
		case "state":
			return arriving(r).Label
		case "items":
			return itemList(r)
		}
		if f, ok := strings.CutPrefix(name, "form."); ok {
			return written(public(r.Form[f]))
		}
		if f, ok := strings.CutPrefix(name, "data."); ok {
			return written(public(r.Data[f]))
		}
		return h
	})
}

// arriving is the state in which the action leaves the matter.
func arriving(r *flow.Run) process.State {
	m := r.Def.Machines[process.OfMatter]
	if s := m.State(r.Action.To); s != nil && r.Share == nil {
		return *s
	}
	if s := m.State(r.State); s != nil {
		return *s
	}
	return process.State{}
}

// written is a value as a person reads it.
func written(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if d, err := time.Parse(time.DateOnly, v); err == nil {
			return d.Format("2006年1月2日")
		}
		return v
	case bool:
		if v {
			return "是"
		}
		return "否"
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = written(x)
		}
		return strings.Join(parts, "、")
	case map[string]any:
		return ""
	}
	return fmt.Sprint(celValue(v))
}

// itemList numbers what is owed, with who and until when.
func itemList(r *flow.Run) string {
	var lines []string
	for _, i := range r.Items {
		if i.Status == item.StatusDROPPED {
			continue
		}
		line := itoa(len(lines)+1) + ". " + i.Text
		for _, note := range []string{i.Path, i.Owner} {
			if note != "" {
				line += "；" + note
			}
		}
		if i.DueOn != nil {
			line += "；" + i.DueOn.Format("2006年1月2日") + "前"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
