// Package scalar holds the GraphQL scalars that are the product's own, and
// those of the language, read strictly: gqlgen would take 5 for a text and "5"
// for a number, whatever the specification says (3.5).
package scalar

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

// MarshalDate writes a day as 2006-01-02.
func MarshalDate(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(t.Format(time.DateOnly))) })
}

// UnmarshalDate reads a day; nothing but 2006-01-02 is one.
func UnmarshalDate(v any) (time.Time, error) {
	if v == nil { // may be absent, and what takes it calls that zero
		return time.Time{}, nil
	}
	s, _ := v.(string)
	return day.Read(s)
}

// MarshalID writes an id; there is none of zeros.
func MarshalID(id uuid.UUID) graphql.Marshaler { return graphql.MarshalUUID(id) }

// UnmarshalID reads an id as the API writes them.
func UnmarshalID(v any) (uuid.UUID, error) {
	s, _ := v.(string)
	return errs.ID(s)
}

// MarshalJSON writes any JSON value.
func MarshalJSON(v map[string]any) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if err := json.NewEncoder(w).Encode(v); err != nil {
			_, _ = io.WriteString(w, "null")
		}
	})
}

// UnmarshalJSON reads a JSON object.
func UnmarshalJSON(v any) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(errs.Invalid, "应为 JSON 对象")
	}
	return m, nil
}

// MarshalRaw writes JSON as it stands: null where there is none.
func MarshalRaw(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if len(v) == 0 {
			v = json.RawMessage("null")
		}
		_, _ = w.Write(v) // what cannot be sent is the connection's to notice
	})
}

// UnmarshalRaw is there for gqlgen; no input has the type.
func UnmarshalRaw(v any) (json.RawMessage, error) { return json.Marshal(v) }

// MarshalAny writes any JSON value.
func MarshalAny(v any) graphql.Marshaler { return graphql.MarshalAny(v) }

// UnmarshalAny is there for gqlgen; no input has the type.
func UnmarshalAny(v any) (any, error) { return v, nil }

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text. One with a zero byte is none: no database
// keeps it.
func UnmarshalString(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || strings.ContainsRune(s, 0) {
		return "", errs.New(errs.Invalid, "应为文字，且没有控制字符")
	}
	return s, nil
}

// MarshalInt writes a whole number.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number of 32 bits.
func UnmarshalInt(v any) (int, error) {
	var text string
	switch n := v.(type) {
	case int64: // of a document
		text = strconv.FormatInt(n, 10)
	case int: // of a default
		text = strconv.Itoa(n)
	case json.Number: // of a variable
		text = string(n)
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, errs.New(errs.Invalid, "应为整数")
	}
	return int(n), nil
}

// MarshalTime writes an instant.
func MarshalTime(t time.Time) graphql.Marshaler { return graphql.MarshalTime(t) }

// UnmarshalTime reads an instant in the form of RFC 3339, in the years of Date.
func UnmarshalTime(v any) (time.Time, error) {
	if v == nil {
		return time.Time{}, nil
	}
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1949 || t.Year() > 2200 {
		return time.Time{}, errs.New(errs.Invalid, "时刻格式应为 2024-12-27T09:00:00+08:00")
	}
	return t, nil
}
