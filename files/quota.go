package files

import (
	"context"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Limits are the most that an installation keeps, in megabytes; a committee's
// policy may narrow them (process.FileQuota). 0 is what is usual.
type Limits struct{ PersonMB, CommitteeMB int }

// What is usual: a person's two thousand photographs, a committee's fifty
// people who do so.
const (
	usualPersonMB    = 4 << 10
	usualCommitteeMB = 100 << 10
)

// Use is what is kept and what may be, in bytes.
type Use struct{ Used, Limit int64 }

// Left is never below nothing: a policy can come after the files.
func (u Use) Left() int64 { return max(0, u.Limit-u.Used) }

// Quota is the viewer's and his committee's.
type Quota struct{ Person, Committee Use }

// QuotaOf reads it. What was removed counts until its bytes are gone.
func QuotaOf(ctx context.Context, e *flow.Engine, most Limits) (q Quota, err error) {
	p, err := e.CurrentPolicy(ctx)
	if err != nil {
		return q, err
	}
	q.Person.Limit = limit(p.FileQuota.PersonMB, most.PersonMB, usualPersonMB)
	q.Committee.Limit = limit(p.FileQuota.CommitteeMB, most.CommitteeMB, usualCommitteeMB)
	err = tenants.Row(ctx, `
		SELECT coalesce(sum(size) FILTER (WHERE uploader_id = $1), 0)::bigint, coalesce(sum(size), 0)::bigint FROM attachments WHERE purged_at IS NULL`,
		[]any{authz.From(ctx).Membership}, &q.Person.Used, &q.Committee.Used)
	return q, err
}

// limit is in bytes.
func limit(policy, installation, usual int) int64 {
	if installation == 0 {
		installation = usual
	}
	if policy != 0 {
		installation = min(installation, policy)
	}
	return int64(installation) << 20
}

// room refuses what does not fit any more.
func (q Quota) room(size int64) error {
	for _, u := range []struct {
		Use
		scope, whose, advice string
	}{
		{q.Person, "PERSON", "您上传的附件", "请移除传错的、压缩过大的，或请管理员放宽每人的限额"},
		{q.Committee, "COMMITTEE", "本政协的附件", "请管理员放宽限额或联系运维扩大存储"},
	} {
		if size > u.Left() {
			return errs.New(errs.Limited, "%s已达限额：至多 %d MB，还剩 %d MB；%s", u.whose, u.Limit>>20, u.Left()>>20, u.advice).
				With("scope", u.scope).With("limitBytes", u.Limit).With("usedBytes", u.Used).With("leftBytes", u.Left()).With("sizeBytes", size)
		}
	}
	return nil
}
