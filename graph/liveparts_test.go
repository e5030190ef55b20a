package graph

import (
	"testing"

	"github.com/bihuan/bihuan/ent/gen/migrate"
)

// Of what is noted as part of a matter it must be known who sees it, or nobody
// would hear of it.
func TestEveryPartOfAMatterHasSomebodyWhoSeesIt(t *testing.T) {
	for _, table := range migrate.Tables {
		if table.Name == "notices" { // told by their reader
			continue
		}
		for _, c := range table.Columns {
			if c.Name == "matter_id" && seenRows[table.Name] == nil {
				t.Errorf("%s is not known to mayKnow", table.Name)
			}
		}
	}
	if len(seenRows) < 15 {
		t.Error(len(seenRows))
	}
}
