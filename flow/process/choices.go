package process

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Listed is how many choices a message names at most; of more it names those
// that are spelt alike.
const listed = 45

// Choices ends a message about a word that is not there with those that are.
func Choices(given string, all []string) string {
	if len(all) == 0 {
		return ""
	}
	if len(all) <= listed {
		return "；可以有 " + strings.Join(all, "、")
	}
	far := func(s string) int { return levenshtein.ComputeDistance(given, s) }
	near := slices.SortedStableFunc(slices.Values(all), func(a, b string) int { return cmp.Compare(far(a), far(b)) })
	return "；写法相近的有 " + strings.Join(near[:5], "、") + "，全部 " + strconv.Itoa(len(all)) + " 个见流程用语"
}
