package demo

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
func (b *bulk) tables() []table {
	return []table{
		{"tenants", "id, code, name, short_name, level, status, created_at, parent_id", b.tenantRows},
		{"terms", "id, tenant_id, created_at, ordinal, starts_on, ends_on", b.termRows},
		{"sittings", "id, tenant_id, created_at, ordinal, prep_opens_on, opens_on, cutoff_at, closes_on, term_id", b.sittingRows},
		{"processes", "id, tenant_id, created_at, kind, version, title, source, hash, status", b.processRows},
		{"units", "id, tenant_id, created_at, updated_at, line, kind, name, short_name, channel, doc_word", b.unitRows},
		{"accounts", "id, login, password_hash, created_at, password_changed_at", b.accountRows},
		{"memberships", "id, tenant_id, created_at, updated_at, account_id, name, kind, member_no, post, phone, term_id", b.membershipRows},
		{"account_memberships", "membership_id, account_id, tenant_id, active", b.accountMembershipRows},
		{"seats", "id, tenant_id, created_at, post, membership_id, unit_id", b.seatRows},
		{"grants", "id, tenant_id, created_at, role, membership_id", b.grantRows},
		{"tenant_versions", "tenant_id, rights", b.versionRows},
		{"sequences", "tenant_id, scope, next", b.sequenceRows},
		{"matters", "id, tenant_id, created_at, updated_at, kind, state, turn, number, title, opened_at, closed_at, next_due_on, visibility, process_id, creator_id, sector_id, street_id", b.matterRows},
		{"proposals", "id, tenant_id, created_at, registration_no, case_no, not_filed_no, period, proposer_kind, situation, analysis, suggestions, category, suggested_units, submitted_at, filed_at, assigned_at, completed_at, disposition, disposition_reason, review_pass, disclosure, class_original, class_final, matter_id, sitting_id", b.proposalRows},
		{"parties", "id, tenant_id, created_at, name, role, ordinal, cosign, signed_at, matter_id, membership_id", b.partyRows},
		{"assignments", "id, tenant_id, created_at, updated_at, role, state, turn, slip_no, assigned_at, origin_assigned_at, sign_by, return_until, due_on, original_due_on, signed_at, sent_at, accepted_at, unit_id, matter_id", b.shareRows},
		{"replies", "id, tenant_id, created_at, kind, status, doc_no, class, body, signed_at, sent_at, assignment_id, matter_id", b.replyRows},
		{"feedback", "id, tenant_id, created_at, asked_at, due_on, attitude, result, contacted, received_at, channel, party_id, matter_id, reply_id", b.feedbackRows},
		{"items", "id, tenant_id, created_at, updated_at, kind, text, due_on, status, reply_id, unit_id, matter_id", b.itemRows},
		{"steps", "id, tenant_id, created_at, action, label, to_state, at, actor_name, matter_id, actor_id", b.stepRows},
	}
}

func (b *bulk) tenantRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		level, parent := "DISTRICT", new(uuid.UUID)
		*parent = b.tenant(t - t%perCity)
		if t%perCity == 0 {
			level, parent = "CITY", nil
		}
		l.id(b.tenant(t)).text(code(t)).text(namePrefix + code(t) + "委员会").text("测速" + code(t)).text(level).text("ACTIVE").time(firstDay).ref(parent)
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulk) termRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		l.id(b.term(t)).id(b.tenant(t)).time(firstDay).int(termOf(t)).day(clock.Date(2022, 1, 1)).day(clock.Date(2026, 12, 31))
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulk) sittingRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		for s, day := range opens {
			l.id(b.sitting(t, s)).id(b.tenant(t)).time(firstDay).int(s + 3).day(day.AddDate(0, 0, -60)).day(day).
				time(clock.StartOf(day).Add(36 * time.Hour)).day(day.AddDate(0, 0, 3)).id(b.term(t))
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bulk) processRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		for p, d := range b.processes {
			l.id(b.process(t, p)).id(b.tenant(t)).time(firstDay).text(d.Kind).int(d.Version).text(d.Title).text(d.Source).text(d.Hash).text("PUBLISHED")
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bulk) unitRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		for u := range units {
			line, kind, channel, word, short := "ORGANISATION", "SECTOR", "", "", ""
			switch {
			case u >= handler(0):
				line, kind, channel, word, short = "HANDLING", "HANDLING_UNIT", "GOV_OFFICE", docWord(u-handler(0)), unitName(u)
			case u >= street(0):
				kind = "STREET_LIAISON"
			}
			l.id(b.unit(t, u)).id(b.tenant(t)).time(firstDay).time(firstDay).text(line).text(kind).text(unitName(u)).text(short).text(channel).text(word)
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

// everybody goes through all people of all committees.
func (b *bulk) everybody(emit func() error, write func(t, p int)) error {
	for t := range b.Tenants {
		for p := range b.people() {
			write(t, p)
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bulk) accountRows(l *line, emit func() error) error {
	return b.everybody(emit, func(t, p int) {
		l.id(b.account(t, p)).text("b" + code(t) + "-" + strconv.Itoa(p+1)).text(noPassword).time(firstDay).time(firstDay)
	})
}

func (b *bulk) membershipRows(l *line, emit func() error) error {
	return b.everybody(emit, func(t, p int) {
		kind, no, post := "MEMBER", strconv.Itoa(10001+p), ""
		switch {
		case p >= b.agent(0):
			kind, no, post = "UNIT_STAFF", "", "经办人"
		case p >= b.Members:
			kind, no, post = "STAFF", "", "干部"
		}
		l.id(b.person(t, p)).id(b.tenant(t)).time(firstDay).time(firstDay).id(b.account(t, p)).text(b.personName(p)).text(kind).text(no).text(post).
			text("1390000" + fmt.Sprintf("%04d", p)).id(b.term(t))
	})
}

func (b *bulk) accountMembershipRows(l *line, emit func() error) error {
	return b.everybody(emit, func(t, p int) { l.id(b.person(t, p)).id(b.account(t, p)).id(b.tenant(t)).bool(true) })
}

func (b *bulk) seatRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		seat := func(k int, post string, p, u int) error {
			l.id(b.id(firstDay, aSeat, t, p, k)).id(b.tenant(t)).time(firstDay).text(post).id(b.person(t, p)).id(b.unit(t, u))
			return emit()
		}
		for p := range b.Members {
			if err := seat(0, "MEMBER", p, sector(p%sectors)); err != nil {
				return err
			}
			if err := seat(1, "MEMBER", p, street(p/sectors%streets)); err != nil {
				return err
			}
		}
		for u := range handling {
			if err := seat(0, "OFFICER", b.agent(u), handler(u)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bulk) grantRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		for p := range b.people() {
			roles := []string{"member"}
			switch {
			case p >= b.agent(0):
				roles = unitRoles
			case p >= b.Members:
				roles = staffRoles[p-b.Members : p-b.Members+1]
			}
			for k, role := range roles {
				l.id(b.id(firstDay, aGrant, t, p, k)).id(b.tenant(t)).time(firstDay).text(role).id(b.person(t, p))
				if err := emit(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *bulk) versionRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		l.id(b.tenant(t)).int(1)
		if err := emit(); err != nil {
			return err
		}
	}
	return nil
}

// sequenceRows continue the series after the numbers that the proposals have
// taken: number n of a committee is taken by its proposal n at most.
func (b *bulk) sequenceRows(l *line, emit func() error) error {
	for t := range b.Tenants {
		series := func(scope string, next int) error {
			l.id(b.tenant(t)).text(scope).int(next)
			return emit()
		}
		for s := range opens {
			id := b.sitting(t, s).String()
			for _, scope := range []string{"registration:", "case:", "not_filed:"} {
				if err := series(scope+id, b.Matters+2); err != nil {
					return err
				}
			}
			for u := range handling {
				if err := series("slip:"+id+":"+b.unit(t, handler(u)).String(), b.Matters+1); err != nil {
					return err
				}
			}
		}
		for u := range handling {
			for _, year := range []int{firstDay.Year(), firstDay.Year() + 1, lastDay.Year()} {
				if err := series(fmt.Sprintf("doc:reply:%s:%d", b.unit(t, handler(u)), year), b.Matters+2); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
