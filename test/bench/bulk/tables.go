package bulk

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
)

// noPassword is a hash that no password has: its 32 bytes are zero.
const noPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// tables are the targets, those referred to first.
func (w *world) tables() []table {
	return []table{
		{"tenants", "id, code, name, short_name, level, status, created_at, parent_id", w.tenantRows},
		{"terms", "id, tenant_id, created_at, ordinal, starts_on, ends_on", w.termRows},
		{"sittings", "id, tenant_id, created_at, ordinal, prep_opens_on, opens_on, cutoff_at, closes_on, term_id", w.sittingRows},
		{"processes", "id, tenant_id, created_at, kind, version, title, source, hash, status", w.processRows},
		{"units", "id, tenant_id, created_at, updated_at, line, kind, name, short_name, channel, doc_word", w.unitRows},
		{"accounts", "id, login, password_hash, created_at, password_changed_at", w.accountRows},
		{"memberships", "id, tenant_id, created_at, updated_at, account_id, name, kind, member_no, post, phone, term_id", w.membershipRows},
		{"account_memberships", "membership_id, account_id, tenant_id, active", w.accountMembershipRows},
		{"seats", "id, tenant_id, created_at, post, membership_id, unit_id", w.seatRows},
		{"grants", "id, tenant_id, created_at, role, membership_id", w.grantRows},
		{"tenant_versions", "tenant_id, rights", w.versionRows},
		{"sequences", "tenant_id, scope, next", w.sequenceRows},
		{"matters", "id, tenant_id, created_at, updated_at, kind, state, turn, number, title, opened_at, closed_at, next_due_on, visibility, process_id, creator_id, sector_id, street_id", w.matterRows},
		{"proposals", "id, tenant_id, created_at, registration_no, case_no, not_filed_no, period, proposer_kind, situation, analysis, suggestions, category, suggested_units, submitted_at, filed_at, assigned_at, completed_at, disposition, disposition_reason, review_pass, disclosure, class_original, class_final, matter_id, sitting_id", w.proposalRows},
		{"parties", "id, tenant_id, created_at, name, role, ordinal, cosign, signed_at, matter_id, membership_id", w.partyRows},
		{"assignments", "id, tenant_id, created_at, updated_at, role, state, turn, slip_no, assigned_at, origin_assigned_at, sign_by, return_until, due_on, original_due_on, signed_at, sent_at, accepted_at, unit_id, matter_id", w.shareRows},
		{"replies", "id, tenant_id, created_at, kind, status, doc_no, class, body, signed_at, sent_at, assignment_id, matter_id", w.replyRows},
		{"feedback", "id, tenant_id, created_at, asked_at, due_on, attitude, result, contacted, received_at, channel, party_id, matter_id, reply_id", w.feedbackRows},
		{"items", "id, tenant_id, created_at, updated_at, kind, text, due_on, status, reply_id, unit_id, matter_id", w.itemRows},
		{"steps", "id, tenant_id, created_at, action, label, to_state, at, actor_name, matter_id, actor_id", w.stepRows},
		{"awaited", "tenant_id, matter_id, key, assignment_id, turn, role, unit_id, membership_id, due_on, since", w.awaitedRows},
	}
}

func (w *world) tenantRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		level, parent := "DISTRICT", new(uuid.UUID)
		*parent = w.tenant(t - t%perCity)
		if t%perCity == 0 {
			level, parent = "CITY", nil
		}
		l.id(w.tenant(t)).text(code(t)).text(namePrefix + code(t) + "委员会").text("测速" + code(t)).text(level).text("ACTIVE").time(firstDay).ref(parent)
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) termRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		l.id(w.term(t)).id(w.tenant(t)).time(firstDay).int(termOf(t)).day(clock.Date(2022, 1, 1)).day(clock.Date(2026, 12, 31))
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) sittingRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		for s, day := range opens {
			l.id(w.sitting(t, s)).id(w.tenant(t)).time(firstDay).int(s + 3).day(day.AddDate(0, 0, -60)).day(day).
				time(clock.StartOf(day).Add(36 * time.Hour)).day(day.AddDate(0, 0, 3)).id(w.term(t))
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) processRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		for p, d := range w.processes {
			l.id(w.process(t, p)).id(w.tenant(t)).time(firstDay).text(d.Kind).int(d.Version).text(d.Title).text(d.Source).text(d.Hash).text("PUBLISHED")
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) unitRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		for u := range units {
			line, kind, channel, word, short := "ORGANISATION", "SECTOR", "", "", ""
			switch {
			case u >= handler(0):
				line, kind, channel, word, short = "HANDLING", "HANDLING_UNIT", "GOV_OFFICE", docWord(u-handler(0)), unitName(u)
			case u >= street(0):
				kind = "STREET_LIAISON"
			}
			l.id(w.unit(t, u)).id(w.tenant(t)).time(firstDay).time(firstDay).text(line).text(kind).text(unitName(u)).text(short).text(channel).text(word)
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

// everybody goes through all people of all committees.
func (w *world) everybody(emit func() error, write func(t, p int)) error {
	for t := range w.Tenants {
		for p := range w.people() {
			write(t, p)
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) accountRows(l *line, emit func() error) error {
	return w.everybody(emit, func(t, p int) {
		l.id(w.account(t, p)).text("b" + code(t) + "-" + strconv.Itoa(p+1)).text(noPassword).time(firstDay).time(firstDay)
	})
}

func (w *world) membershipRows(l *line, emit func() error) error {
	return w.everybody(emit, func(t, p int) {
		kind, no, post := "MEMBER", strconv.Itoa(10001+p), ""
		switch {
		case p >= w.agent(0):
			kind, no, post = "UNIT_STAFF", "", "经办人"
		case p >= w.Members:
			kind, no, post = "STAFF", "", "干部"
		}
		l.id(w.person(t, p)).id(w.tenant(t)).time(firstDay).time(firstDay).id(w.account(t, p)).text(w.personName(p)).text(kind).text(no).text(post).
			text("1390000" + fmt.Sprintf("%04d", p)).id(w.term(t))
	})
}

func (w *world) accountMembershipRows(l *line, emit func() error) error {
	return w.everybody(emit, func(t, p int) { l.id(w.person(t, p)).id(w.account(t, p)).id(w.tenant(t)).bool(true) })
}

func (w *world) seatRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		seat := func(k int, post string, p, u int) error {
			l.id(w.id(firstDay, aSeat, t, p, k)).id(w.tenant(t)).time(firstDay).text(post).id(w.person(t, p)).id(w.unit(t, u))
			return emit()
		}
		for p := range w.Members {
			if err := seat(0, "MEMBER", p, sector(p%sectors)); err != nil {
				return err
			}
			if err := seat(1, "MEMBER", p, street(p/sectors%streets)); err != nil {
				return err
			}
		}
		for u := range handling {
			if err := seat(0, "OFFICER", w.agent(u), handler(u)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) grantRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		for p := range w.people() {
			roles := []string{"member"}
			switch {
			case p >= w.agent(0):
				roles = unitRoles
			case p >= w.Members:
				roles = staffRoles[p-w.Members : p-w.Members+1]
			}
			for k, role := range roles {
				l.id(w.id(firstDay, aGrant, t, p, k)).id(w.tenant(t)).time(firstDay).text(role).id(w.person(t, p))
				if err := emit(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) versionRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		l.id(w.tenant(t)).int(1)
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

// sequenceRows continue the series after the numbers that the proposals have
// taken: number n of a committee is taken by its proposal n at most.
func (w *world) sequenceRows(l *line, emit func() error) error {
	for t := range w.Tenants {
		series := func(scope string, next int) error {
			l.id(w.tenant(t)).text(scope).int(next)
			return emit()
		}
		for s := range opens {
			id := w.sitting(t, s).String()
			for _, scope := range []string{"registration:", "case:", "not_filed:"} {
				if err := series(scope+id, w.Matters+2); err != nil {
					return err
				}
			}
			for u := range handling {
				if err := series("slip:"+id+":"+w.unit(t, handler(u)).String(), w.Matters+1); err != nil {
					return err
				}
			}
		}
		for u := range handling {
			for _, year := range []int{firstDay.Year(), firstDay.Year() + 1, lastDay.Year()} {
				if err := series(fmt.Sprintf("doc:reply:%s:%d", w.unit(t, handler(u)), year), w.Matters+2); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
