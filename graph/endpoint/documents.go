package endpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
)

// Documents are persisted documents by name: the SHA-256 of the text in lower
// case hexadecimal digits.
type Documents map[string]string

// LoadDocuments collects the documents of a folder and those below it: of
// *.graphql one document a file, of *.json the lists {"sha256": "text"} that
// code generators write. A name that is not the text's is an error.
func LoadDocuments(from fs.FS) (Documents, error) {
	out := Documents{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		switch path.Ext(name) {
		case ".graphql":
			out[nameOf(string(b))] = string(b)
		case ".json":
			var l map[string]string
			if err := json.Unmarshal(b, &l); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for hash, text := range l {
				if nameOf(text) != strings.TrimPrefix(hash, "sha256:") {
					return fmt.Errorf("%s: %s is not the SHA-256 of its text", name, hash)
				}
				out[nameOf(text)] = text
			}
		}
		return nil
	})
	return out, err
}

// Check reports the documents that this schema would refuse, so that a build
// or a start can fail instead of the first user.
func (d Documents) Check(schema graphql.ExecutableSchema, limits Limits) error {
	l := newLibrary(Options{Schema: schema, Limits: limits}.withDefaults())
	var all []error
	for name, text := range d {
		if _, no := l.prepare(text, true); no != nil {
			all = append(all, fmt.Errorf("document %s: %w", name, no.err))
		}
	}
	return errors.Join(all...)
}

func nameOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const (
	// cached documents are kept parsed; a larger one is parsed each time, so
	// that a stranger cannot fill the memory.
	cached       = 500
	cachedLength = 16 << 10
)

// library finds documents and keeps them parsed.
type library struct {
	schema  *ast.Schema
	limits  Limits
	known   Documents
	only    bool
	learned *memory.Of[string, string]             // texts by name, in development
	parsed  *memory.Of[string, *ast.QueryDocument] // by text
}

func newLibrary(o Options) *library {
	l := &library{
		schema: o.Schema.Schema(), limits: o.Limits, known: o.Documents, only: o.OnlyPersisted,
		parsed: memory.New[string, *ast.QueryDocument](cached + len(o.Documents)),
	}
	if o.Dev && !o.OnlyPersisted {
		l.learned = memory.New[string, string](cached)
	}
	return l
}

// notFound is what Apollo's and urql's clients wait for, message and code,
// before they send the text.
var notFound = &gqlerror.Error{Message: "PersistedQueryNotFound", Extensions: map[string]any{"code": "PERSISTED_QUERY_NOT_FOUND"}}

// notSupported tells those clients that sending the text with its name is in
// vain: they stop naming documents, instead of asking twice each time.
var notSupported = &gqlerror.Error{Message: "PersistedQueryNotSupported", Extensions: map[string]any{"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}

// miss answers a name that is not known.
func (l *library) miss(apollo bool) *refusal {
	from := notFound
	if apollo && l.learned == nil {
		from = notSupported
	}
	e := *from
	e.Extensions = map[string]any{"code": from.Extensions["code"]}
	return &refusal{invalid, &e}
}

// find gives the document that a request sends or names, ready to execute, and
// puts its text into the request. hints allows suggestions in errors, which
// tell about the schema.
func (l *library) find(p *params, hints bool) (*ast.QueryDocument, *refusal) {
	name := ""
	for i, n := range p.documents {
		if i > 0 && n != name {
			return nil, &refusal{malformed, bad("请求中的几个文档编号不一致")}
		}
		name = n
	}
	if p.query == "" {
		text, ok := l.known[name]
		if !ok && l.learned != nil {
			text, ok = l.learned.Get(name)
		}
		if !ok {
			return nil, l.miss(p.apollo)
		}
		p.query = text
		return l.prepare(text, hints)
	}
	if name != "" && name != nameOf(p.query) {
		return nil, &refusal{malformed, bad("文档编号不是所附文档的 SHA-256")}
	}
	if l.only {
		if _, ok := l.known[nameOf(p.query)]; !ok {
			return nil, &refusal{invalid, errs.New("PERSISTED_QUERY_ONLY", "只接受事先登记的文档，请用 documentId")}
		}
	}
	doc, no := l.prepare(p.query, hints)
	if no == nil && p.apollo && l.learned != nil && len(p.query) <= cachedLength {
		l.learned.ContainsOrAdd(name, p.query)
	}
	return doc, no
}

// prepare parses, measures and validates, in this order: the measures keep
// what makes validation expensive away from it.
func (l *library) prepare(text string, hints bool) (*ast.QueryDocument, *refusal) {
	if doc, ok := l.parsed.Get(text); ok {
		return doc, nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: paired(text)}, l.limits.Tokens)
	if err != nil {
		return nil, l.unparsable(err)
	}
	if no := l.limits.measure(doc); no != nil {
		return nil, no
	}
	if len(doc.Operations) == 0 {
		e := gqlerror.Errorf("no operation provided")
		errcode.Set(e, errcode.ValidationFailed)
		return nil, &refusal{invalid, e}
	}
	if bad := validator.ValidateWithRules(l.schema, doc, ruleSet(hints)); len(bad) > 0 {
		for _, e := range bad {
			errcode.Set(e, errcode.ValidationFailed)
			e.Message = clip(e.Message, longest)
		}
		return nil, &refusal{invalid, bad}
	}
	if len(text) <= cachedLength || l.known[nameOf(text)] != "" {
		l.parsed.ContainsOrAdd(text, doc)
	}
	return doc, nil
}

// longest is how many bytes of a validation message are shown; it may hold a
// value of the document.
const longest = 300

var quoted = regexp.MustCompile(`(?s)".*"`)

// unparsable hides what the parser quotes: it may be a password, or all of the
// body. The place is given.
func (l *library) unparsable(err error) *refusal {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return &refusal{unparsable, err}
	}
	if strings.HasPrefix(e.Message, "exceeded token limit") {
		return &refusal{invalid, errs.New(errs.Limited, "文档过长，至多 %d 个记号", l.limits.Tokens)}
	}
	e.Message = clip(quoted.ReplaceAllString(e.Message, `"…"`), longest)
	errcode.Set(e, errcode.ParseFailed)
	return &refusal{unparsable, e}
}

// ruleSet is the specification's rules, without suggestions for those who may
// not see the schema.
func ruleSet(hints bool) *rules.Rules {
	r := rules.NewDefaultRules()
	if hints {
		return r
	}
	for _, quiet := range []validator.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		r.RemoveRule(strings.TrimSuffix(quiet.Name, "WithoutSuggestions"))
		r.AddRule(quiet.Name, quiet.RuleFunc)
	}
	return r
}
