package exchange

import (
	"slices"
	"testing"
)

func TestKinds(t *testing.T) {
	s := &Service{kinds: map[string]registered{"b": {1, Handler{Title: "乙类"}}, "a": {1, Handler{Title: "甲类"}}, KindStatus: {1, Handler{}}}}
	if got := s.Kinds(); !slices.Equal(got, [][2]string{{"a", "甲类"}, {"b", "乙类"}}) {
		t.Errorf("what can be agreed on, by code, without what only answers: %v", got)
	}
}
