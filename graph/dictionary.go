package graph

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/platforms"
)

// enumWords are the values of the API's enums that a screen shows, as their
// descriptions name them: what stands behind the colon explains.
var enumWords = sync.OnceValue(func() (out []*model.DictionaryEntry) {
	for _, name := range slices.Sorted(maps.Keys(sdl.Types)) {
		d := sdl.Types[name]
		if d.Kind != ast.Enum || d.BuiltIn || strings.HasPrefix(name, "__") || strings.HasSuffix(name, "OrderField") || name == "OrderDirection" || name == "UserErrorCode" {
			continue
		}
		for _, v := range d.EnumValues {
			label, _, _ := strings.Cut(v.Description, "：")
			out = append(out, &model.DictionaryEntry{Group: name, Code: v.Name, Label: label})
		}
	}
	return out
})

// dictionary collects entries; the committee's own words come before the shipped.
type dictionary struct {
	list []*model.DictionaryEntry
	seen map[[2]string]bool
	own  map[string]string // the setting labels
}

// add keeps the first word for a code: newer versions come first.
func (d *dictionary) add(group, code, label, own string) {
	if code == "" || label == "" || d.seen[[2]string{group, code}] {
		return
	}
	d.seen[[2]string{group, code}] = true
	if word := d.own[own]; word != "" {
		label = word
	}
	d.list = append(d.list, &model.DictionaryEntry{Group: group, Code: code, Label: label})
}

func (r *Resolver) dictionary(ctx context.Context, since *string) (*model.Dictionary, error) {
	policy, err := r.Engine.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	used, err := r.Engine.InUse(ctx)
	if err != nil {
		return nil, err
	}
	d := &dictionary{seen: map[[2]string]bool{}, own: policy.Labels}
	for _, x := range enumWords() {
		own := ""
		if x.Group == "UnitKind" {
			own = "unit." + x.Code
		}
		d.add(x.Group, x.Code, x.Label, own)
	}
	for _, p := range used {
		d.process(p)
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range rights.Known() {
		d.add("role", x.Code, x.Name, "")
	}
	for _, x := range authz.ScopeWords() {
		d.add("scope", x[0], x[1], "")
	}
	for _, x := range figures.Ways() {
		d.add("figureSplit", x[0], x[1], "")
	}
	for _, x := range r.Exchange.Kinds() {
		d.add("envelope", x[0], x[1], "")
	}
	d.settings(policy)
	for _, c := range platforms.Names() {
		d.add("counter", c.Code, c.Label, "")
	}
	for _, code := range slices.Sorted(maps.Keys(vocab.PartyKinds())) {
		d.add("partyKind", code, vocab.PartyKinds()[code], "")
	}
	slices.SortStableFunc(d.list, func(a, b *model.DictionaryEntry) int { return strings.Compare(a.Group, b.Group) })
	b, err := json.Marshal(d.list)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	out := &model.Dictionary{Version: base64.RawURLEncoding.EncodeToString(sum[:12]), Entries: d.list}
	if since != nil && *since == out.Version {
		out.Unchanged, out.Entries = true, []*model.DictionaryEntry{}
	}
	return out, nil
}

// process adds the words of one version.
func (d *dictionary) process(p flow.InUse) {
	d.add("kind", p.Kind, p.Title, "")
	for machine, group := range map[string]string{process.OfMatter: "state.", process.OfAssignment: "share."} {
		m := p.Def.Machines[machine]
		if m == nil {
			continue
		}
		for _, s := range m.States {
			d.add(group+p.Kind, s.Code, s.Label, p.Kind+"."+s.Code)
			d.add("stage", s.Stage, s.Stage, "stage."+s.Stage)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(p.Def.Turns)) {
		d.add("turn."+p.Kind, code, p.Def.Turns[code], "")
	}
}

// settings adds the words that the committee decides on.
func (d *dictionary) settings(p process.Policy) {
	for _, x := range p.Ratings {
		d.add("rating", x.Code, x.Label, "")
	}
	for _, x := range p.Classes {
		d.add("class", x.Code, x.Label, "")
	}
	for _, x := range p.NotFiledReasons {
		d.add("notFiledReason", x.Code, x.Label, "")
	}
}

// steps are the states of a process as the committee calls them.
func (r *Resolver) steps(ctx context.Context, p *gen.Process) ([]*model.ProcessStep, error) {
	d, err := r.Engine.Definition(ctx, p)
	if err != nil {
		return nil, err
	}
	own, err := load(ctx).labels.Load(ctx, "")
	if err != nil {
		return nil, err
	}
	called := func(key, label string) string {
		if word := own[key]; word != "" {
			return word
		}
		return label
	}
	out := []*model.ProcessStep{}
	for _, machine := range []string{process.OfMatter, process.OfAssignment} {
		m := d.Machines[machine]
		if m == nil {
			continue
		}
		for _, s := range m.States {
			step := &model.ProcessStep{Machine: machine, Code: s.Code, Label: called(d.Kind+"."+s.Code, s.Label), Stage: called("stage."+s.Stage, s.Stage),
				TurnLabels: []string{}, Waits: given(s.Waits), End: s.End}
			if s.Step > 0 {
				step.Step = &s.Step
			}
			for _, code := range s.Turns {
				step.TurnLabels = append(step.TurnLabels, d.Turns[code])
			}
			out = append(out, step)
		}
	}
	return out, nil
}
