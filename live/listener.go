package live

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
)

// Who is the one who listens.
type Who struct{ Account, Tenant, Membership, Session uuid.UUID }

// Wish is what he wants to hear of.
type Wish struct {
	Matters        []uuid.UUID
	Todos, Notices bool
}

// Listener is one subscription. Its own goroutine waits for Wake, asks Since
// with the cursor that it keeps, and tells.
type Listener struct {
	hub  *Hub
	who  Who
	wake chan struct{}

	// Under the hub's mutex; nobody hears before Mind was called.
	minded bool
	wish   Wish
	roles  []string
	units  []uuid.UUID
	todos  []uuid.UUID // the matters that wait for him
}

// Mind says what the listener wants to hear of, as who, and which matters are
// in his to-do list now. Called again it says it anew.
func (l *Listener) Mind(w Wish, v *authz.Viewer, todos []uuid.UUID) {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.minded, l.wish, l.roles, l.units, l.todos = true, w, v.AllRoles(), v.AllUnits(), todos
}

// Wake is ready when there may be something to tell, or when it is to be asked
// again whether he may listen.
func (l *Listener) Wake() <-chan struct{} { return l.wake }

// Leave ends it. Called again it does nothing.
func (l *Listener) Leave() { l.hub.leave(l) }

// nudge wakes; who has been woken and has not looked yet is not woken twice.
func (l *Listener) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// concerned reports whether one of the notes may be for him. It may say so of
// too many and never of too few: what he really hears is asked as himself.
func (l *Listener) concerned(notes []Note) bool {
	return !l.minded || slices.ContainsFunc(notes, l.concerns)
}

func (l *Listener) concerns(n Note) bool {
	switch n.Part {
	case "notices":
		return l.wish.Notices && n.Member != nil && *n.Member == l.who.Membership
	case "awaited":
		return l.wish.Todos && (l.waitsFor(n) || n.Matter != nil && slices.Contains(l.todos, *n.Matter))
	}
	return n.Matter != nil && (slices.Contains(l.wish.Matters, *n.Matter) || l.wish.Todos && slices.Contains(l.todos, *n.Matter))
}

// waitsFor reports whether a row of awaited may mean him.
func (l *Listener) waitsFor(n Note) bool {
	if n.Member != nil {
		return *n.Member == l.who.Membership
	}
	return n.Role != nil && slices.Contains(l.roles, *n.Role) && (n.Unit == nil || slices.Contains(l.units, *n.Unit))
}
