package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	maxText    = 4_000   // characters of a text that are kept; a proposal's body fits
	maxName    = 300     // characters of names, addresses and agents; indexes hold at most 2,704 bytes
	maxChanges = 1 << 20 // bytes of changes that a record keeps in full; an import of a roster has more
)

// Withheld stands for the value of a secret.
const Withheld = "[withheld]"

// field names a column; with an empty entity, that of every entity and that
// key anywhere inside a JSON value.
type field struct{ entity, name string }

// secrets are never written down. A test compares them with what the schema
// calls sensitive.
var secrets = map[field]bool{
	{"", "phone"}: true, {"", "wecom"}: true, {"", "contact_phone"}: true, {"", "blob_key"}: true, {"", "check_code"}: true,
	{"", "password"}: true, {"", "password_hash"}: true, {"", "totp_secret"}: true,
	{"", "token"}: true, {"", "refresh_token"}: true, {"Account", "secret"}: true,
}

func secret(entity, name string) bool {
	return secrets[field{entity, name}] || secrets[field{"", name}]
}

// encode gives a record its only form: keys sorted, no HTML escapes, control
// characters escaped, nothing that a jsonb cannot hold.
func encode(e Entry) (entry, said string, err error) {
	w := wire{
		Form: form, ObjectName: head(e.ObjectName, maxName), BehalfName: head(e.OnBehalfName, maxName), Count: e.Count,
		At: stamp(e.At), Action: head(e.Action, maxName), Actor: head(e.Actor.Key(), maxName),
		Account: e.Actor.Account, Membership: e.Actor.Membership, Name: head(e.Actor.Name, maxName),
		OnBehalf: e.OnBehalf, Object: head(e.Object, maxName), Reason: head(e.Reason, maxText), Outcome: head(e.Outcome, maxName),
	}
	if w.Reason != clean(e.Reason) {
		w.ReasonSum = sum([]byte(e.Reason))
	}
	if f := (From{head(e.From.Address, maxName), head(e.From.Agent, maxName), head(e.From.RequestID, maxName)}); f != (From{}) {
		w.From = &f
	}
	size := 0
	for _, c := range e.Changes {
		c = tidy(c)
		b, err := json.Marshal(c)
		if err != nil {
			return "", "", err
		}
		if size+len(b) > maxChanges {
			c = digest(c)
		} else {
			size += len(b)
		}
		w.Changes = append(w.Changes, c)
	}
	b, err := canonical(plain(w))
	return string(b), w.said(), err
}

// digest keeps of a change which row it was and what would prove its values.
func digest(c Change) Change {
	b, _ := canonical(map[string]any{"before": c.Before, "after": c.After}) // plain already: cannot fail
	c.Before, c.After, c.Digest = nil, nil, sum(b)
	return c
}

// tidy makes a change fit to be kept. Called twice it changes nothing more.
func tidy(c Change) Change {
	c.Entity = head(c.Entity, maxName)
	c.Before, c.After = tidyMap(c.Entity, c.Before), tidyMap(c.Entity, c.After)
	return c
}

func tidyMap(entity string, m map[string]any) map[string]any {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[clean(k)] = tidyValue(entity, k, plain(v))
	}
	return out
}

// tidyValue withholds and shortens a plain value, at any depth.
func tidyValue(entity, name string, v any) any {
	if secret(entity, name) && !blank(v) {
		return Withheld
	}
	switch x := v.(type) {
	case string:
		if n := utf8.RuneCountInString(x); n > maxText {
			return map[string]any{"text": head(x, maxText), "length": n, "sha256": sum([]byte(x))}
		}
	case []any:
		for i := range x {
			x[i] = tidyValue("", "", x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = tidyValue("", k, x[k])
		}
	}
	return v
}

// plain turns a Go value into what JSON knows, in fresh maps and slices.
// Instants are UTC to the microsecond, as PostgreSQL keeps them.
func plain(v any) any {
	switch x := v.(type) {
	case nil:
		return nil
	case string:
		return clean(x)
	case json.Number:
		return x
	case time.Time:
		return x.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	case uuid.UUID:
		return x.String()
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[clean(k)] = plain(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plain(e)
		}
		return out
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		if r.Elem().Kind() != reflect.Struct || r.Type().Elem() == reflect.TypeFor[time.Time]() {
			return plain(r.Elem().Interface())
		}
	case reflect.String:
		return clean(r.String())
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return r.Uint()
	case reflect.Float32, reflect.Float64:
		if f := r.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		return fmt.Sprint(v) // JSON has no such number
	}
	return viaJSON(v)
}

// viaJSON makes structs and typed slices and maps plain. What has no JSON is
// named by its type: a record must not stop the work it records.
func viaJSON(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("[%T]", v)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return fmt.Sprintf("[%T]", v)
	}
	return plain(out)
}

// canonical writes a plain value: Go sorts the keys of maps.
func canonical(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// same compares plain values by what would be written.
func same(a, b any) bool {
	if blank(a) && blank(b) {
		return true
	}
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// blank is a plain value that says nothing: ent reads NULL as the zero value.
func blank(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

// clean replaces what a jsonb cannot hold, U+0000 and bytes that are no
// UTF-8, by the replacement character.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// head is the first n characters of a cleaned text.
func head(s string, n int) string {
	s = clean(s)
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
