package roster

import (
	"maps"
	"slices"

	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
)

// lineOf says in which of the three trees a kind of unit stands (domain.md
// 4.1, ZS-28).
var lineOf = map[unit.Kind]unit.Line{
	unit.KindCHAIR_MEETING:        unit.LineORGANISATION,
	unit.KindSTANDING_COMMITTEE:   unit.LineORGANISATION,
	unit.KindPARTY_GROUP:          unit.LineORGANISATION,
	unit.KindCOMMITTEE:            unit.LineORGANISATION,
	unit.KindPROPOSAL_COMMITTEE:   unit.LineORGANISATION,
	unit.KindOFFICE:               unit.LineORGANISATION,
	unit.KindSECTOR:               unit.LineORGANISATION,
	unit.KindSECTOR_GROUP:         unit.LineORGANISATION,
	unit.KindPOLITICAL_PARTY:      unit.LineORGANISATION,
	unit.KindPEOPLES_GROUP:        unit.LineORGANISATION,
	unit.KindSTREET_LIAISON:       unit.LineORGANISATION,
	unit.KindCOMMUNITY_GROUP:      unit.LineORGANISATION,
	unit.KindMEMBER_GROUP:         unit.LineORGANISATION,
	unit.KindPARTY_BRANCH:         unit.LineORGANISATION,
	unit.KindSUPERVISION_BOARD:    unit.LineORGANISATION,
	unit.KindRESEARCH_TEAM:        unit.LineORGANISATION,
	unit.KindVENUE_HOME:           unit.LineVENUE,
	unit.KindVENUE_STATION:        unit.LineVENUE,
	unit.KindVENUE_STUDIO:         unit.LineVENUE,
	unit.KindVENUE_ROOM:           unit.LineVENUE,
	unit.KindVENUE_SECTOR_STATION: unit.LineVENUE,
	unit.KindVENUE_PARLOUR:        unit.LineVENUE,
	unit.KindVENUE_POST:           unit.LineVENUE,
	unit.KindHANDLING_UNIT:        unit.LineHANDLING,
	unit.KindASSIGNING_OFFICE:     unit.LineHANDLING,
}

// postsOf are the posts of each tree.
var postsOf = map[unit.Line][]seat.Post{
	unit.LineORGANISATION: {seat.PostMEMBER, seat.PostSECONDARY, seat.PostCONVENER, seat.PostVICE_CONVENER, seat.PostHEAD,
		seat.PostDEPUTY_HEAD, seat.PostCLERK, seat.PostSTREET_LIAISON, seat.PostLIAISON},
	unit.LineVENUE: {seat.PostMEMBER, seat.PostSTATION_HEAD, seat.PostGUIDE, seat.PostPATRON, seat.PostON_DUTY, seat.PostLIAISON},
	unit.LineHANDLING: {seat.PostHEAD, seat.PostDEPUTY_HEAD, seat.PostCLERK, seat.PostLIAISON, seat.PostOFFICER,
		seat.PostDEPUTY_LEAD, seat.PostMAIN_LEAD, seat.PostSUPERVISOR},
}

// kindsOf narrows a post to some kinds of unit; a post that is not listed may
// be held in every kind of its tree.
var kindsOf = map[seat.Post][]unit.Kind{
	seat.PostSECONDARY:      committees,
	seat.PostCONVENER:       groups,
	seat.PostVICE_CONVENER:  groups,
	seat.PostSTREET_LIAISON: {unit.KindSTREET_LIAISON},
}

var (
	committees = []unit.Kind{unit.KindCOMMITTEE, unit.KindPROPOSAL_COMMITTEE}
	sectors    = []unit.Kind{unit.KindSECTOR}
	groups     = []unit.Kind{unit.KindSECTOR, unit.KindSECTOR_GROUP, unit.KindCOMMUNITY_GROUP, unit.KindMEMBER_GROUP}
)

// fitsPost reports whether a unit has such a post.
func fitsPost(u unit.Kind, p seat.Post) bool {
	kinds, narrow := kindsOf[p]
	return slices.Contains(postsOf[lineOf[u]], p) && (!narrow || slices.Contains(kinds, u))
}

// sole are the kinds of which a person has one ordinary seat at a time: one
// 界别, and one primary committee beside which others are SECONDARY.
func sole(k unit.Kind) []unit.Kind {
	for _, kinds := range [][]unit.Kind{sectors, committees} {
		if slices.Contains(kinds, k) {
			return kinds
		}
	}
	return nil
}

// Kind is a kind of unit with its line and the posts that it can have.
type Kind struct {
	Kind  unit.Kind
	Line  unit.Line
	Posts []seat.Post
}

// Kinds lists all kinds of units, by name.
func Kinds() (out []Kind) {
	for _, k := range slices.Sorted(maps.Keys(lineOf)) {
		one := Kind{Kind: k, Line: lineOf[k]}
		for _, p := range postsOf[one.Line] {
			if fitsPost(k, p) {
				one.Posts = append(one.Posts, p)
			}
		}
		out = append(out, one)
	}
	return out
}
