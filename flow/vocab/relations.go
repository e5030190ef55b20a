package vocab

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

type partyRelation struct {
	Roles []string `json:"roles" doc:"当事方的角色，有其中之一即可"`
}

type seatRelation struct {
	Posts []string `json:"posts" doc:"席位的职务；系统只核对席位所在的单位，因此同时要用动作的 by 限定角色"`
	Kinds []string `json:"kinds" doc:"哪些单位：STREET_LIAISON、COMMUNITY_GROUP、MEMBER_GROUP 为所属街道，SECTOR、SECTOR_GROUP 为界别，VENUE_ 开头的为活动的阵地，其余为归口单位；不写为全部"`
}

func registerRelations(s *flow.Rules) {
	flow.RelationOf(s, "party", "本人，或本人所在的单位，是某个角色的当事方。", func(p *process.Place, a partyRelation) {
		if len(a.Roles) == 0 {
			p.Find("要写明 roles")
		}
		for _, r := range a.Roles {
			partyRole(p, r)
		}
	}, func(in *flow.Input, a partyRelation) bool {
		return slices.ContainsFunc(in.Active(), func(p *gen.Party) bool {
			return slices.Contains(a.Roles, string(p.Role)) &&
				((p.MembershipID != nil && *p.MembershipID == in.Viewer.Membership) || (p.UnitID != nil && slices.Contains(in.Viewer.Seats, *p.UnitID)))
		})
	})
	flow.RelationOf(s, "seat", "本人今天在事项所属的街道、界别、归口单位，或活动的阵地中有席位。", func(p *process.Place, a seatRelation) {
		for _, post := range a.Posts {
			enum(p, "席位的职务", post, schema.Seat{}, "post")
		}
		for _, k := range a.Kinds {
			enum(p, "单位的类别", k, schema.Unit{}, "kind")
		}
		if len(a.Posts) > 0 && len(p.Action.By) == 0 {
			p.Find("seat 只核对席位所在的单位，不核对职务；请同时用 by 限定角色")
		}
	}, hasSeat)
	flow.RelationOf(s, "creator", "本人建立了这件事项。", nil, func(in *flow.Input, _ struct{}) bool {
		return in.CreatorID != nil && *in.CreatorID == in.Viewer.Membership
	})
}

// hasSeat: neither the posts of the viewer's seats nor the kinds of units are
// in memory, so what a kind stands for is where the matter refers to it.
func hasSeat(in *flow.Input, a seatRelation) bool {
	sits := func(id *uuid.UUID) bool { return id != nil && slices.Contains(in.Viewer.Seats, *id) }
	asked := func(is func(string) bool) bool { return len(a.Kinds) == 0 || slices.ContainsFunc(a.Kinds, is) }
	street := func(k string) bool { return slices.Contains(authz.Streets, unit.Kind(k)) }
	sector := func(k string) bool { return slices.Contains(authz.Sectors, unit.Kind(k)) }
	venue := func(k string) bool { return strings.HasPrefix(k, "VENUE_") }
	other := func(k string) bool { return !street(k) && !sector(k) && !venue(k) }
	if (asked(street) && sits(in.StreetID)) || (asked(sector) && sits(in.SectorID)) || (asked(other) && sits(in.OwnerUnitID)) {
		return true
	}
	return asked(venue) && slices.ContainsFunc(in.Events, func(ev *gen.Event) bool { return ev.State != event.StateCANCELLED && sits(ev.VenueID) })
}
