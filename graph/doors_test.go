package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/internal/text/corpus"
	"github.com/bihuan/bihuan/tenants"
)

// whole tries every odd text in every place: for `make corpus`.
var whole = flag.Bool("corpus", false, "every odd value in every place, not a few in each")

// plainText is a text that nobody finds odd.
const plainText = "关于停车的一件小事"

// corridor goes through the doors of the API: every mutation of the schema with
// every scalar of its input, which it finds there by itself. An input that is
// valid is one that the life of the committee sends; it is tried with each odd
// value just before it is sent, and undone. What the life does not send is made
// from the schema, for a case put into each state.
type corridor struct {
	*strangers
	c                          *committee
	walked                     map[string]bool
	valid, guarded, beyond     []string // how far the input got that the odd values were put into
	posts, places, kept, doors int
	searching                  bool // a case is in a state that it never came to
}

// place is a scalar in an input.
type place struct {
	path []string // names and indexes from the input on
	typ  string
}

func (p place) String() string { return strings.Join(p.path, ".") }

// said is what an answer says of an input.
type said struct {
	code string   // empty when it was done
	path []string // where the fault is
	kept []string // every text that was written down
	text string
}

func TestEveryDoorSaysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	d := &corridor{strangers: &strangers{world: w, victim: c, other: c}, c: c, walked: map[string]bool{}}
	c.before = d.meet
	c.live()
	c.before = nil
	d.rest()
	d.apart()
	for _, f := range w.schema.Mutation.Fields {
		if !d.walked[f.Name] {
			t.Errorf("%s was not tried", f.Name)
		}
	}
	if len(d.valid) < 70 || len(d.beyond) > 8 || d.kept < 250 {
		t.Error("the walk does not get far: give the life of a committee what is new")
	}
	t.Logf("%d mutations, %d places, %d requests, %d texts found again as they are kept; %d with valid input, %d up to a condition, %d not so far: %v",
		len(d.walked), d.places, d.posts, d.kept, len(d.valid), len(d.guarded), len(d.beyond), d.beyond)
}

// meet tries a mutation that is about to be sent, the first time that it is.
func (d *corridor) meet(who, mutation string, in input) {
	if d.walked[mutation] || slices.Contains(sessionMutations, mutation) {
		return
	}
	d.t.Helper()
	if got := d.walk(who, mutation, in, nil); got.code != "" {
		d.t.Errorf("%s is not valid: %s", mutation, got.text)
	}
	d.valid = append(d.valid, mutation)
}

// walk puts odd values into every place of an input. It answers what the input
// itself is answered.
func (d *corridor) walk(who, mutation string, in input, prepare func(context.Context) error) (bare said) {
	d.t.Helper()
	d.walked[mutation] = true
	f := d.schema.Mutation.Fields.ForName(mutation)
	token := d.c.token(who)
	d.aside(func(ctx context.Context) {
		if prepare != nil {
			must(d.t, prepare(ctx))
		}
		try := func(in any) said { return d.send(ctx, token, f, in) }
		bare = try(in)
		before := d.rowsNow(ctx)
		for _, p := range d.placesOf(f.Arguments[0].Type, in, nil) {
			d.places++
			put := func(v any) said { return try(d.with(f.Arguments[0].Type, in, p.path, v)) }
			switch p.typ {
			case "String":
				d.texts(mutation, p, bare, put)
			case "Date", "Time":
				d.days(mutation, p, put)
			case "Int", "Float":
				d.numbers(mutation, p, put)
			}
		}
		d.nulls(mutation, f, in, try)
		if after := d.rowsNow(ctx); !maps.Equal(before, after) {
			d.t.Errorf("%s writes though it refuses: %v, %v", mutation, before, after)
		}
	})
	return bare
}

// nulls wants null to be what is not given.
func (d *corridor) nulls(mutation string, f *ast.FieldDefinition, in input, try func(any) said) {
	d.t.Helper()
	for _, field := range d.schema.Types[f.Arguments[0].Type.Name()].Fields {
		if field.Type.NonNull {
			continue
		}
		without := maps.Clone(in)
		delete(without, field.Name)
		null := maps.Clone(in)
		null[field.Name] = nil
		if a, b := try(without), try(null); a.code != b.code || !slices.Equal(a.path, b.path) {
			d.t.Errorf("%s without %s: %s, with null: %s", mutation, field.Name, a.text, b.text)
		}
	}
}

// texts wants the verdict of the corpus: whether blank ones and those of several
// lines are taken is asked with one of each.
func (d *corridor) texts(mutation string, p place, bare said, put func(any) said) {
	d.t.Helper()
	plain := put(plainText)
	coded := plain.refuses(p) || plain.code != bare.code // a code of a list, or a choice that turns the rest
	door := corpus.Door{Name: mutation + " " + p.String(), Must: put("").refuses(p), Line: put("关于停车的事\n和别的事").refuses(p)}
	found := slices.ContainsFunc(plain.kept, func(s string) bool { return strings.Contains(s, plainText) })
	d.doors++
	for i, c := range corpus.Texts {
		if !*whole && (i+d.doors)%len(corpus.Texts) >= 4 && c.Text != "关于停车\u202e的事" {
			continue
		}
		if n := utf8.RuneCountInString(text.Clean(c.Text)); n > len([]rune(plainText)) && put(strings.Repeat("长", n)).refuses(p) {
			continue // too long for it, whatever it says
		}
		got, want := put(c.Text), c.Is == corpus.Untyped || c.Is == corpus.Blank && door.Must || c.Is == corpus.Broken && door.Line
		clean := text.Clean(c.Text)
		holds := func(part string) bool {
			written, err := json.Marshal(part) // as it stands in a text that is JSON
			must(d.t, err)
			return slices.ContainsFunc(got.kept, func(s string) bool {
				return strings.Contains(s, part) || strings.Contains(s, strings.Trim(string(written), `"`))
			})
		}
		switch {
		case c.Is == corpus.Untyped && got.code == "", !coded && got.refuses(p) != want:
			d.t.Errorf("%s, %s: refused %v, want %v: %s", door.Name, c.Name, got.refuses(p), want, got.text)
		case coded || got.code != "" || c.Is == corpus.Blank || !found:
		case !holds(clean) || clean != c.Text && holds(c.Text):
			d.t.Errorf("%s, %s: kept as %+q, want %+q", door.Name, c.Name, got.kept, clean)
		default:
			d.kept++
		}
	}
}

// refuses reports that a value is refused for itself, where it stands.
func (s said) refuses(p place) bool {
	if s.code != string(errs.Invalid) && s.code != string(errs.Limited) || len(s.path) == 0 {
		return false
	}
	at, where := p.String(), strings.Join(s.path, ".")
	return at == where || strings.HasPrefix(at, where+".") || strings.HasPrefix(where, at+".") || strings.HasSuffix(at, "."+where)
}

// days wants that nothing is entered for a day that is a slip of the keyboard.
func (d *corridor) days(mutation string, p place, put func(any) said) {
	d.t.Helper()
	today := clock.Today(clock.With(context.Background(), d.clock))
	for _, c := range corpus.Days(today, today) {
		v := c.On.Format(time.DateOnly)
		if p.typ == "Time" {
			v = c.On.Format(time.RFC3339)
		}
		if got := put(v); got.code == "" && (c.On.Year() > today.Year()+50) {
			d.t.Errorf("%s %s, %s: is taken", mutation, p, c.Name)
		}
	}
	for _, v := range []any{"", "2024-02-30", "0001-01-01", "9999-12-31", "关于停车", 5} {
		if got := put(v); got.code == "" {
			d.t.Errorf("%s %s: takes %v", mutation, p, v)
		}
	}
}

// numbers wants a word for every number; send has seen that there is one.
func (d *corridor) numbers(mutation string, p place, put func(any) said) {
	for _, n := range []any{0, -1, 2147483647, -2147483648} {
		put(n)
	}
	for _, n := range []any{2147483648, "5", plainText} {
		if got := put(n); got.code == "" {
			d.t.Errorf("%s %s: takes %v", mutation, p, n)
		}
	}
}

// send carries out a mutation and undoes it. Whatever it answers has a word.
func (d *corridor) send(ctx context.Context, token string, f *ast.FieldDefinition, in any) (out said) {
	d.t.Helper()
	d.posts++
	typ := f.Arguments[0].Type.String()
	query := fmt.Sprintf("mutation($in: %s) { %s(input: $in) { userErrors { code message path } } }", typ, f.Name)
	err := tenants.Savepoint(ctx, func(ctx context.Context) error {
		a := d.post(ctx, token, query, map[string]any{"in": in})
		out = heard(a, f.Name)
		if out.code == "" {
			must(d.t, d.lastRecord(ctx, &out))
			return errUndo
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUndo) {
		d.t.Fatalf("%s: %v after %s", f.Name, err, out.text)
	}
	switch {
	case d.searching:
	case out.code == string(errs.Invalid) && len(out.path) == 0:
		d.t.Errorf("%s with %.300v does not say where: %s", f.Name, in, out.text)
	case !slices.Contains(tableCodes, out.code):
		d.t.Errorf("%s with %.300v: %q is no word for it: %s", f.Name, in, out.code, out.text)
	}
	return out
}

// tableCodes are what a request may be answered that is understood; INTERNAL and
// UNAVAILABLE are none.
var tableCodes = []string{"", "GRAPHQL_VALIDATION_FAILED", string(errs.NotFound), string(errs.NotAllowed), string(errs.NotAllowedInState), string(errs.GuardFailed),
	string(errs.DeadlinePassed), string(errs.VersionConflict), string(errs.Invalid), string(errs.Conflict), string(errs.Limited), string(errs.Unauthenticated)}

func heard(a answer, mutation string) said {
	out := said{text: a.text}
	if len(a.Errors) > 0 {
		out.code = fmt.Sprint(a.Errors[0].Extensions["code"])
		for _, p := range a.Errors[0].Path {
			out.path = append(out.path, fmt.Sprint(p))
		}
		out.path = slices.DeleteFunc(out.path, func(s string) bool { return s == "variable" || s == "in" || s == mutation || s == "input" })
	} else if e := dig(a.Data, mutation, "userErrors", 0); e != nil {
		out.code = fmt.Sprint(dig(e, "code"))
		list, _ := dig(e, "path").([]any)
		for _, p := range list {
			out.path = append(out.path, fmt.Sprint(p))
		}
	}
	return out
}

// lastRecord reads every text of the book's last record.
func (d *corridor) lastRecord(ctx context.Context, out *said) error {
	var entry string
	if err := tenants.Row(ctx, `SELECT entry FROM audit_log ORDER BY seq DESC LIMIT 1`, nil, &entry); err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal([]byte(entry), &v); err != nil {
		return err
	}
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			out.kept = append(out.kept, v)
		case []any:
			for _, x := range v {
				collect(x)
			}
		case map[string]any:
			for _, x := range v {
				collect(x)
			}
		}
	}
	collect(v)
	return nil
}

// aside runs fn in a transaction of the committee that comes to nothing.
func (d *corridor) aside(fn func(context.Context)) {
	d.t.Helper()
	err := d.db.Store.InTx(clock.With(context.Background(), d.clock), d.c.id, func(ctx context.Context) error {
		fn(ctx)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		d.t.Fatal(err)
	}
}

// rowsNow is a sum over every row of the committee.
func (d *corridor) rowsNow(ctx context.Context) map[string]string {
	d.t.Helper()
	out := map[string]string{}
	for _, table := range d.tables() {
		if slices.Contains([]string{"ballot_tokens", "ballot_counts", "account_memberships", "account_invitations"}, table) {
			continue
		}
		err := tenants.Savepoint(ctx, func(ctx context.Context) error {
			var sum string
			if err := tenants.Row(ctx, `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(x::text, 0)), 0) FROM `+table+` x`, nil, &sum); err != nil {
				return err
			}
			out[table] = sum
			return nil
		})
		if err != nil {
			out[table] = "not to be read"
		}
	}
	return out
}

// apart tries what works on accounts, outside every committee: a word for
// everything, and no row of the committee is written.
func (d *corridor) apart() {
	for _, f := range d.schema.Mutation.Fields {
		if !slices.Contains(sessionMutations, f.Name) {
			continue
		}
		d.walked[f.Name] = true
		if len(f.Arguments) == 0 {
			continue
		}
		arg := f.Arguments[0]
		in := plainInput(d.arguments(f, maker{schema: d.schema, rest: d.anyone}))[arg.Name]
		token := ""
		if f.Name == "changePassword" {
			token = d.c.token("主任")
		}
		for _, p := range d.placesOf(arg.Type, in, nil) {
			if p.typ != "String" {
				continue
			}
			d.places++
			for i, c := range corpus.Texts {
				if !*whole && (i+d.places)%len(corpus.Texts) >= 4 {
					continue
				}
				d.posts++
				query := fmt.Sprintf("mutation($in: %s) { %s(%s: $in) { userErrors { code message path } } }", arg.Type, f.Name, arg.Name)
				out := heard(d.post(context.Background(), token, query, map[string]any{"in": d.with(arg.Type, in, p.path, c.Text)}), f.Name)
				if out.code == "" || !slices.Contains(tableCodes, out.code) {
					d.t.Errorf("%s %s, %s: %s", f.Name, p, c.Name, out.text)
				}
			}
		}
	}
}
