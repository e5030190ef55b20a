package deadline

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// Explanation is how a due date came about. Its JSON is for frontends and can
// be stored and read back; Text says the same in Chinese.
type Explanation struct {
	Key           string         `json:"key"`
	State         State          `json:"state"`
	Event         string         `json:"event,omitempty"`
	Base          When           `json:"base,omitzero"`
	Amount        int            `json:"amount"`
	Unit          Unit           `json:"unit"`
	First         When           `json:"first,omitzero"`         // the due date before any extension or suspension
	Skipped       []workday.Day  `json:"skipped,omitempty"`      // days not counted, with the reason
	Added         []workday.Day  `json:"added,omitempty"`        // days counted that the week alone would leave out: 调休
	Uncovered     []int          `json:"uncovered,omitempty"`    // years counted by weekends and statutory days only, their notice being unknown
	Suspensions   []Pause        `json:"suspensions,omitempty"`  // in the order they were applied
	Extensions    []Prolongation `json:"extensions,omitempty"`   // in the order they were applied
	PolicyVersion int            `json:"policyVersion,omitzero"` //
	Original      When           `json:"original,omitzero"`      // without extensions
	Due           When           `json:"due,omitzero"`
	DueOff        string         `json:"dueOff,omitempty"` // why the due day is a day off, if it is
}

// Pause is a suspension and what it did.
type Pause struct {
	From          When   `json:"from"`
	To            When   `json:"to,omitzero"` // missing while it lasts
	Reason        string `json:"reason,omitempty"`
	Days          int    `json:"days,omitzero"`           // calendar days the clock stood still
	Remaining     int    `json:"remaining"`               // what was left when it began
	RemainingUnit Unit   `json:"remainingUnit,omitempty"` // WORKDAY or CALENDAR_DAY
	Void          bool   `json:"void,omitempty"`          // it changed nothing: it began after the due date, or the count goes back from its base
	Due           When   `json:"due,omitzero"`            // after it; missing while it lasts
}

// Prolongation is an extension and what it did.
type Prolongation struct {
	Amount int    `json:"amount,omitzero"`
	Unit   Unit   `json:"unit"`
	Fixed  When   `json:"fixed,omitzero"`
	On     When   `json:"on"`
	Reason string `json:"reason,omitempty"`
	Due    When   `json:"due,omitzero"` // after it; missing while suspended
}

// Explain tells how the due date came about, or why there is none.
func (b Budget) Explain(cal workday.Calendar) Explanation {
	c := b.count(cal, true)
	e := Explanation{
		Key: b.Key, State: c.state, Event: b.Event,
		Amount: b.Amount, Unit: b.Unit, PolicyVersion: b.PolicyVersion,
		Skipped: c.walk.Skipped, Added: c.walk.Added, Uncovered: c.walk.Uncovered,
		Suspensions: c.suspensions, Extensions: c.extensions,
	}
	if !b.Base.IsZero() {
		e.Base = dayOf(b.Base)
		if b.Unit == Hour {
			e.Base = c.when(b.Base)
		}
	}
	e.First, e.Due = c.when(c.first), c.when(c.due)
	if original, ok := b.Original(cal); ok {
		e.Original = c.when(original)
	}
	if c.state == Running && b.Unit != Hour && !cal.Working(c.due) {
		e.DueOff = cal.Reason(c.due)
	}
	return e
}

// When is a day, or for deadlines in hours an instant. In JSON it is
// "2025-03-30" or an RFC 3339 instant in Shanghai's zone.
type When struct {
	Time  time.Time
	Exact bool
}

// IsZero is true when there is none, whatever its precision would have been.
func (w When) IsZero() bool { return w.Time.IsZero() }

func (w When) equal(other When) bool { return w.Time.Equal(other.Time) }

// MarshalJSON writes null when there is none.
func (w When) MarshalJSON() ([]byte, error) {
	switch {
	case w.IsZero():
		return []byte("null"), nil
	case w.Exact:
		return json.Marshal(w.Time.In(clock.Shanghai).Format(time.RFC3339Nano))
	}
	return json.Marshal(clock.Day(w.Time).Format(time.DateOnly))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (w *When) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*w = When{}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		*w = When{Time: day}
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return err
	}
	*w = When{Time: at.In(clock.Shanghai), Exact: true}
	return nil
}
