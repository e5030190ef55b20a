package authz

import (
	"reflect"
	"regexp"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/memory"
)

// Sentence is a part of a statement that has been put together and is said again,
// with arguments between its pieces: putting it together costs more than asking it.
type Sentence struct {
	pieces []string
	args   []any
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// Sentenced takes a text with $1, $2 … in this order apart, nil for another.
func Sentenced(text string, args []any) *Sentence {
	s := &Sentence{args: args}
	from := 0
	for i, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] != strconv.Itoa(i+1) {
			return nil
		}
		s.pieces = append(s.pieces, text[from:at[0]])
		from = at[1]
	}
	if s.pieces = append(s.pieces, text[from:]); len(s.pieces) != len(args)+1 {
		return nil
	}
	return s
}

// ForAll reports whether the sentence can be said for all of a shape: every
// argument is a symbol, or the same for everybody, or known says whose it is.
func (s *Sentence) ForAll(known func(arg any) bool) bool {
	for _, arg := range s.args {
		switch x := arg.(type) {
		case uuid.UUID:
			if _, ok := place(x); !ok && !known(arg) {
				return false
			}
		default:
			switch reflect.ValueOf(arg).Kind() {
			case reflect.String, reflect.Bool, reflect.Int:
			default:
				if !known(arg) {
					return false
				}
			}
		}
	}
	return true
}

// Said is the sentence with a viewer's own ids where it has symbols, and with what
// other gives for the other arguments.
func (s *Sentence) Said(own []uuid.UUID, other func(any) (any, error)) (write func(*entsql.Builder), err error) {
	args := make([]any, len(s.args))
	for i, arg := range s.args {
		if id, ok := arg.(uuid.UUID); ok && own != nil {
			if at, ok := place(id); ok {
				args[i] = own[at]
				continue
			}
		}
		if args[i], err = other(arg); err != nil {
			return nil, err
		}
	}
	return func(b *entsql.Builder) {
		for i, piece := range s.pieces {
			b.WriteString(piece)
			if i < len(args) {
				b.Arg(args[i])
			}
		}
	}, nil
}

// keptSentences bounds the sentences of visibility that are kept: about 2 KB each.
const keptSentences = 5_000

// seeing is what a sentence of visibility depends on.
type seeing struct {
	shape Shape
	typ   string
	part  bool
	table string // as the statement calls it
}

// sights are the sentences of visibility by who sees how.
type sights struct{ kept *memory.Of[seeing, *Sentence] }

// narrowing is the function of that name, whose sentences are put together once
// for all of a shape.
func (k sights) narrowing(v *Viewer, typ string, part bool) pred {
	where := narrowing(v, typ, part)
	if where == nil {
		return nil
	}
	shape, own, ok := v.shape()
	if !ok {
		return where
	}
	return func(s *entsql.Selector) {
		key := seeing{shape, typ, part, s.TableName()}
		said, ok := k.kept.Get(key)
		if !ok {
			c := collect(s, narrowing(v.symbolic(), typ, part))
			c.SetDialect(s.Dialect())
			text, args := c.Query()
			if said = Sentenced(text, args); said != nil && !said.ForAll(func(any) bool { return false }) {
				said = nil
			}
			k.kept.Add(key, said)
		}
		if said == nil {
			where(s)
			return
		}
		write, _ := said.Said(own, func(arg any) (any, error) { return arg, nil }) // which never fails
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString("(")
			write(b)
			b.WriteString(")")
		}))
	}
}
