package endpoint

import (
	"encoding/json"
	"maps"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/internal/errs"
)

// The cost of an operation is about the number of values in its largest
// answer: a field costs 1, and what is in a list costs as many times as the
// list is long. A page is as long as first or last says, 20 where neither is
// given (graph gives that many); nodes as long as ids; any other list counts
// as long as guess says. What has to look at more than it answers costs that too.
const (
	pageSize = 20
	// guess is what a list without a page has more than in most cases: the
	// parties, shares, replies and deadlines of one matter.
	guess = 5
	// guessSchema is the same for the lists of an introspection.
	guessSchema = 8
)

// works are the fields of Query that look at much more than they answer, and what
// that is in values: a search reads the index for every word and weighs all that it
// finds, whether one row is asked for or none. Ten searches, some 200 ms
// (docs/performance.md), are as much as one operation may ask.
var works = map[string]int{
	"search": 5000, "searchSuggestions": 2500, "similarMatters": 2500, "similarProposals": 2500,
	"matterFacets": 2500, "counters": 5000, "proposalFigures": 5000, "figures": 5000, "loopOverview": 2500, "simulateProcess": 5000,
}

// Works are the fields of Query that cost more than they answer, and how much.
func Works() map[string]int { return maps.Clone(works) }

// costHeader asks for the cost and the limits beside the answer, whatever its
// value: for who writes a document.
const costHeader = "X-Bihuan-Cost"

// measured is what extensions say of an operation on request.
type measured struct {
	Cost   int            `json:"cost"`
	Limits map[string]any `json:"limits"`
}

func (l Limits) measured(cost int) *measured {
	return &measured{cost, map[string]any{
		"cost": l.Cost, "tokens": l.Tokens, "depth": l.Depth, "aliases": l.Aliases, "rootFields": l.RootFields,
		"directives": l.Directives, "spreads": l.Spreads, "fields": l.Fields, "errors": l.Errors,
	}}
}

// affordable refuses an operation that costs too much.
func (l Limits) affordable(c int) *refusal {
	if c > l.Cost {
		return &refusal{invalid, errs.New(errs.Limited, "查询过大：估计 %d，至多 %d；请减小 first，或分几次请求", min(c, most), l.Cost)}
	}
	return nil
}

// cost of a selection inside a page of that many rows; 0 outside a page.
func cost(set ast.SelectionSet, vars map[string]any, page int) (sum int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum = min(sum+fieldCost(s, vars, page), most)
		case *ast.InlineFragment:
			sum = min(sum+cost(s.SelectionSet, vars, page), most)
		case *ast.FragmentSpread:
			sum = min(sum+cost(s.Definition.SelectionSet, vars, page), most)
		}
	}
	return sum
}

func fieldCost(f *ast.Field, vars map[string]any, page int) int {
	times, inner := 1, 0
	switch def := f.Definition; {
	case def.Arguments.ForName("first") != nil && def.Type.Elem == nil:
		inner = pageOf(f, vars)
	case def.Type.Elem == nil:
	case page > 0:
		times = page
	case def.Arguments.ForName("ids") != nil:
		times = lengthOf(f.Arguments.ForName("ids"), vars)
	case strings.HasPrefix(f.ObjectDefinition.Name, "__"):
		times = guessSchema
	default:
		times = guess
	}
	one := 1 + cost(f.SelectionSet, vars, inner)
	if f.ObjectDefinition.Name == "Query" {
		one += works[f.Name]
	}
	if one > most/times {
		return most
	}
	return one * times
}

// pageOf is how many rows a connection is asked for.
func pageOf(f *ast.Field, vars map[string]any) int {
	n := 0
	for _, name := range []string{"first", "last"} {
		a := f.Arguments.ForName(name)
		if a == nil {
			continue
		}
		switch a.Value.Kind {
		case ast.Variable:
			n = max(n, number(vars[a.Value.Raw]))
		case ast.NullValue:
		default:
			n = max(n, number(json.Number(a.Value.Raw)))
		}
	}
	if n == 0 {
		return pageSize
	}
	return n
}

// number reads an integer; what is none, or too large, is as large as can be,
// and nothing is 0.
func number(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case int:
		return max(v, 0)
	case int64:
		return int(min(max(v, 0), most))
	case float64:
		return int(math.Min(math.Max(v, 0), most))
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return int(min(max(n, 0), most))
		}
	}
	return most
}

func lengthOf(a *ast.Argument, vars map[string]any) int {
	if a == nil {
		return guess
	}
	if a.Value.Kind == ast.Variable {
		if l, ok := vars[a.Value.Raw].([]any); ok {
			return max(len(l), 1)
		}
		return guess
	}
	return max(len(a.Value.Children), 1)
}
