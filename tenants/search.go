package tenants

import (
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/bihuan/bihuan/internal/text"
)

// Shows is the predicate of rows in whose column people see a text: both sides
// are compared in the form of internal/text. What shows nothing is in every
// row.
func Shows(column, part string) func(*sql.Selector) { return shows("text_key(", column, ")", part) }

// ShowsKey is Shows for a column that already holds that form.
func ShowsKey(column, part string) func(*sql.Selector) { return shows("", column, "", part) }

func shows(before, column, after, part string) func(*sql.Selector) {
	key := text.Key(strings.ReplaceAll(part, "\x00", "")) // PostgreSQL takes no NUL
	return func(s *sql.Selector) {
		if key == "" {
			return
		}
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("strpos(" + before).Ident(s.C(column)).WriteString(after + ", ").Arg(key).WriteString(") > 0")
		}))
	}
}
