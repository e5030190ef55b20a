package proposals

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/tenants"
)

// UnitContacts is how one unit met the proposers of what it answers. Of a case
// that it answers in several rounds the present one counts, once.
type UnitContacts struct {
	Unit        *gen.Unit     // as it is there now
	Assigned    int           // cases that it answers, alone or with others
	Met         int           // 面商, which a proposer confirms
	Contacted   int           // 沟通 of any kind
	Uncontacted int           // a proposer says that it did not come
	Marks       []*gen.Record // his word for it

	id    uuid.UUID
	marks []uuid.UUID
}

// contactRow is one share of the present round that is answered.
type contactRow struct {
	Matter, Unit   uuid.UUID
	Met, Contacted bool
	Marks          []uuid.UUID // what proposers said against it
}

// contacts counts by case and by unit whether proposers were met and contacted.
// 面商 counts where a proposer confirms it (domain.md 7): by his word on the
// record, or by a rating of this unit's reply that says it came. A contact that
// he denies counts as none. Where he says that nobody came neither counts, unless
// he confirmed a contact afterwards.
func (f *Figures) contacts(ctx context.Context) error {
	rows, err := tenants.Rows[contactRow](ctx, `
		WITH people AS (
			SELECT w.id, coalesce(w.membership_id, heir(w.unit_id), w.id) AS person FROM parties w
			JOIN proposals p ON p.tenant_id = w.tenant_id AND p.matter_id = w.matter_id WHERE p.sitting_id = $1
		), shares AS (
			SELECT a.id, a.matter_id, a.unit_id, heir(a.unit_id) AS unit FROM proposals p
			JOIN assignments a ON a.tenant_id = p.tenant_id AND a.matter_id = p.matter_id AND a.round = p.round
			WHERE p.sitting_id = $1 AND p.assigned_at IS NOT NULL AND a.role <> 'ASSIST' AND a.state NOT IN ('RETURN_GRANTED', 'SUPERSEDED')
		), said AS (
			SELECT heir(b.unit_id) AS unit, f.matter_id, w.person FROM feedback f
			JOIN people w ON w.id = f.party_id
			JOIN replies y ON y.tenant_id = f.tenant_id AND y.id = f.reply_id
			JOIN assignments b ON b.tenant_id = y.tenant_id AND b.id = y.assignment_id
			WHERE f.contacted
		), contacts AS (
			SELECT r.matter_id, heir(r.unit_id) AS unit, w.person, r.mode IN ('面谈', '座谈会', '实地') AS face, r.confirmed_at FROM records r
			JOIN people w ON w.id = r.party_id
			WHERE r.kind = 'CONTACT' AND r.data->>'denied' IS DISTINCT FROM 'true'
		), marks AS (
			SELECT s.id AS share, d.id FROM shares s
			JOIN records d ON d.matter_id = s.matter_id AND d.assignment_id = s.id AND d.kind = 'CHECK' AND d.data->>'for' = 'uncontacted'
			JOIN people w ON w.id = d.party_id
			WHERE NOT EXISTS (SELECT FROM contacts c WHERE c.matter_id = s.matter_id AND c.unit = s.unit AND c.person = w.person AND c.confirmed_at > d.created_at)
		)
		SELECT s.matter_id, s.unit,
			EXISTS (SELECT FROM contacts c WHERE c.matter_id = s.matter_id AND c.unit = s.unit AND c.face AND (c.confirmed_at IS NOT NULL
				OR EXISTS (SELECT FROM said f WHERE f.matter_id = s.matter_id AND f.unit = s.unit AND f.person = c.person))) AS met,
			EXISTS (SELECT FROM contacts c WHERE c.matter_id = s.matter_id AND c.unit = s.unit) AS contacted,
			(SELECT coalesce(array_agg(m.id ORDER BY m.id), '{}') FROM marks m WHERE m.share = s.id) AS marks
		FROM shares s ORDER BY s.unit, s.matter_id, s.id`, f.Sitting)
	if err == nil {
		f.count(rows)
	}
	return err
}

// tally is what counts of one case, or of one case at one unit.
type tally struct{ met, contacted, denied bool }

func (t *tally) add(r contactRow) {
	t.met, t.contacted, t.denied = t.met || r.Met, t.contacted || r.Contacted, t.denied || len(r.Marks) > 0
}

func (t tally) into(met, contacted, denied *int) {
	switch {
	case t.denied:
		*denied++
	case t.contacted:
		*contacted++
		if t.met {
			*met++
		}
	}
}

// count adds up the shares by case, and by unit and case.
func (f *Figures) count(rows []contactRow) {
	type key struct{ unit, matter uuid.UUID }
	cases, units := map[uuid.UUID]tally{}, map[key]tally{}
	at := map[uuid.UUID]int{}
	for _, r := range rows {
		c, u := cases[r.Matter], units[key{r.Unit, r.Matter}]
		c.add(r)
		u.add(r)
		cases[r.Matter], units[key{r.Unit, r.Matter}] = c, u
		if _, there := at[r.Unit]; !there {
			at[r.Unit] = len(f.Units)
			f.Units = append(f.Units, UnitContacts{id: r.Unit})
		}
		x := &f.Units[at[r.Unit]]
		x.marks = append(x.marks, r.Marks...)
	}
	for _, t := range cases {
		t.into(&f.Met, &f.Contacted, &f.Uncontacted)
	}
	for k, t := range units {
		x := &f.Units[at[k.unit]]
		x.Assigned++
		t.into(&x.Met, &x.Contacted, &x.Uncontacted)
	}
	slices.SortStableFunc(f.Units, func(a, b UnitContacts) int { return b.Uncontacted - a.Uncontacted })
}

// units reads the units of UnitContacts, and the records behind their marks as
// far as the viewer sees them.
func (s *Service) units(ctx context.Context, list []UnitContacts) error {
	var ids, marks []uuid.UUID
	for _, x := range list {
		ids, marks = append(ids, x.id), append(marks, x.marks...)
	}
	units, err := s.client.Unit.Query().Where(unit.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	records, err := s.client.Record.Query().Where(record.IDIn(marks...)).Order(record.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		for _, u := range units {
			if u.ID == x.id {
				x.Unit = u
			}
		}
		for _, r := range records {
			if slices.Contains(x.marks, r.ID) {
				x.Marks = append(x.Marks, r)
			}
		}
	}
	return nil
}
