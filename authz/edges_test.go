package authz_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/migrate"
	"github.com/bihuan/bihuan/ent/gen/party"
)

// An edge from a matter to its parts goes by matter_id: with the matter they are
// seen, so they are not asked for it again.
func TestEdgesOfAMatterGoByMatterID(t *testing.T) {
	t.Parallel()
	parts := 0
	for _, table := range migrate.Tables {
		for _, key := range table.ForeignKeys {
			if key.RefTable.Name != matter.Table || table.Name == matter.Table {
				continue
			}
			for _, column := range key.Columns {
				switch {
				case column.Name == "matter_id":
					parts++
				case column.Name == "tenant_id",
					table.Name == "links",                                          // both its ends are asked for
					column.Name == "from_matter_id",                                // has no edge back
					column.Name == "proposal_matter_id" && table.Name == "cohorts": // nor has this
				default:
					t.Errorf("%s.%s: is there an edge from a matter that goes by it? Then ofSeenMatter is wrong", table.Name, column.Name)
				}
			}
		}
	}
	if parts < 14 {
		t.Error(parts)
	}
}

// carried makes last year's plan, which is open to the committee, and this
// year's, which is nobody's yet, with an item that was carried over, and an
// assignment, a record and a step that refer to rows of another matter: nothing
// in the database forbids it.
func (w *world) carried() {
	w.system(func(ctx context.Context) {
		w.matter(ctx, "去年计划", "plan", matter.VisibilityTENANT, "")
		w.matter(ctx, "今年计划", "plan", matter.VisibilityPARTIES, "")
		old := w.c.Item.Create().SetMatterID(w.matters["去年计划"]).SetKind(item.KindPLAN_ITEM).SetText("去年的一项").SaveX(ctx)
		next := w.c.Item.Create().SetMatterID(w.matters["今年计划"]).SetKind(item.KindPLAN_ITEM).SetText("还没有公开的一项").SetParentID(old.ID).SaveX(ctx)
		w.c.Item.Create().SetMatterID(w.matters["去年计划"]).SetKind(item.KindPLAN_ITEM).SetText("由未公开的分出").SetParentID(next.ID).SaveX(ctx)
		secret := w.c.Party.Create().SetMatterID(w.matters["今年计划"]).SetMembership(w.people["主任"]).SetRole(party.RoleHOST).SaveX(ctx)
		w.c.Record.Create().SetMatterID(w.matters["去年计划"]).SetKind("NOTE").SetOn(morning).SetText("提到").SetPartyID(secret.ID).ExecX(ctx)
		w.c.Item.Create().SetMatterID(w.matters["去年计划"]).SetKind(item.KindPROBLEM).SetText("提出").SetPartyID(secret.ID).ExecX(ctx)
	})
}

// S5: whatever way leads to a row, at most three edges long, who reaches it sees
// it by its id too. The edges come from the generated client, so a new one is
// walked without a line here.
func TestNoEdgeShowsWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	w.carried()
	roots := []string{"Matter", "Party", "Assignment", "Reply", "Feedback", "Record", "Item", "Event", "Attendance", "Timer", "Step", "Attachment", "Link", "Cohort", "Proposal"}
	for _, who := range []string{"第一提案人", "其他委员", "会办承办人", "街道联络员", "干事", "租户管理员"} {
		t.Run(who, func(t *testing.T) {
			w.as(who, func(ctx context.Context) {
				reached, seen := 0, map[string][]uuid.UUID{}
				for _, root := range roots {
					depth := 2
					if root == "Matter" || root == "Item" {
						depth = 3
					}
					q := reflect.ValueOf(w.c).Elem().FieldByName(root).MethodByName("Query").Call(nil)[0]
					withEdges(q, depth)
					rows := q.MethodByName("AllX").Call([]reflect.Value{reflect.ValueOf(ctx)})[0]
					for i := range rows.Len() {
						walk(rows.Index(i), root, func(typ, path string, id uuid.UUID) {
							reached++
							if seen[typ] == nil {
								seen[typ] = w.all(ctx, typ)
							}
							if !slices.Contains(seen[typ], id) {
								t.Errorf("%s %s is reached by %s and not seen by its id", typ, id, path)
							}
						})
					}
				}
				if reached < 20 && who != "租户管理员" { // who sees no case
					t.Errorf("only %d rows were reached", reached)
				}
			})
		})
	}
}

// all are the ids of a type that the person sees when he asks for it directly.
func (w *world) all(ctx context.Context, typ string) []uuid.UUID {
	q := reflect.ValueOf(w.c).Elem().FieldByName(typ).MethodByName("Query").Call(nil)[0]
	out, _ := q.MethodByName("IDsX").Call([]reflect.Value{reflect.ValueOf(ctx)})[0].Interface().([]uuid.UUID)
	return append([]uuid.UUID{}, out...)
}

// withEdges asks for every edge of a query, and for theirs, down to a depth.
func withEdges(q reflect.Value, depth int) {
	if depth == 0 {
		return
	}
	for i := range q.NumMethod() {
		name := q.Type().Method(i).Name
		with := q.Method(i)
		if !strings.HasPrefix(name, "With") || strings.HasPrefix(name, "WithNamed") || with.Type().NumIn() != 1 || !with.Type().IsVariadic() {
			continue
		}
		more := with.Type().In(0).Elem()
		with.Call([]reflect.Value{reflect.MakeFunc(more, func(args []reflect.Value) []reflect.Value {
			withEdges(args[0], depth-1)
			return nil
		})})
	}
}

// walk visits a row and everything that its loaded edges hold.
func walk(row reflect.Value, path string, visit func(typ, path string, id uuid.UUID)) {
	if row.IsNil() {
		return
	}
	visit(row.Elem().Type().Name(), path, row.Elem().FieldByName("ID").Interface().(uuid.UUID))
	edges := row.Elem().FieldByName("Edges")
	if !edges.IsValid() {
		return
	}
	for i := range edges.NumField() {
		f := edges.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		switch v := edges.Field(i); {
		case v.Kind() == reflect.Pointer:
			walk(v, path+"."+f.Name, visit)
		case v.Kind() == reflect.Slice:
			for j := range v.Len() {
				walk(v.Index(j), path+"."+f.Name, visit)
			}
		}
	}
}

// M7: from the moment at which a text is said to be possibly secret it is read
// by who made it, its parties and who decides.
func TestWhatMayBeASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	w.system(func(ctx context.Context) {
		w.matter(ctx, "涉密", "proposal", matter.VisibilitySTAFF, "经济界")
		w.c.Matter.UpdateOneID(w.matters["涉密"]).SetConfidential(true).SetStreetID(w.units["街道"]).ExecX(ctx)
		w.c.Party.Create().SetMatterID(w.matters["涉密"]).SetMembership(w.people["第一提案人"]).SetRole(party.RoleLEAD).ExecX(ctx)
		w.matter(ctx, "公开涉密", "proposal", matter.VisibilityTENANT, "经济界")
		w.c.Matter.UpdateOneID(w.matters["公开涉密"]).SetConfidential(true).ExecX(ctx)
	})
	for who, sees := range map[string]string{
		"第一提案人": "涉密", "主任": "公开涉密 涉密", "干事": "公开涉密 涉密", "街道联络员": "", "召集人": "", "专委会干部": "", "其他委员": "", "主办承办人": "",
	} {
		w.as(who, func(ctx context.Context) {
			got := labels(w.c.Matter.Query().Where(matter.Confidential(true)).AllX(ctx), func(m *gen.Matter) string { return m.Title })
			if strings.Join(got, " ") != sees {
				t.Errorf("M7: %s sees %s, want %s", who, got, sees)
			}
		})
	}
}
