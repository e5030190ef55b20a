package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// same compares two answers as data: numbers, times and texts alike. Lists of
// parts have no order in the product and are compared as sets; the edges of a
// connection have one.
func same(a, b []byte) error {
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		return fmt.Errorf("%w: %s", err, clip(a))
	}
	if err := json.Unmarshal(b, &y); err != nil {
		return fmt.Errorf("%w: %s", err, clip(b))
	}
	return differ("", x, y)
}

func differ(at string, x, y any) error {
	switch p := x.(type) {
	case map[string]any:
		q, ok := y.(map[string]any)
		if !ok || len(p) != len(q) {
			return fmt.Errorf("%s: %v and %v", at, x, y)
		}
		for k := range p {
			if err := differ(at+"."+k, p[k], q[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		q, ok := y.([]any)
		if !ok || len(p) != len(q) {
			return fmt.Errorf("%s: %v and %v", at, x, y)
		}
		if !strings.HasSuffix(at, ".edges") {
			byID(p)
			byID(q)
		}
		for i := range p {
			if err := differ(fmt.Sprintf("%s[%d]", at, i), p[i], q[i]); err != nil {
				return err
			}
		}
		return nil
	case string:
		q, ok := y.(string)
		if s, err := time.Parse(time.RFC3339Nano, p); ok && err == nil {
			if t, err := time.Parse(time.RFC3339Nano, q); err == nil && s.Equal(t) {
				return nil
			}
		}
	}
	if !reflect.DeepEqual(x, y) {
		return fmt.Errorf("%s: %v and %v", at, x, y)
	}
	return nil
}

func byID(list []any) {
	id := func(v any) string {
		m, _ := v.(map[string]any)
		s, _ := m["id"].(string)
		return s
	}
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(id(a), id(b)) })
}
