package graph

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/tenants"
)

const (
	// maxWatched is how many matters a page may watch.
	maxWatched = 200
	// maxTodos is how many to-dos are counted.
	maxTodos = 1000
	// liveTime is how long reading for one listener may take.
	liveTime = 10 * time.Second
)

type endingKey struct{}

// Ending is why a subscription ended by itself. gqlgen's channel has no place
// for it.
type Ending struct{ Err error }

// WithEnding is the context in which a subscription says why it ends.
func WithEnding(ctx context.Context) (context.Context, *Ending) {
	e := &Ending{}
	return context.WithValue(ctx, endingKey{}, e), e
}

// feed is one subscription while it lasts.
type feed struct {
	*Resolver
	claims accounts.Claims
	wish   live.Wish
	cursor live.Cursor
	ear    *live.Listener
	begun  bool // the first event, which says from when on one hears, has been read
	fresh  bool // there is no cursor yet: what was so far is not told
}

// subscribe reads once, so that what is refused is refused at once, and then
// tells whenever there is something to tell.
func (r *Resolver) subscribe(ctx context.Context, wish live.Wish, after *string) (<-chan *model.Change, error) {
	c, ok := Claims(ctx)
	switch {
	case !ok:
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	case r.Live == nil:
		return nil, errs.New(errs.Unavailable, "这里没有实时通知，页面请手动刷新")
	case len(wish.Matters) > maxWatched:
		return nil, errs.New(errs.Invalid, "一次至多听 %d 件事项", maxWatched).At("matters")
	case len(wish.Matters) == 0 && !wish.Todos && !wish.Notices:
		return nil, errs.New(errs.Invalid, "请说明要听什么：matters、todos 或 notices").At("matters")
	}
	f, err := &feed{Resolver: r, claims: c, wish: wish, fresh: true}, error(nil)
	if after != nil && *after != "" {
		f.fresh = false
		if f.cursor, err = live.ParseCursor(*after); err != nil {
			return nil, err
		}
	}
	if f.ear, err = r.Live.Join(live.Who{Account: c.Account, Tenant: c.Tenant, Membership: c.Membership, Session: c.Session}); err != nil {
		return nil, err
	}
	first, err := f.read(ctx)
	if err != nil {
		f.ear.Leave()
		return nil, err
	}
	out := make(chan *model.Change)
	go f.run(ctx, first, out)
	return out, nil
}

// run tells until the client goes, or may not hear any more.
func (f *feed) run(ctx context.Context, event *model.Change, out chan<- *model.Change) {
	defer close(out)
	defer f.ear.Leave()
	var err error
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "live panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panicked")
		}
		if e, ok := ctx.Value(endingKey{}).(*Ending); ok && ctx.Err() == nil {
			e.Err = err
		}
	}()
	expired := time.NewTimer(f.claims.Expires.Sub(clock.Now(ctx)))
	defer expired.Stop()
	for {
		if event != nil {
			select {
			case out <- event:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-expired.C:
			err = errExpired()
			return
		case <-f.ear.Wake():
		}
		if event, err = f.read(ctx); err != nil {
			return
		}
	}
}

func errExpired() error {
	return errs.New(errs.Unauthenticated, "登录令牌已到期，请换取新令牌，再带着最后的 cursor 重新订阅")
}

// read asks, as the viewer and in a transaction of its own, what there is to
// tell since the cursor; nil when there is nothing.
func (f *feed) read(ctx context.Context) (event *model.Change, err error) {
	if !clock.Now(ctx).Before(f.claims.Expires) {
		return nil, errExpired()
	}
	ctx, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	err = f.Live.Turn(ctx, func() error {
		return f.As(tenants.Still(ctx), f.claims, false, func(ctx context.Context) error {
			event, err = f.since(ctx)
			return err
		})
	})
	return event, tenants.Translate(err)
}

func (f *feed) since(ctx context.Context) (event *model.Change, err error) {
	v := authz.From(ctx)
	notes, now, known, err := live.Since(ctx, f.cursor, "matter_id = ANY ($2) OR membership_id = $3", f.wish.Matters, v.Membership)
	if err != nil {
		return nil, err
	}
	event = &model.Change{Notices: []uuid.UUID{}, Missed: !known && !f.fresh}
	if event.Matters, err = f.changed(ctx, notes); err != nil {
		return nil, err
	}
	if f.wish.Notices {
		event.Notices = noticesOf(notes, v.Membership)
	}
	waiting, sum, err := f.waiting(ctx, v)
	if err != nil {
		return nil, err
	}
	if f.wish.Todos && !f.fresh && sum != f.cursor.Todos() {
		event.Todos = &model.ChangedTodos{Count: len(waiting)}
	}
	said := !f.begun || event.Missed || len(event.Matters)+len(event.Notices) > 0 || event.Todos != nil
	f.cursor, f.begun, f.fresh = now.With(sum), true, false
	event.Cursor = f.cursor.String()
	f.ear.Mind(f.wish, v, waiting)
	if !said {
		return nil, nil
	}
	return event, nil
}

// waiting are the matters that wait for the viewer, and what they come to: which,
// what is owed and until when. 0 is never what a list comes to.
func (f *feed) waiting(ctx context.Context, v *authz.Viewer) ([]uuid.UUID, uint64, error) {
	if !f.wish.Todos {
		return nil, 0, nil
	}
	ids, err := f.ent().Matter.Query().Where(flow.Todo(v)).Order(matter.ByID()).Limit(maxTodos).IDs(ctx)
	if err != nil {
		return nil, 0, err
	}
	owed, err := flow.Owed(ctx, v, ids...)
	if err != nil {
		return nil, 0, err
	}
	h := fnv.New64a()
	for _, id := range ids {
		for _, m := range owed[id] {
			due := ""
			if m.DueOn != nil {
				due = m.DueOn.Format(time.DateOnly)
			}
			fmt.Fprintln(h, id, m.Share, m.Turn, due, m.Since.UnixNano(), m.Instead, m.Reason)
		}
	}
	return ids, max(h.Sum64(), 1), nil
}

// noticesOf are somebody's notices among the notes, each once.
func noticesOf(notes []live.Note, member uuid.UUID) []uuid.UUID {
	out := []uuid.UUID{}
	for _, n := range notes {
		if n.Part == "notices" && n.Member != nil && *n.Member == member && !slices.Contains(out, n.Row) {
			out = append(out, n.Row)
		}
	}
	return out
}

// changed are the watched matters of which the viewer may know that they have
// changed, with the versions that they have now.
func (f *feed) changed(ctx context.Context, notes []live.Note) ([]*model.ChangedMatter, error) {
	out := []*model.ChangedMatter{}
	ids, err := f.mayKnow(ctx, notes)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	rows, err := f.ent().Matter.Query().Where(matter.IDIn(ids...)).Select(matter.FieldID, matter.FieldVersion).All(ctx)
	for _, m := range rows {
		out = append(out, &model.ChangedMatter{ID: m.ID, Version: m.Version})
	}
	slices.SortFunc(out, func(a, b *model.ChangedMatter) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return out, err
}
