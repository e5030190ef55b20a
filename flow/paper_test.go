package flow_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow/process"
)

// The paper knows nothing of the database; what it lets a definition say is
// what the database stores.
func TestThePaperSaysWhatIsStored(t *testing.T) {
	valid := func(list []string, ok func(string) error) {
		t.Helper()
		for _, word := range list {
			if err := ok(word); err != nil {
				t.Error(err)
			}
		}
	}
	valid(process.Visibilities, func(s string) error { return matter.VisibilityValidator(matter.Visibility(s)) })
	valid(process.Audiences, func(s string) error { return step.AudienceValidator(step.Audience(s)) })
	valid(process.PartyRoles, func(s string) error { return party.RoleValidator(party.Role(s)) })
	valid(slices.Collect(maps.Keys(process.ItemKinds)), func(s string) error { return item.KindValidator(item.Kind(s)) })
	for _, f := range (schema.Item{}).Fields() {
		if d := f.Descriptor(); d.Name == "kind" && len(d.Enums) != len(process.ItemKinds) {
			t.Errorf("%d kinds of item are stored, %d are on paper", len(d.Enums), len(process.ItemKinds))
		}
	}
	for _, p := range process.Posts {
		if word := schema.Words["SeatPost"][p.Code]; word != p.Word {
			t.Errorf("%s is %q and %q", p.Code, word, p.Word)
		}
	}
	if len(process.Posts)+1 != len(schema.Words["SeatPost"]) { // but SUPERVISOR
		t.Error("a post is not on paper")
	}
	for _, f := range (schema.Party{}).Fields() {
		if d := f.Descriptor(); d.Name == "role" && len(d.Enums) != len(process.PartyRoles) {
			t.Errorf("%d roles of parties are stored, %d are on paper", len(d.Enums), len(process.PartyRoles))
		}
	}
}
