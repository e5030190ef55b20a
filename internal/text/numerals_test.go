package text_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/text"
)

func TestNumbersAreWrittenAsTheCommitteesWriteThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 1: "一", 10: "十", 11: "十一", 14: "十四", 20: "二十", 21: "二十一", 99: "九十九", 100: "100"} {
		if got := text.Chinese(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
