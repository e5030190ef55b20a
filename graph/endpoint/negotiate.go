package endpoint

import (
	"mime"
	"strconv"
	"strings"
)

// dialect is the type of the answer; it decides about statuses too.
type dialect string

const (
	plain  dialect = "application/json"
	modern dialect = "application/graphql-response+json"
)

// fallback is spoken with who has no wish.
func (e *endpoint) fallback() dialect {
	if e.o.September2026 {
		return modern
	}
	return plain
}

// negotiate chooses the dialect; false means that none is welcome.
func (c *call) negotiate(accept []string) bool {
	wish := strings.Join(accept, ",")
	if strings.TrimSpace(wish) == "" {
		return true
	}
	p, m := welcome(wish, plain), welcome(wish, modern)
	c.events = welcome(wish, events).q > 0
	switch {
	case p.q == 0 && m.q == 0:
		if c.only = c.events; c.only {
			c.dialect = modern // of what is refused before it runs, which is no stream
		}
		return c.events
	case p.q != m.q:
		c.dialect = plain
		if m.q > p.q {
			c.dialect = modern
		}
	case p.exact != m.exact:
		c.dialect = plain
		if m.exact {
			c.dialect = modern
		}
	case m.exact:
		c.dialect = modern
	}
	return true
}

// preference is how welcome a type is.
type preference struct {
	q     float64 // 0: not at all
	exact bool    // named itself, not by a wildcard
}

// welcome finds the most specific range of an Accept header that a type is in
// (RFC 9110, 12.5.1). Ranges that cannot be read are none.
func welcome(accept string, d dialect) (best preference) {
	specific := 0
	for part := range strings.SplitSeq(accept, ",") {
		typ, param, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		family, _, _ := strings.Cut(string(d), "/")
		s := map[string]int{string(d): 3, family + "/*": 2, "*/*": 1}[typ]
		q := 1.0
		if v, ok := param["q"]; ok {
			if q, err = strconv.ParseFloat(v, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		if s > specific || s > 0 && s == specific && q > best.q {
			specific, best = s, preference{q, s == 3}
		}
	}
	return best
}
