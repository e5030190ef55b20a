package proposals

import (
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
)

// One person may be several parties of a case after a merge: the co-signer of
// the one may have been the first proposer of the other. He is asked, contacted
// and counted once.

// personOf is who a party is: a member, an organisation as it is there now, or
// the party itself. In SQL it is coalesce(membership_id, heir(unit_id), id).
func personOf(h authz.Heirs, p *gen.Party) uuid.UUID {
	switch {
	case p.MembershipID != nil:
		return *p.MembershipID
	case p.UnitID != nil:
		return h.Of(*p.UnitID)
	}
	return p.ID
}

// persons tells who each party of a case is, by the party's id.
func persons(c *flow.Case) map[uuid.UUID]uuid.UUID {
	out := make(map[uuid.UUID]uuid.UUID, len(c.Parties))
	for _, p := range c.Parties {
		out[p.ID] = personOf(c.Heirs, p)
	}
	return out
}

// oneEach keeps one party for each person, as first proposer where he is that.
func oneEach(h authz.Heirs, parties []*gen.Party) (out []*gen.Party) {
	at := map[uuid.UUID]int{}
	for _, p := range parties {
		i, there := at[personOf(h, p)]
		switch {
		case !there:
			at[personOf(h, p)] = len(out)
			out = append(out, p)
		case p.Role == party.RoleLEAD && out[i].Role != party.RoleLEAD:
			out[i] = p
		}
	}
	return out
}

// onceEach keeps one rating for each person and reply: the one that was given,
// where cases of before were asked for two.
func onceEach(c *flow.Case, list []*gen.Feedback) (out []*gen.Feedback) {
	who, at := persons(c), map[[2]uuid.UUID]int{}
	for _, f := range list {
		key := [2]uuid.UUID{f.ReplyID, who[f.PartyID]}
		i, there := at[key]
		switch {
		case !there:
			at[key] = len(out)
			out = append(out, f)
		case out[i].ReceivedAt == nil && f.ReceivedAt != nil:
			out[i] = f
		}
	}
	return out
}
