package notices_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	t.Run("One telling leaves one person one notice, however often he is named.", func(t *testing.T) {
		d := district.New(t, district.Plan{Posts: []string{"委员甲", "委员乙"}})
		a, b := d.Who("委员甲").Membership, d.Who("委员乙").Membership
		err := d.As("", func(ctx context.Context) error {
			if err := notices.Write(ctx, nil, notices.Told("请参加座谈"), a, b, a); err != nil {
				return err
			}
			if err := notices.Write(ctx, nil, notices.Told("没有人")); err != nil {
				return err
			}
			to, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT membership_id FROM notices WHERE text = '请参加座谈' AND matter_id IS NULL`)
			if err != nil || len(to) != 2 || to[0] == to[1] {
				t.Errorf("told: %v, %v", to, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
