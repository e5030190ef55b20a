package desk

import (
	"context"
	"os"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

// What finds too many waiting leaves nothing behind, and what a second operator
// could not have done now still waits for him.
func TestADeskThatIsFull(t *testing.T) {
	d := &Desk{Folder: t.TempDir()}
	ctx := context.Background()
	if err := d.Open(ctx); err != nil {
		t.Fatal(err)
	}
	export := Job{Kind: Export, Tenant: "210202"}
	for range mostWaiting {
		if _, err := d.Ask(ctx, "甲", export); err != nil {
			t.Fatal(err)
		}
	}
	id := uuid.Must(uuid.NewV7())
	if err := os.WriteFile(d.packageOf(id), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	take, err := d.Ask(ctx, "甲", Job{Kind: Take, Package: &id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ask(ctx, "甲", export); !errs.Is(err, errs.Limited) || len(d.Jobs()) != mostWaiting+1 {
		t.Error(err, len(d.Jobs()))
	}
	if _, err := d.Settle(take.ID, "乙", true); !errs.Is(err, errs.Limited) {
		t.Error(err)
	}
	again := &Desk{Folder: d.Folder}
	if err := again.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if j, err := again.Job(take.ID); err != nil || j.State != Proposed || len(again.Jobs()) != mostWaiting+1 {
		t.Error(j, err, len(again.Jobs()))
	}
}
