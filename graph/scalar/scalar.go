// Package scalar holds the GraphQL scalars that are the product's own.
package scalar

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/bihuan/bihuan/internal/errs"
)

var errDate = errs.New(errs.Invalid, "日期格式应为 2024-12-27")

// MarshalDate writes a day as 2006-01-02.
func MarshalDate(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(t.Format(time.DateOnly))) })
}

// UnmarshalDate reads a day; nothing but 2006-01-02 is one.
func UnmarshalDate(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, errDate
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1949 || t.Year() > 2200 {
		return time.Time{}, errDate
	}
	return t, nil
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
