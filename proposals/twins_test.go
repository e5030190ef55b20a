package proposals_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
)

// differs says why two actions that ask or do the same are not guarded alike:
// the guard, and the action of the two that has it.
var differs = map[string]string{
	"proposal.consent_recorded withdraw":                     "staff who decide act for nobody",
	"proposal.lead_gone withdrawFor":                         "who is there withdraws himself",
	"proposal.text_complete finishReedit":                    "a clock does not wait for a text",
	"proposal.within_limit finishReedit":                     "a clock does not wait for a text",
	"proposal.consent_recorded finishReedit":                 "a clock acts for nobody",
	"deadline_passed reeditOver":                             "who is ready does not wait for the clock",
	"proposal.passes_left recordPass":                        "the first pass is always left",
	"proposal.pass_by_other recordPass":                      "before the first pass there was none",
	"assignment.not_decided_office officeDecideReturn":       "each decides once",
	"assignment.not_decided_committee committeeDecideReturn": "each decides once",
	"proposal.withdraw_applied approveWithdraw":              "before filing nobody has to approve",
	"proposal.dissatisfied dissatisfied":                     "by itself only where the proposer says so",
	"proposal.twice_dissatisfied jointConsult":               "the consultation takes the place of a further round",
	"proposal.rounds_left dissatisfied":                      "the consultation is for when no round is left",
	"proposal.rounds_left judgeQuality":                      "the consultation is for when no round is left",
}

// F19: one rule, both doors. Two actions whose forms ask the same, or that have
// the same effect, have the same guards, or it is said here why not.
func TestTwinActionsHaveTheSameGuards(t *testing.T) {
	source, err := os.ReadFile("../tenants/templates/proposal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := process.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	twins, used := 0, map[string]bool{}
	for _, m := range d.Machines {
		for i, a := range m.Actions {
			for _, b := range m.Actions[i+1:] {
				if !twin(t, a, b) {
					continue
				}
				twins++
				for _, missing := range append(lacks(a, b), lacks(b, a)...) {
					used[missing] = true
					if differs[missing] == "" {
						t.Errorf("%s and %s are twins, and only one has the guard: %q", a.Code, b.Code, missing)
					}
				}
			}
		}
	}
	if twins < 5 {
		t.Errorf("%d pairs of twins were compared: does the test still find them?", twins)
	}
	for key := range differs {
		if !used[key] {
			t.Errorf("%q explains nothing any more", key)
		}
	}
}

// twin: the same form, or the same effect.
func twin(t *testing.T, a, b *process.Action) bool {
	t.Helper()
	if len(a.Form) > 0 && len(a.Form["properties"].(map[string]any)) > 0 && !consentOnly(a) && text(t, a.Form) == text(t, b.Form) {
		return true
	}
	return slices.ContainsFunc(a.Effects, func(x *process.Rule) bool {
		return !slices.Contains(beside, x.Name) && slices.ContainsFunc(b.Effects, func(y *process.Rule) bool { return x.Name == y.Name })
	})
}

// beside are effects that accompany others and make no twins: what staff do for
// somebody, and what the end of a stage tidies.
var beside = []string{"proposal.record_consent", "proposal.cite_document", "proposal.expire_invites"}

// consentOnly: the form asks for nothing but the consent of him for whom staff
// act, which many actions do.
func consentOnly(a *process.Action) bool {
	for name := range a.Form["properties"].(map[string]any) {
		if name != "consentHow" && name != "consentOn" {
			return false
		}
	}
	return true
}

// lacks are the guards of a that b is without.
func lacks(a, b *process.Action) (out []string) {
	for _, g := range a.Guards {
		if !slices.ContainsFunc(b.Guards, func(x *process.Rule) bool { return x.Name == g.Name }) {
			out = append(out, fmt.Sprint(g.Name, " ", a.Code))
		}
	}
	return out
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
