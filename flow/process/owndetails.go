package process

import (
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// What a person may do with one of his own details.
const (
	AtOnce = "AT_ONCE" // what he writes holds
	Waits  = "WAITS"   // it holds when somebody who keeps the roster has accepted it
	Closed = "CLOSED"  // only who keeps the roster changes it
)

var ways = []string{AtOnce, Waits, Closed}

// OwnDetails is what people change of what is registered of themselves, one of
// the ways for each detail.
type OwnDetails struct {
	Name           string `json:"name"`
	Phone          string `json:"phone"`
	WeCom          string `json:"wecom"`
	PoliticalParty string `json:"politicalParty"`
	Post           string `json:"post"`
}

func (o OwnDetails) validate() error {
	for _, way := range []string{o.Name, o.Phone, o.WeCom, o.PoliticalParty, o.Post} {
		if !slices.Contains(ways, way) {
			return errs.New(errs.Invalid, "ownDetails 的各项只能是 %s：随即生效、等候确认、由机关修改", strings.Join(ways, "、"))
		}
	}
	return nil
}
