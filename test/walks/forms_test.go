package walks_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
)

// value is something that a schema allows, as a rule.
func (w *walk) value(id uuid.UUID, name string, s map[string]any) any {
	if c, ok := s["const"]; ok {
		return c
	}
	if list, ok := s["enum"].([]any); ok && len(list) > 0 {
		return list[w.rand.IntN(len(list))]
	}
	switch typ, _ := s["type"].(string); {
	case typ == "object" || s["properties"] != nil:
		return w.object(id, s)
	case typ == "array":
		return w.array(id, name, s)
	case typ == "boolean":
		return w.rand.IntN(3) > 0
	case typ == "integer" || typ == "number":
		least, _ := s["minimum"].(float64)
		return least + float64(1+w.rand.IntN(3))
	case s["format"] == "date":
		if strings.Contains(strings.ToLower(name), "due") || name == "until" || name == "by" {
			return w.today().AddDate(0, 0, 5+w.rand.IntN(60)).Format(time.DateOnly)
		}
		return w.today().Format(time.DateOnly)
	}
	return w.text(id, name, s)
}

func (w *walk) object(id uuid.UUID, s map[string]any) map[string]any {
	out := map[string]any{}
	props, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	names := make([]string, 0, len(props))
	for name := range props {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p, _ := props[name].(map[string]any)
		if p != nil && (slices.Contains(required, any(name)) || w.rand.IntN(2) == 0) {
			if v := w.value(id, name, p); v != nil {
				out[name] = v
			}
		}
	}
	return out
}

func (w *walk) array(id uuid.UUID, name string, s map[string]any) []any {
	least, _ := s["minItems"].(float64)
	n := max(1, int(least)) + w.rand.IntN(2)
	if name == "twoSix" {
		n = 8
	} else if strings.HasPrefix(name, "three") {
		n = 3
	}
	items, _ := s["items"].(map[string]any)
	out := []any{}
	for range n {
		if name == "twoSix" || strings.HasPrefix(name, "three") {
			out = append(out, true)
			continue
		}
		if v := w.value(id, strings.TrimSuffix(name, "s"), items); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// text is words, or the id of something of the kind that the name asks for.
func (w *walk) text(id uuid.UUID, name string, s map[string]any) any {
	pick := func(ids []uuid.UUID) any {
		if len(ids) == 0 {
			return nil
		}
		return ids[w.rand.IntN(len(ids))].String()
	}
	switch {
	case strings.HasSuffix(strings.ToLower(name), "unitid") || name == "unit":
		return pick([]uuid.UUID{w.units["城建局"], w.units["商务局"], w.units["文旅局"]})
	case strings.HasSuffix(strings.ToLower(name), "membershipid"), name == "leaderId", name == "officerId":
		return pick([]uuid.UUID{w.all["委员乙"].Membership, w.all["委员丙"].Membership, w.all["商务局承办人"].Membership})
	case strings.HasSuffix(name, "Id") || name == "present" || name == "absent":
		return pick(w.parts(id, name))
	case name == "class":
		return []string{"A", "B", "C"}[w.rand.IntN(3)]
	case name == "attitude", name == "result":
		return []string{"SATISFIED", "BASIC", "DISSATISFIED"}[w.rand.IntN(3)]
	case name == "reasonCode":
		return "duplicate"
	case name == "kind":
		return "lushun"
	}
	text := "走到这里写下的一段内容，长短合适。"
	if most, ok := s["maxLength"].(float64); ok && int(most) < 17 {
		text = "走到这里"
	}
	return text
}

// parts are the ids of parts of the matter of the sort that a field asks for.
func (w *walk) parts(id uuid.UUID, field string) (ids []uuid.UUID) {
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		m := c.Matter.Query().Where(matter.ID(id))
		switch field {
		case "partyId", "present", "absent":
			ids, err = m.QueryParties().IDs(ctx)
		case "itemId":
			ids, err = m.QueryItems().IDs(ctx)
		case "eventId":
			ids, err = m.QueryEvents().IDs(ctx)
		case "feedbackId":
			ids, err = m.QueryFeedback().IDs(ctx)
		case "recordId":
			ids, err = m.QueryRecords().IDs(ctx)
		case "venueId":
			ids = []uuid.UUID{w.units["工作室"]}
		default:
			ids, err = c.Matter.Query().Where(matter.IDNEQ(id)).IDs(ctx)
		}
		return err
	})
	return ids
}
