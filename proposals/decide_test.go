package proposals

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/record"
)

// M5: 申退 waits for the office and for the 提案委, for each until it has said
// what it thinks of this application.
func TestEachDecidesUntilHeHas(t *testing.T) {
	t.Parallel()
	share := &gen.Assignment{ID: uuid.New(), State: "RETURN_APPLIED"}
	said := func(what string) *gen.Record {
		return &gen.Record{Kind: record.KindRETURN, AssignmentID: &share.ID, Data: map[string]any{"for": what, "grant": true}}
	}
	for name, x := range map[string]struct {
		records           []string
		office, committee bool
	}{
		"M5: an application waits for both":                 {[]string{"apply"}, true, true},
		"M5: the office has decided, the 提案委 has not":       {[]string{"apply", byOffice}, false, true},
		"M5: the 提案委 has decided, the office has not":       {[]string{"apply", byCommittee}, true, false},
		"both have decided":                                 {[]string{"apply", byCommittee, byOffice}, false, false},
		"what was said of an earlier application is no say": {[]string{"apply", byOffice, byCommittee, "apply"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(nil)
			for _, what := range x.records {
				in.Records = append(in.Records, said(what))
			}
			if got := officeDecides(in.Case, share); got != x.office {
				t.Errorf("the office: %v", got)
			}
			if got := committeeDecides(in.Case, share); got != x.committee {
				t.Errorf("the 提案委: %v", got)
			}
		})
	}
	t.Run("an extension waits for the office alone", func(t *testing.T) {
		other := &gen.Assignment{ID: share.ID, State: "EXTENSION_APPLIED"}
		if in := input(nil); !officeDecides(in.Case, other) || committeeDecides(in.Case, other) {
			t.Error("wrong")
		}
	})
}
