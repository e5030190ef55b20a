package live

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// channel is what the triggers call out on.
const channel = "bihuan_live"

// Limits are how many may listen at once. The zero value of a field means its
// default.
type Limits struct {
	Process int // default 4,000
	Tenant  int // of one committee in one process, default 2,000
	Account int // of one person in one process, default 20: browsers keep six connections, a person several tabs and devices
	Reads   int // at once from the database for all listeners, default 4
}

func (l Limits) withDefaults() Limits {
	or := func(n, fallback int) int {
		if n > 0 {
			return n
		}
		return fallback
	}
	return Limits{or(l.Process, 4_000), or(l.Tenant, 2_000), or(l.Account, 20), or(l.Reads, 4)}
}

// Hub is who listens in this process. There is one.
type Hub struct {
	store *tenants.Store
	log   *slog.Logger
	max   Limits
	reads chan struct{} // places for reading from the database

	mu       sync.Mutex
	rooms    map[uuid.UUID]*room
	accounts map[uuid.UUID]int
	count    int
	ready    chan struct{} // closed when it listens for the first time
	once     sync.Once
	run      context.Context // nil until Run
}

// room are the listeners of one committee.
type room struct {
	all    map[*Listener]struct{}
	cursor Cursor // what has been looked at for them
	stale  bool   // something was called out since
	busy   bool   // somebody is looking
}

// NewHub makes one in which nobody listens.
func NewHub(store *tenants.Store, log *slog.Logger, max Limits) *Hub {
	max = max.withDefaults()
	return &Hub{
		store: store, log: log, max: max, reads: make(chan struct{}, max.Reads),
		rooms: map[uuid.UUID]*room{}, accounts: map[uuid.UUID]int{}, ready: make(chan struct{}),
	}
}

// Run hears what is called out in the database until ctx is done.
func (h *Hub) Run(ctx context.Context) {
	h.mu.Lock()
	h.run = ctx
	h.mu.Unlock()
	h.store.Listen(ctx, tenants.Listener{Channel: channel, Heard: h.heard, Back: h.back, Log: h.log})
}

// Ready is closed once the hub hears.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// Count is how many listen.
func (h *Hub) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// Join lets somebody listen until he leaves.
func (h *Hub) Join(who Who) (*Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[who.Tenant]
	switch {
	case h.run == nil || h.run.Err() != nil:
		return nil, errs.New(errs.Unavailable, "实时通知现在不可用，请稍后再订阅")
	case h.accounts[who.Account] >= h.max.Account:
		return nil, errs.New(errs.Limited, "您同时打开的实时通知至多 %d 个，请关闭不用的页面后再试", h.max.Account).With("limit", "account")
	case r != nil && len(r.all) >= h.max.Tenant:
		return nil, errs.New(errs.Limited, "本政协同时打开的实时通知已满 %d 个，请稍后再试；页面仍可手动刷新", h.max.Tenant).With("limit", "tenant")
	case h.count >= h.max.Process:
		return nil, errs.New(errs.Limited, "同时打开的实时通知已满 %d 个，请稍后再试；页面仍可手动刷新", h.max.Process).With("limit", "process")
	}
	if r == nil {
		r = &room{all: map[*Listener]struct{}{}}
		h.rooms[who.Tenant] = r
	}
	l := &Listener{hub: h, who: who, wake: make(chan struct{}, 1)}
	r.all[l] = struct{}{}
	h.accounts[who.Account]++
	h.count++
	return l, nil
}

func (h *Hub) leave(l *Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[l.who.Tenant]
	if r == nil {
		return
	}
	if _, there := r.all[l]; !there {
		return
	}
	delete(r.all, l)
	if len(r.all) == 0 {
		delete(h.rooms, l.who.Tenant)
	}
	if h.accounts[l.who.Account]--; h.accounts[l.who.Account] == 0 {
		delete(h.accounts, l.who.Account)
	}
	h.count--
}

// back wakes everybody: nobody knows what was called out meanwhile.
func (h *Hub) back() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rooms {
		for l := range r.all {
			l.nudge()
		}
	}
	h.once.Do(func() { close(h.ready) })
}

// heard takes one call: a committee's id, or "look" and the id of a session, an
// account or a committee.
func (h *Hub) heard(payload string) {
	what, look := strings.CutPrefix(payload, "look ")
	id, err := uuid.Parse(what)
	switch {
	case err != nil:
		h.log.Warn("something unknown was called out", "payload", payload)
	case look:
		h.look(id)
	default:
		h.changed(id)
	}
}

// look wakes those of whom the id is one.
func (h *Hub) look(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for tenant, r := range h.rooms {
		for l := range r.all {
			if tenant == id || l.who.Session == id || l.who.Account == id {
				l.nudge()
			}
		}
	}
}

// changed has the committee's notes read, once for all its listeners, however
// often it is called meanwhile.
func (h *Hub) changed(tenant uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[tenant]
	if r == nil {
		return
	}
	r.stale = true
	if !r.busy {
		r.busy = true
		go h.attend(h.run, tenant, r)
	}
}

// attend reads a committee's notes until nothing more is called out.
func (h *Hub) attend(ctx context.Context, tenant uuid.UUID, r *room) {
	for {
		h.mu.Lock()
		if !r.stale || len(r.all) == 0 || ctx.Err() != nil {
			r.busy = false
			h.mu.Unlock()
			return
		}
		r.stale = false
		from := r.cursor
		h.mu.Unlock()
		var notes []Note
		var now Cursor
		var known bool
		err := h.Turn(ctx, func() error {
			return h.store.ReadTx(tenants.Still(ctx), tenant, func(ctx context.Context) (err error) {
				notes, now, known, err = Since(ctx, from, "true")
				return err
			})
		})
		if err != nil && ctx.Err() == nil {
			h.log.Warn("the notes of what has changed cannot be read; all are woken", "tenant", tenant, "error", err.Error())
		}
		h.tell(r, notes, now, err == nil && known)
	}
}

// tell wakes those whom the notes may concern; everybody, when they are not
// known.
func (h *Hub) tell(r *room, notes []Note, now Cursor, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.snapshot != "" {
		r.cursor = now
	}
	for l := range r.all {
		if !known || l.concerned(notes) {
			l.nudge()
		}
	}
}

// Turn waits for a place among those who read for listeners: a call that
// reaches thousands must not take the pool from those who work.
func (h *Hub) Turn(ctx context.Context, read func() error) error {
	select {
	case h.reads <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.reads }()
	return read()
}
