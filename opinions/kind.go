package opinions

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Kind is the matters' kind and the process's code.
const Kind = "opinion"

// Declaration is what a 社情民意 is. Few read it, so what has no editor goes to
// those who do and who can decide. Any process may open one: it is nothing but
// its title and what came before it.
var Declaration = &flow.Kind{
	Code: Kind, Title: "社情民意",
	Unnamed:   true,
	Attaching: []string{"opinion.submit", "opinion.accept"},
	Managing:  []string{"opinion.accept"},
	Turns: map[string]flow.Turn{
		"editor":  {Roles: []string{"info_editor"}},
		"author":  {Parties: []party.Role{party.RoleLEAD, party.RoleRAISER}, Creator: true, Else: []flow.Turn{{Roles: []string{"info_editor"}}}},
		"checker": {Roles: []string{"info_editor", "secretary_general", "chair"}},
		"signer":  {Roles: []string{"secretary_general", "chair"}},
	},
	Guardians: []string{"secretary_general", "chair"},
}

// Register makes the kind and its rules known.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Kind)
	s.Guard("opinion.by_other", "保密审查由没有反映、初选、核稿本件的人进行", byOther)
	s.Effect("opinion.revise", "改写社情民意的标题和内容，原来的留在这一步里", revise)
	registerAcross(s)
}

// byOther: who wrote or edited it sees what he meant, not what it gives away.
func byOther(in *flow.Input) error {
	if in.Viewer == nil {
		return nil
	}
	wrote := in.CreatorID != nil && *in.CreatorID == in.Viewer.Membership
	for _, p := range in.Active(party.RoleLEAD, party.RoleCO, party.RoleRAISER) {
		wrote = wrote || is(p.MembershipID, in.Viewer.Membership)
	}
	for _, r := range in.RecordsOf(record.KindREVIEW) {
		wrote = wrote || is(r.AuthorID, in.Viewer.Membership)
	}
	if wrote {
		return errs.New(errs.GuardFailed, "您反映或审编过本件，保密审查须由另一人进行")
	}
	return nil
}

func is(id *uuid.UUID, me uuid.UUID) bool { return id != nil && *id == me }

// revise keeps a new text; the step shows the one before.
func revise(ctx context.Context, r *flow.Run) error {
	u := r.Client.Matter.UpdateOneID(r.Matter.ID)
	data := map[string]any{}
	for k, v := range r.Data {
		data[k] = v
	}
	if s := r.Form.Text("text"); s != "" {
		body, err := bodyText("text").Take(s)
		if err != nil {
			return err
		}
		r.Before["text"], r.After["text"] = data["text"], body
		data["text"] = body
	}
	if s := r.Form.Text("title"); s != "" {
		title, err := titleText("title").Take(s)
		if err != nil {
			return err
		}
		r.Before["title"], r.After["title"] = r.Title, title
		u.SetTitle(title)
	}
	return u.SetData(data).Exec(ctx)
}

func titleText(path ...string) text.Field {
	return text.Field{Label: "标题", Path: path, Least: 4, Most: 80}
}

func bodyText(path ...string) text.Field {
	return text.Field{Label: "内容", Path: path, Least: 10, Most: 5000, Lines: true}
}
