package roster

import (
	"testing"

	"github.com/bihuan/bihuan/internal/text/corpus"
)

// A11: names of people and units have no invisible characters.
func TestEveryDoorOfTheRosterJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	take := func(must bool) func(string) (string, error) {
		return func(s string) (string, error) {
			err := texts(field{&s, nameText, must, "名称", "name"})
			return s, err
		}
	}
	corpus.Judge(t, corpus.Door{Name: "a name", Must: true, Line: true, Take: take(true)}, corpus.Door{Name: "a post", Line: true, Take: take(false)})
}
