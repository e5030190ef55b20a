package cohorts

import (
	"fmt"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/flow"
)

// DL-09: two or three candidates stand for choice.
const (
	candidatesMin = 2
	candidatesMax = 3
)

// prestudyLists are the gates of the first year.
var prestudyLists = map[string]checklist{
	"has_direction":  {"至少有一个调研备选方向", hasDirection, ""},
	"directions_led": {"保留的每个方向都有牵头单位", directionsLed, ""},
	"researched":     {"每个备选件都有调研报告和智库意见", researched, stageResearch},
	"shortlist":      {fmt.Sprintf("备选件有 %d 至 %d 个", candidatesMin, candidatesMax), shortlist, ""},
	"chosen":         {"恰好审定了一个选题", chosen, ""},
}

func hasDirection(in *flow.Input) []string {
	return unless(len(items(in.Case, item.KindDIRECTION, item.StatusOPEN)) > 0, "还没有调研备选方向，请先增加方向")
}

func directionsLed(in *flow.Input) []string {
	missing := hasDirection(in)
	for _, d := range items(in.Case, item.KindDIRECTION, item.StatusOPEN) {
		missing = append(missing, unless(d.UnitID != nil, "方向“%s”还没有牵头单位，请确定或放弃", d.Text)...)
	}
	return missing
}

func researched(in *flow.Input) []string {
	open := items(in.Case, item.KindCANDIDATE, item.StatusOPEN)
	missing := unless(len(open) > 0, "还没有备选件")
	for _, c := range open {
		for _, need := range []struct{ by, label string }{{"LEAD_ORG", "调研报告"}, {"THINK_TANK", "智库意见"}} {
			missing = append(missing, unless(said(in.Case, stageResearch, c.ID, need.by), "备选件“%s”还没有%s，请补齐或放弃", c.Text, need.label)...)
		}
	}
	return missing
}

func shortlist(in *flow.Input) []string {
	n := len(items(in.Case, item.KindCANDIDATE, item.StatusOPEN))
	return unless(n >= candidatesMin && n <= candidatesMax, "备选件应有 %d 至 %d 个，现有 %d 个，请增加或放弃", candidatesMin, candidatesMax, n)
}

func chosen(in *flow.Input) []string {
	n := len(items(in.Case, item.KindCANDIDATE, item.StatusCHOSEN))
	return unless(n == 1, "应恰好审定一个选题，现有 %d 个", n)
}
