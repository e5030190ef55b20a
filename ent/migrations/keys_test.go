package migrations_test

import (
	"context"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/internal/text/corpus"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// R6: what PostgreSQL keeps to compare with is what the program compares with.
func TestTextsAreComparedInTheDatabaseAsInTheProgram(t *testing.T) {
	t.Parallel()
	db, err := migrations.OpenOwner(tenantstest.New(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var given []string
	for _, c := range corpus.Texts {
		if !strings.ContainsRune(c.Text, 0) {
			given = append(given, strings.ToValidUTF8(c.Text, ""))
		}
	}
	for r := rune(1); r <= unicode.MaxRune; r++ {
		unassigned := !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
		if r >= 0x1E030 && r <= 0x1E08F { // PostgreSQL 15 does not know them yet
			continue
		}
		if r >= 0xD800 && r <= 0xDFFF || unassigned || r > 0x500 && r%61 != 0 && norm.NFKC.String(string(r)) == string(r) && unicode.Is(unicode.Lo, r) {
			continue // what Unicode has added since is the database's to know
		}
		given = append(given, string(r))
		if r%7 == 0 {
			given = append(given, "停"+string(r)+"Àa\u0301 "+string(r))
		}
	}
	rows, err := db.QueryContext(context.Background(), `SELECT s, text_key(s) FROM unnest($1::text[]) s`, given)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var s, key string
		if err := rows.Scan(&s, &key); err != nil {
			t.Fatal(err)
		}
		if n++; key != text.Key(s) {
			t.Errorf("%+q is %+q in the database, %+q in the program", s, key, text.Key(s))
		}
	}
	if err := rows.Err(); err != nil || n != len(given) {
		t.Fatalf("%d of %d compared, %v", n, len(given), err)
	}
}
