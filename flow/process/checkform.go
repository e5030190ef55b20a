package process

import "slices"

// form checks what a person who fills it in would miss: a field without a name,
// a code without a word, something to pick that there is not.
func (k *checker) form(name string, a *Action) {
	for _, f := range a.fields {
		k.field(name, a, a.fields, f)
	}
}

func (k *checker) field(name string, a *Action, beside []*Field, f *Field) {
	if f.Title == "" {
		k.warn(name, a.Code, "表单的“%s”没有名称，请写 title", f.Name)
	}
	for of := f; of != nil; of = of.Item {
		if picks, said := of.schema["picks"].(string); said && !slices.Contains(Picks, Pick(picks)) {
			k.fault(name, a.Code, "表单的“%s”不知道选什么（picks 为“%s”）%s", f.Name, Clip(picks), Choices(picks, texts(Picks)))
		}
		if of.List != "" && !slices.Contains(Lists, of.List) {
			k.fault(name, a.Code, "表单的“%s”：政策里没有选项“%s”%s", f.Name, Clip(of.List), Choices(of.List, Lists))
		}
		for _, c := range of.Choices {
			if !spoken(c.Title) {
				k.warn(name, a.Code, "表单的“%s”的选项“%v”没有名称，请写 choices: {%v: 名称}", f.Name, c.Value, c.Value)
			}
		}
		for _, x := range of.Fields {
			k.field(name, a, of.Fields, x)
		}
	}
	switch n := f.Needed; {
	case n == nil:
	case n.For != "":
		if w := k.words.Word(Relation, n.For); w == nil || !w.Holds(k.d.Kind) {
			k.fault(name, a.Code, "表单的“%s”：没有关系“%s”（neededFor）%s", f.Name, Clip(n.For), Choices(n.For, k.words.names(Relation, k.d.Kind)))
		}
	case !slices.ContainsFunc(beside, func(x *Field) bool { return x.Name == n.Field }):
		k.fault(name, a.Code, "表单的“%s”：表单里没有“%s”这一栏（neededIf）", f.Name, Clip(n.Field))
	}
}

func texts[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i, x := range of {
		out[i] = string(x)
	}
	return out
}
