package demo

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/obligations"
)

func (in *installation) askedOfMembers(t *testing.T) {
	stands := map[string]map[string]int{}
	in.within(t, in.Store.ReadTx, "zs-sg", "中山区政协", func(ctx context.Context) {
		for _, d := range askedOfMembers {
			list, err := in.Obligations.Standing(ctx, obligations.Wanted{Code: d.Code})
			must(t, err)
			stands[d.Code] = map[string]int{}
			for _, x := range list {
				stands[d.Code][x.State]++
			}
		}
	})
	if one := stands["one_opinion"]; one[obligations.Done] == 0 || one[obligations.Owing] == 0 {
		t.Error(stands)
	}
	if three := stands["three_ones"]; three[obligations.Owing] == 0 {
		t.Error(stands)
	}
	t.Log(stands)
}
