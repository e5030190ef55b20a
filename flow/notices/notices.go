// Package notices writes what people are told.
//
// The contract:
//
//   - Whoever tells somebody something writes it here: the engine, an envelope that came, a ballot that invites. There is no other writer.
//   - One telling leaves one person one notice, however often he is named.
//   - Whether he may know of it is the caller's question, since he knows what it is about.
//   - A notice says why it came, how much it weighs, and what a page opens: an object that its reader may see, and the usual step where it is his turn.
//   - What was told of something that is over is read by itself.
//   - What may reach a phone waits for it from the moment at which it is told: both are there or neither is.
//   - A notice is no fact of a matter: the step beside it is, so it stands in no record of the audit.
package notices

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Why somebody is told, and how much it weighs.
const (
	AboutTurn       = notice.AboutTURN
	AboutTold       = notice.AboutTOLD
	AboutDue        = notice.AboutDUE
	AboutOverdue    = notice.AboutOVERDUE
	AboutStanding   = notice.AboutSTANDING
	AboutDecision   = notice.AboutDECISION
	AboutInvitation = notice.AboutINVITATION
	AboutLetter     = notice.AboutLETTER

	Ordinary  = notice.LevelORDINARY
	Important = notice.LevelIMPORTANT
	Urgent    = notice.LevelURGENT
)

// Notice is what somebody is told. What a page opens is the object; where none is
// named the matter it is about, if it is about one.
type Notice struct {
	Text   string
	About  notice.About
	Level  notice.Level
	Type   string // of the object, as the API calls it
	ID     uuid.UUID
	Action string // the usual step, where it is the reader's turn
}

// Told is a step of somebody's case.
func Told(text string) Notice { return Notice{Text: text, About: AboutTold, Level: Ordinary} }

// Turn is that it is his turn; share: of a unit's part of the matter.
func Turn(text string, share *uuid.UUID) Notice {
	n := Notice{Text: text, About: AboutTurn, Level: Important}
	if share != nil {
		n.Type, n.ID = gen.TypeAssignment, *share
	}
	return n
}

// Due is that a day comes, or that it has passed.
func Due(text string, soon, passed bool) Notice {
	switch {
	case passed:
		return Notice{Text: text, About: AboutOverdue, Level: Urgent}
	case soon:
		return Notice{Text: text, About: AboutDue, Level: Urgent}
	}
	return Notice{Text: text, About: AboutDue, Level: Important}
}

// Veiled is the type of what its reader may not open: the list of what stands
// still shows it without its content.
const Veiled = "Standing"

// Mine is the type of what its reader has asked for himself.
const Mine = "OwnRequest"

// Standing is that nobody is left for something that the reader does not see.
func Standing(text string) Notice {
	return Notice{Text: text, About: AboutStanding, Level: Important, Type: Veiled}
}

// Decision is that another person's word is wanted on something.
func Decision(text, typ string, id uuid.UUID) Notice {
	return Notice{Text: text, About: AboutDecision, Level: Important, Type: typ, ID: id}
}

// Invitation is to take part in something.
func Invitation(text, typ string, id uuid.UUID) Notice {
	return Notice{Text: text, About: AboutInvitation, Level: Important, Type: typ, ID: id}
}

// Letter is that another committee has sent something.
func Letter(text string, envelope uuid.UUID) Notice {
	return Notice{Text: text, About: AboutLetter, Level: Ordinary, Type: "Envelope", ID: envelope}
}

// Rows are notices by column, as Insert takes them.
type Rows struct {
	ID, To                                []uuid.UUID
	Key, Text, About, Level, Type, Action []string
	Object                                []*uuid.UUID
}

// Add adds a notice to a person. A key is something by which the caller's
// statement tells whether the person is told at all; empty: he is.
func (r *Rows) Add(to uuid.UUID, key string, n Notice) {
	var object *uuid.UUID
	if n.ID != uuid.Nil {
		object = &n.ID
	}
	r.ID, r.To = append(r.ID, uuid.Must(uuid.NewV7())), append(r.To, to)
	r.Key, r.Text, r.Action = append(r.Key, key), append(r.Text, n.Text), append(r.Action, n.Action)
	r.About, r.Level = append(r.About, string(n.About)), append(r.Level, string(n.Level))
	r.Type, r.Object = append(r.Type, n.Type), append(r.Object, object)
}

// Insert is the statement, after a WITH, as the last part of one that writes
// more: where its parameters stand, and which rows of n(id, membership_id, key,
// text, place) are written. Of several to one person the first is. Where the
// committee has a way to phones and the person can be reached, what is told waits
// for package phone, too, in the same statement.
func Insert(tenant, at, matter, rows int, such string) string {
	return fmt.Sprintf(`told AS (INSERT INTO notices (id, tenant_id, created_at, text, membership_id, matter_id, about, level, object_type, object_id, action)
SELECT DISTINCT ON (n.membership_id) n.id, $%d::uuid, $%d::timestamptz, n.text, n.membership_id, $%d::uuid, n.about, n.level, n.object_type, n.object_id, n.action
FROM unnest($%d::uuid[], $%d::uuid[], $%d::text[], $%d::text[], $%d::text[], $%d::text[], $%d::text[], $%d::uuid[], $%d::text[])
	WITH ORDINALITY AS n(id, membership_id, key, text, about, level, object_type, object_id, action, place)
WHERE %s
ORDER BY n.membership_id, n.place
RETURNING tenant_id, id, created_at, membership_id
)
INSERT INTO phone_outbox (tenant_id, id, created_at, membership_id, notice_id, next_at)
SELECT t.tenant_id, t.id, t.created_at, t.membership_id, t.id, t.created_at
FROM told t JOIN memberships m ON m.tenant_id = t.tenant_id AND m.id = t.membership_id
WHERE (m.phone <> '' OR m.wecom <> '') AND (
	SELECT jsonb_array_length(p.settings -> 'phone' -> 'channels') FROM policies p
	WHERE p.effective_from <= ($%d::timestamptz AT TIME ZONE 'Asia/Shanghai')::date ORDER BY p.version DESC LIMIT 1) > 0`,
		tenant, at, matter, rows, rows+1, rows+2, rows+3, rows+4, rows+5, rows+6, rows+7, rows+8, such, at)
}

var insert = "WITH " + Insert(1, 2, 3, 4, "true")

// Over marks as read what people were told of objects of a type, since it is over:
// nobody has to look at it any more. Called again it does nothing.
func Over(ctx context.Context, typ string, objects ...uuid.UUID) (err error) {
	defer errs.Wrap(&err, "notices.Over(%s)", typ)
	if len(objects) == 0 {
		return nil
	}
	_, err = tenants.Exec(ctx, `UPDATE notices SET read_at = $3 WHERE object_type = $1 AND object_id = ANY ($2) AND read_at IS NULL`, typ, objects, clock.Now(ctx))
	return err
}

// Write leaves each of the people the same notice now; matter is what it is
// about, nil for nothing that one could open.
func Write(ctx context.Context, matter *uuid.UUID, n Notice, people ...uuid.UUID) error {
	return WriteAt(ctx, clock.Now(ctx), matter, n, people...)
}

// WriteAt is Write at a given time.
func WriteAt(ctx context.Context, at time.Time, matter *uuid.UUID, n Notice, people ...uuid.UUID) (err error) {
	defer errs.Wrap(&err, "notices.Write")
	if len(people) == 0 {
		return nil
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	var r Rows
	for _, id := range people {
		r.Add(id, "", n)
	}
	_, err = tenants.Exec(ctx, insert, tenant, at, matter, r.ID, r.To, r.Key, r.Text, r.About, r.Level, r.Type, r.Object, r.Action)
	return err
}
