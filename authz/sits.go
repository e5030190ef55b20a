package authz

import (
	"slices"

	"github.com/bihuan/bihuan/ent/gen/unit"
)

// Kinds of unit to which a matter belongs as its street and its 界别: what one
// committee calls 街道联络委 is a 委员活动组 in another (domain.md 3.2).
var (
	Streets = []unit.Kind{unit.KindSTREET_LIAISON, unit.KindCOMMUNITY_GROUP, unit.KindMEMBER_GROUP}
	Sectors = []unit.Kind{unit.KindSECTOR, unit.KindSECTOR_GROUP}
)

// Sits are the kinds of unit for whose matters a role is given, nil for one that
// is not tied to a kind (domain.md 10.1).
func Sits(role string) []unit.Kind {
	switch role {
	case "street_liaison", "street_party_approver":
		return slices.Clone(Streets)
	case "sector_convener":
		return slices.Clone(Sectors)
	}
	return nil
}
