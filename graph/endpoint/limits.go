package endpoint

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/internal/errs"
)

// Limits of a document and an operation. The zero value of a field means its
// default.
type Limits struct {
	Tokens     int // of a document, default 5,000: the standard introspection has 300, a page of the console some 500
	Depth      int // of fields in fields, default 15; what is under __schema and __type has the validation's own limit
	Aliases    int // of a document, default 30; a field that comes again in one selection counts as one
	RootFields int // of an operation, default 20
	Directives int // of a document, default 50
	Spreads    int // uses of fragments in a document, inline ones too, default 100: validation compares them in pairs
	Fields     int // of a document with its fragments put in where they are used, default 2,000
	Cost       int // of an operation, default 50,000, see cost.go
	Errors     int // listed in an answer, default 50
}

func (l Limits) withDefaults() Limits {
	l.Tokens = or(l.Tokens, 5_000)
	l.Depth = or(l.Depth, 15)
	l.Aliases = or(l.Aliases, 30)
	l.RootFields = or(l.RootFields, 20)
	l.Directives = or(l.Directives, 50)
	l.Spreads = or(l.Spreads, 100)
	l.Fields = or(l.Fields, 2_000)
	l.Cost = or(l.Cost, 50_000)
	l.Errors = or(l.Errors, 50)
	return l
}

// size is what a selection comes to with its fragments put in.
type size struct{ fields, depth, roots int }

// most stops counting: a chain of fragments that use the next one twice comes
// to 2ⁿ fields.
const most = 1 << 30

func (s *size) add(t size) {
	s.fields, s.roots = min(s.fields+t.fields, most), min(s.roots+t.roots, most)
	s.depth = max(s.depth, t.depth)
}

// measure refuses a parsed document that is not validated yet.
func (l Limits) measure(doc *ast.QueryDocument) *refusal {
	m := measurer{doc: doc, done: map[string]*size{}}
	var total size
	largest := 0 // validation walks fragments that nobody uses, too
	for _, f := range doc.Fragments {
		m.marks(f.Directives)
		largest = max(largest, m.fragment(f.Name).fields)
	}
	for _, op := range doc.Operations {
		m.marks(op.Directives)
		for _, v := range op.VariableDefinitions {
			m.marks(v.Directives)
			m.value(v.DefaultValue)
		}
		s := m.selection(op.SelectionSet)
		total.add(s)
		if s.roots > l.RootFields {
			return tooMuch("一次操作至多 %d 个根字段，请分几次请求", l.RootFields)
		}
	}
	switch {
	case m.cycle:
		return notValid("Cannot spread a fragment within itself.")
	case m.number:
		return notValid("A number is out of range.")
	case m.deferred:
		return notValid("@defer and @stream are not supported.")
	case max(total.fields, largest) > l.Fields:
		return tooMuch("文档展开片段后至多 %d 个字段，请分几次请求", l.Fields)
	case total.depth > l.Depth:
		return tooMuch("字段嵌套至多 %d 层", l.Depth)
	case m.aliases > l.Aliases:
		return tooMuch("至多 %d 个别名或重复的字段，请分几次请求", l.Aliases)
	case m.spreads > l.Spreads:
		return tooMuch("至多使用 %d 次片段，请分几次请求", l.Spreads)
	case m.directives > l.Directives:
		return tooMuch("至多 %d 个指令", l.Directives)
	}
	return nil
}

func tooMuch(message string, n int) *refusal {
	return &refusal{invalid, errs.New(errs.Limited, message, n)}
}

func notValid(message string) *refusal {
	e := gqlerror.Errorf("%s", message)
	errcode.Set(e, errcode.ValidationFailed)
	return &refusal{invalid, e}
}

type measurer struct {
	doc  *ast.QueryDocument
	done map[string]*size // of fragments; nil while one is being measured

	aliases, directives, spreads int
	cycle, deferred, number      bool
}

// value looks for numbers that gqlparser reads with a panic where the schema
// says nothing about them: those of custom scalars.
func (m *measurer) value(v *ast.Value) {
	if v == nil {
		return
	}
	var err error
	switch v.Kind {
	case ast.IntValue:
		_, err = strconv.ParseInt(v.Raw, 10, 64)
	case ast.FloatValue:
		_, err = strconv.ParseFloat(v.Raw, 64)
	}
	m.number = m.number || err != nil
	for _, c := range v.Children {
		m.value(c.Value)
	}
}

func (m *measurer) marks(l ast.DirectiveList) {
	m.directives += len(l)
	for _, d := range l {
		m.deferred = m.deferred || d.Name == "defer" || d.Name == "stream"
		for _, a := range d.Arguments {
			m.value(a.Value)
		}
	}
}

func (m *measurer) fragment(name string) size {
	if s, ok := m.done[name]; ok {
		m.cycle = m.cycle || s == nil
		if s == nil {
			return size{}
		}
		return *s
	}
	f := m.doc.Fragments.ForName(name)
	if f == nil {
		return size{} // validation says so
	}
	m.done[name] = nil
	s := m.selection(f.SelectionSet)
	m.done[name] = &s
	return s
}

func (m *measurer) selection(set ast.SelectionSet) (out size) {
	seen := map[string]bool{}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			m.marks(s.Directives)
			for _, a := range s.Arguments {
				m.value(a.Value)
			}
			if s.Alias != s.Name || seen[s.Alias] {
				m.aliases++
			}
			seen[s.Alias] = true
			in := m.selection(s.SelectionSet)
			if introspective(s) {
				in.depth = 0
			}
			out.add(size{fields: min(in.fields+1, most), depth: in.depth + 1, roots: 1})
		case *ast.InlineFragment:
			m.spreads++
			m.marks(s.Directives)
			out.add(m.selection(s.SelectionSet))
		case *ast.FragmentSpread:
			m.spreads++
			m.marks(s.Directives)
			out.add(m.fragment(s.Name))
		}
	}
	return out
}

func introspective(f *ast.Field) bool { return f.Name == "__schema" || f.Name == "__type" }

// introspects tells whether an operation asks for the schema.
func introspects(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if introspective(s) {
				return true
			}
		case *ast.InlineFragment:
			if introspects(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if introspects(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}
