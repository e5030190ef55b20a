package audit

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/text"
)

// Entry is one record.
type Entry struct {
	At       time.Time  // zero: the present of the context's clock
	Action   string     // name of the mutation, such as fileProposal
	Actor    Actor      // who did it
	OnBehalf *uuid.UUID // membership for whom a clerk entered it (代录); nil: for himself
	Object   string     // what it was done to, "Matter:<uuid>", see Object
	// ObjectName and OnBehalfName are what the two were called at that time. Write
	// asks for them where they are empty.
	ObjectName, OnBehalfName string
	Reason                   string   // what the actor gave as reason; may be empty
	From                     From     // where the request came from; empty for jobs
	Outcome                  string   // empty: done; otherwise the code of the refusal (failed sign-in)
	Count                    int      // how many times, where one record stands for many; 0 and 1 are one
	Changes                  []Change // nil: those collected in the context; empty: none
}

// Actor is a person in a committee, a person outside any (sign-in), a part of
// the program, or, when all are empty, nobody known.
type Actor struct {
	Account    uuid.UUID // nil UUID: none
	Membership uuid.UUID // nil UUID: none
	System     string    // job or command that acts by itself, such as remind
	Name       string    // what the actor was called at that time
}

// Key is the text by which an actor is searched: the most specific of
// "Membership:<uuid>", "Account:<uuid>", "System:<name>" and "Nobody".
func (a Actor) Key() string {
	switch {
	case a.Membership != uuid.Nil:
		return Object("Membership", a.Membership)
	case a.Account != uuid.Nil:
		return Object("Account", a.Account)
	case a.System != "":
		return systemPrefix + a.System
	}
	return "Nobody"
}

const systemPrefix = "System:"

// Object names one row as records do.
func Object(entity string, id uuid.UUID) string { return entity + ":" + id.String() }

// From says where a request came from.
type From struct {
	Address   string `json:"address,omitempty"`
	Agent     string `json:"agent,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Operations of a Change.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// Change is what became of one row, or of many when Many is set. A long text
// stands in it as {"text", "length", "sha256"}, a secret as Withheld.
type Change struct {
	Entity string         `json:"entity"`
	ID     uuid.UUID      `json:"id,omitzero"`
	Op     string         `json:"op"`
	Many   bool           `json:"many,omitempty"` // a statement over a condition; ID is nil
	Rows   int            `json:"rows,omitempty"` // with Many: how many it reached
	Before map[string]any `json:"before,omitempty"`
	After  map[string]any `json:"after,omitempty"`
	// Digest is the SHA-256 of Before and After when they were left out because
	// the record had grown over maxChanges.
	Digest string `json:"digest,omitempty"`
}

// form is the canonical form that is written now. A record keeps the form in
// which it was written, and its hash is over its text, so old ones verify as
// they are:
//
//	1 (not said)  the actor stood for the account that something was done to
//	2             actor and object apart, each with its name; count
const form = 2

// wire is a record as it is stored. PostgreSQL generates its searchable
// columns from action, actor and object, which therefore are texts and always
// there.
type wire struct {
	Form       int        `json:"v,omitempty"`
	At         string     `json:"at"`
	Action     string     `json:"action"`
	Actor      string     `json:"actor"`
	Account    uuid.UUID  `json:"actor_account,omitzero"`
	Membership uuid.UUID  `json:"actor_membership,omitzero"`
	Name       string     `json:"actor_name,omitempty"`
	OnBehalf   *uuid.UUID `json:"on_behalf,omitempty"`
	BehalfName string     `json:"on_behalf_name,omitempty"`
	Object     string     `json:"object"`
	ObjectName string     `json:"object_name,omitempty"`
	Count      int        `json:"count,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	ReasonSum  string     `json:"reason_sha256,omitempty"` // of the whole, when it was cut
	From       *From      `json:"from,omitempty"`
	Outcome    string     `json:"outcome,omitempty"`
	Changes    []Change   `json:"changes,omitempty"`
}

// atFormat is UTC to the microsecond with a fixed width, so that texts sort as
// the times do.
const atFormat = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(atFormat) }

// said is what a search for a text looks into: the names and the reason as
// people compare them. Contents are in no search: who may not read them could
// ask for them word by word.
func (w wire) said() string {
	return text.Key(strings.Join([]string{w.Name, w.BehalfName, w.ObjectName, w.Reason}, " "))
}

// decode reads a stored record. Numbers in Before and After stay json.Number:
// a book does not round.
func decode(entry string) (Entry, error) {
	var w wire
	d := json.NewDecoder(strings.NewReader(entry))
	d.UseNumber()
	if err := d.Decode(&w); err != nil {
		return Entry{}, err
	}
	at, err := time.Parse(atFormat, w.At)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		At: at, Action: w.Action, OnBehalf: w.OnBehalf, Object: w.Object, Reason: w.Reason, Outcome: w.Outcome, Changes: w.Changes,
		ObjectName: w.ObjectName, OnBehalfName: w.BehalfName, Count: w.Count,
		Actor: Actor{Account: w.Account, Membership: w.Membership, Name: w.Name},
	}
	if s, ok := strings.CutPrefix(w.Actor, systemPrefix); ok {
		e.Actor.System = s
	}
	if w.From != nil {
		e.From = *w.From
	}
	return e, nil
}
