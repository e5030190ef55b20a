package imports

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// undo takes back the next lines, the last first.
func (s *Service) undo(ctx context.Context, b *Batch, v *authz.Viewer) (int, error) {
	rows, err := rowsOf(ctx, b.ID, `AND state = 'DONE' ORDER BY no DESC LIMIT $2`, perChunk)
	if err != nil || len(rows) == 0 {
		return 0, errors.Join(err, b.moves(ctx, Undone, ""))
	}
	built, err := builtOn(ctx, rows)
	if err != nil {
		return 0, err
	}
	h, did := &hands{s, map[string]Hand{}}, 0
	for i := range rows {
		r := &rows[i]
		err := audit.Savepoint(ctx, func(ctx context.Context) error { return s.unmake(ctx, h, b, r, built) })
		shown, known := errs.As(tenants.Translate(err))
		switch {
		case err == nil:
			r.State, r.Message = taken, ""
			did++
		case known && shown.Code != errs.Internal && shown.Code != errs.Unavailable:
			r.State, r.Message = LineKept, shown.Message
		default:
			return 0, err
		}
		if err := r.save(ctx, b.ID); err != nil {
			return 0, err
		}
	}
	if did == 0 {
		return len(rows), nil
	}
	return len(rows), record(ctx, "undoImport", b, v, lines(rows))
}

// unmake takes back one line, or says why it stays.
func (s *Service) unmake(ctx context.Context, h *hands, b *Batch, r *Row, built map[uuid.UUID][]string) error {
	k := s.Kind(r.Kind)
	if k == nil || r.Subject == nil {
		return errs.New(errs.NotAllowedInState, "这个版本不能撤销这种内容")
	}
	if err := s.untouched(ctx, k, b, r); err != nil {
		return err
	}
	for _, m := range r.Made {
		if why := built[m.ID]; len(why) > 0 {
			return errs.New(errs.NotAllowedInState, "已有后来的内容：%s", strings.Join(why[:min(3, len(why))], "；"))
		}
	}
	if err := activated(ctx, r); err != nil {
		return err
	}
	if len(r.Changes) > 0 {
		hand, err := h.of(ctx, r.Kind)
		if err != nil {
			return err
		}
		if err := hand.Revert(ctx, *r.Subject, r.Changes); err != nil {
			return err
		}
		version, err := k.version(ctx, *r.Subject)
		if err != nil {
			return err
		}
		r.Version = &version
	}
	if err := note(ctx, r); err != nil {
		return err
	}
	_, err := tenants.Exec(ctx, `SELECT import_unmake($1, $2)`, b.ID, r.No)
	return err
}

// untouched refuses a line whose subject was changed since by anything but
// another line of the batch, with who did it.
func (s *Service) untouched(ctx context.Context, k *Kind, b *Batch, r *Row) error {
	version, err := k.version(ctx, *r.Subject)
	if tenants.NoRows(err) {
		return errs.New(errs.NotAllowedInState, "%s已不在", r.Called)
	}
	if err != nil {
		return err
	}
	var last *int
	if err := tenants.Row(ctx, `SELECT max(version) FROM import_rows WHERE batch_id = $1 AND subject_id = $2`, []any{b.ID, *r.Subject}, &last); err != nil {
		return err
	}
	if last == nil || *last == version {
		return nil
	}
	who, err := lastActor(ctx, audit.Object(k.Entity, *r.Subject))
	if err != nil {
		return err
	}
	return errs.New(errs.NotAllowedInState, "导入以后%s修改过%s", cmp.Or(who, "有人"), r.Called)
}

// version is that of a subject.
func (k *Kind) version(ctx context.Context, id uuid.UUID) (n int, err error) {
	err = tenants.Row(ctx, `SELECT version FROM `+k.Table+` WHERE id = $1`, []any{id}, &n)
	return n, err
}

// lastActor is who did something to an object last, and when, as the book says.
func lastActor(ctx context.Context, object string) (who string, err error) {
	err = tenants.Row(ctx, `
		SELECT concat_ws(' ', (entry::jsonb)->>'actor_name', to_char((at::timestamptz) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'))
		FROM audit_log WHERE tenant_id = current_setting('app.tenant')::uuid AND object = $1 ORDER BY seq DESC LIMIT 1`, []any{object}, &who)
	if tenants.NoRows(err) {
		return "", nil
	}
	return who, err
}

// activated refuses a person who has taken his account, or accepted another's
// invitation: he is here by his own doing.
func activated(ctx context.Context, r *Row) error {
	var own bool
	err := tenants.Row(ctx, `
		SELECT EXISTS (SELECT FROM accounts WHERE id = ANY ($1) AND activated_at IS NOT NULL)
		    OR EXISTS (SELECT FROM memberships WHERE id = ANY ($2) AND account_id IS NOT NULL AND account_id <> ALL ($1))
		    OR EXISTS (SELECT FROM account_invitations WHERE id = ANY ($3) AND answered_at IS NOT NULL)`,
		[]any{r.made("accounts"), r.made("memberships"), r.made("account_invitations")}, &own)
	if err == nil && own {
		return errs.New(errs.NotAllowedInState, "%s本人已启用账号", r.Called)
	}
	return err
}

func (r *Row) made(table string) []uuid.UUID {
	out := []uuid.UUID{}
	for _, m := range r.Made {
		if m.Table == table {
			out = append(out, m.ID)
		}
	}
	return out
}

// note puts what goes into the record of the book, with all that it was.
func note(ctx context.Context, r *Row) error {
	for _, m := range r.Made {
		entity := typeOf[m.Table]
		if m.Table == "accounts" {
			if err := loosened(ctx, r, m.ID); err != nil {
				return err
			}
		}
		if entity == "" {
			continue
		}
		var text string
		if err := tenants.Row(ctx, `SELECT to_jsonb(x)::text FROM `+m.Table+` x WHERE id = $1`, []any{m.ID}, &text); err != nil {
			return err
		}
		was := map[string]any{}
		if err := json.Unmarshal([]byte(text), &was); err != nil {
			return err
		}
		if err := audit.Note(ctx, audit.Change{Entity: entity, ID: m.ID, Op: audit.Delete, Before: was}); err != nil {
			return err
		}
	}
	return nil
}

// loosened notes that an account goes, and that who was here before has none
// again.
func loosened(ctx context.Context, r *Row, account uuid.UUID) error {
	if len(r.made("memberships")) == 0 {
		c := audit.Change{Entity: gen.TypeMembership, ID: *r.Subject, Op: audit.Update, Before: map[string]any{"account_id": account}, After: map[string]any{"account_id": nil}}
		if err := audit.Note(ctx, c); err != nil {
			return err
		}
	}
	return audit.Note(ctx, audit.Change{Entity: "Account", ID: account, Op: audit.Delete})
}

// reference is a column by which one table refers to another.
type reference struct{ Table, Column string }

// called are what people call the rows of a table.
var called = map[string]string{
	"seats": "席位", "grants": "授权", "matters": "事项", "parties": "事项中的当事人", "assignments": "交办", "items": "要落实的事", "records": "记录",
	"events": "活动", "attendances": "出席", "notices": "通知", "units": "下级单位", "platforms": "平台", "proposals": "提案", "steps": "办理经过",
	"attachments": "附件", "replies": "答复", "feedback": "评价", "substitutions": "代行", "requests_by_two": "等待确认的事", "import_batches": "另一次导入",
}

// builtOn finds what refers to the rows that lines made and was not made by the
// same line: every reference that the database knows is asked, so a table that
// comes later is, too.
func builtOn(ctx context.Context, rows []Row) (map[uuid.UUID][]string, error) {
	ids, own := []uuid.UUID{}, map[uuid.UUID]bool{}
	for _, r := range rows {
		for _, m := range r.Made {
			ids, own[m.ID] = append(ids, m.ID), true
		}
	}
	refs, err := tenants.Rows[reference](ctx, `
		SELECT k.conrelid::regclass::text, quote_ident(a.attname) FROM pg_constraint k
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname <> 'tenant_id'
		WHERE k.contype = 'f' AND k.confrelid IN ('memberships'::regclass, 'units'::regclass, 'seats'::regclass, 'matters'::regclass, 'assignments'::regclass, 'replies'::regclass, 'parties'::regclass) ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(refs))
	for i, r := range refs {
		parts[i] = fmt.Sprintf(`(SELECT '%s', %s, to_jsonb(x)::text FROM %s x WHERE x.%s = ANY ($1) LIMIT 1000)`, r.Table, "x."+r.Column, r.Table, r.Column)
	}
	list, err := tenants.Rows[use](ctx, strings.Join(parts, " UNION ALL "), ids)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID][]string{}
	for _, u := range list {
		says, err := u.says(ctx, own)
		if err != nil {
			return nil, err
		}
		if says != "" && !slices.Contains(out[u.ID], says) {
			out[u.ID] = append(out[u.ID], says)
		}
	}
	return out, nil
}

// use is a row that refers to another.
type use struct {
	Table string
	ID    uuid.UUID // of the other
	Row   string    // as JSON
}

// makers are the columns that say who made a row, by what is asked first.
var makers = []string{"creator_id", "granted_by_id", "author_id", "actor_id", "entered_by_id", "uploader_id", "proposed_by_id", "asked_by", "uploaded_by"}

// says names a row that was built on another, and who made it; empty where the
// same import did.
func (u use) says(ctx context.Context, own map[uuid.UUID]bool) (string, error) {
	row := map[string]any{}
	if err := json.Unmarshal([]byte(u.Row), &row); err != nil {
		return "", err
	}
	id, err := uuid.Parse(fmt.Sprint(row["id"]))
	if err == nil && own[id] {
		return "", nil
	}
	what := cmp.Or(called[u.Table], "其他记录")
	who := ""
	for _, c := range makers {
		if by, err := uuid.Parse(fmt.Sprint(row[c])); err == nil && by != u.ID {
			if err := tenants.Row(ctx, `SELECT name FROM memberships WHERE id = $1`, []any{by}, &who); err != nil && !tenants.NoRows(err) {
				return "", err
			}
			break
		}
	}
	if who == "" && typeOf[u.Table] != "" {
		if who, err = lastActor(ctx, audit.Object(typeOf[u.Table], id)); err != nil {
			return "", err
		}
	}
	if who != "" {
		what += "（" + who + "）"
	}
	return what, nil
}
