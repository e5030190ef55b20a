package audit

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Adopt takes over a chain that has been copied here from another installation:
// it recomputes the chain up to its head and seals each record with this
// installation's key, which vouches for it from now on. What the former
// installation sealed stays in its package, and its key verifies it there. It
// runs in the owner's transaction, since nobody else writes in a book. Called
// twice it seals again.
func Adopt(ctx context.Context) (head Anchor, err error) {
	defer errs.Wrap(&err, "audit.Adopt")
	sealer := tenants.SealerOf(ctx)
	if sealer == nil {
		return head, errors.New("nothing seals here")
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return head, err
	}
	last := genesis[:]
	for {
		rows, err := tenants.Rows[row](ctx, `
			SELECT seq, entry, hash, at, action, actor, object, said, mac, key_id FROM audit_log
			WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, tenant, head.Seq, batch)
		if err != nil {
			return head, err
		}
		var seqs []int64
		var macs [][]byte
		var key string
		for _, r := range rows {
			last = link(last, tenant, r.Seq, r.Entry)
			if r.Seq != head.Seq+1 || string(last) != string(r.Hash) || wrongColumn(r) != "" {
				return head, errs.New(errs.Conflict, "移交包里审计链的第 %d 条对不上：内容、散列值或次序被改过，请向移交方重新索取", head.Seq+1)
			}
			var mac []byte
			key, mac = sealer.Seal(sealText(tenant, r.Seq, last))
			head.Seq, seqs, macs = r.Seq, append(seqs, r.Seq), append(macs, mac)
		}
		if len(rows) == 0 {
			break
		}
		_, err = tenants.Exec(ctx, `
			UPDATE audit_log l SET mac = n.mac, key_id = $4 FROM unnest($2::bigint[], $3::bytea[]) n(seq, mac)
			WHERE l.tenant_id = $1 AND l.seq = n.seq`, tenant, seqs, macs, key)
		if err != nil {
			return head, err
		}
	}
	head.Hash = hex.EncodeToString(last)
	return head, closed(ctx, head)
}

// closed compares the end of the rows with the head that was copied with them.
func closed(ctx context.Context, end Anchor) error {
	var kept Anchor
	err := tenants.Row(ctx, `SELECT coalesce(max(seq), 0), coalesce(max(encode(hash, 'hex')), $1) FROM audit_heads`, []any{hex.EncodeToString(genesis[:])}, &kept.Seq, &kept.Hash)
	if err == nil && kept != end {
		err = errs.New(errs.Conflict, "移交包里审计链的链头与最后一条记录不符：记录缺了或被截断，请向移交方重新索取")
	}
	return err
}
