package roster

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

const wishProcess = `
kind: wish
version: 1
title: 心愿
turns: {street_liaison: 街道联络员}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 办理中, turn: street_liaison, visible: STAFF, waits: 等街道办理}
      - {code: DONE, label: 已办结, end: true}
    actions:
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

// A10: what waits for a role is taken over by somebody who is named before its
// last holder goes, by whichever door.
func TestLastHolder(t *testing.T) {
	w := newWorld(t)
	e := flow.New(w.client)
	street := w.unitOf(unit.KindSTREET_LIAISON, "甲街道", nil).ID
	seated := func(name, login string) *gen.Membership {
		m := w.staff(name, login)
		must(w, w.Seat, NewSeat{Membership: m.ID, Unit: street, Post: seat.PostSTREET_LIAISON})
		return m
	}
	first, second, elsewhere := seated("联络员甲", "liaison1"), seated("联络员乙", "liaison2"), w.staff("联络员丙", "liaison3")
	g := must(w, w.Grant, NewGrant{Membership: first.ID, Role: "street_liaison"})
	var id uuid.UUID
	w.do(func(ctx context.Context) error {
		sys := authz.System(ctx)
		rights, err := authz.Load()
		if err != nil {
			return err
		}
		if _, err := e.Publish(sys, []byte(wishProcess), process.RolesOf(rights)); err != nil {
			return err
		}
		c, err := e.Start(sys, flow.Opening{Kind: "wish", Title: "楼下的路灯", Street: &street})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	suspended := membership.StatusSUSPENDED
	doors := map[string]func(*uuid.UUID) error{
		"revoking the grant": func(taker *uuid.UUID) error {
			_, err := try(w, w.Revoke, Revocation{Grant: g.ID, Reason: "调岗", Taker: taker})
			return err
		},
		"ending the membership": func(taker *uuid.UUID) error {
			_, err := try(w, w.EndMembership, Ending{Membership: first.ID, Status: membership.StatusENDED, Reason: "调离", Taker: taker})
			return err
		},
		"suspending it": func(taker *uuid.UUID) error {
			_, err := try(w, w.UpdateMember, MemberChange{Membership: first.ID, Status: &suspended, Taker: taker})
			return err
		},
	}
	t.Run("A10: the preview lists the matter, and nothing that it says", func(t *testing.T) {
		for name, effect := range map[string]Effect{"revoke": must(w, w.PreviewRevoke, g.ID), "end": must(w, w.PreviewEnd, first.ID)} {
			if l := effect.Leaves; len(l) != 1 || l[0].Matter != id || l[0].Kind != "wish" || l[0].State != "办理中" || l[0].Why != "最后一位街道联络员" || l[0].Becomes != "租户管理员" {
				t.Error(name, effect.Leaves)
			}
		}
	})
	for name, door := range doors {
		t.Run("A10: "+name+" of the last holder is refused without somebody who takes over", func(t *testing.T) {
			e := refusal(t, door(nil), errs.Conflict, "taker")
			if !strings.Contains(e.Message, "还有 1 件等着联络员甲办理，联络员甲是最后一位街道联络员") || strings.Contains(e.Message, "路灯") {
				t.Error(e.Message)
			}
			refused(t, door(&first.ID), errs.Invalid, "taker")
			refused(t, door(&elsewhere.ID), errs.Invalid, "taker") // not of the street
			stranger := uuid.New()
			if door(&stranger) == nil {
				t.Error("a stranger takes over")
			}
		})
	}
	t.Run("A10: a refusal gives nobody a role", func(t *testing.T) {
		if got := w.roles(elsewhere.ID); len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("A10: who takes over is given the role, and has it", func(t *testing.T) {
		if err := doors["revoking the grant"](&second.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.roles(second.ID); len(got) != 1 || got[0] != "street_liaison" {
			t.Fatal(got)
		}
		if got := must(w, w.PreviewEnd, first.ID).Leaves; len(got) != 0 {
			t.Error("who has gone holds nothing up", got)
		}
	})
	t.Run("A10: beside another holder nobody has to be named", func(t *testing.T) {
		must(w, w.Grant, NewGrant{Membership: first.ID, Role: "street_liaison"})
		must(w, w.EndMembership, Ending{Membership: second.ID, Status: membership.StatusENDED, Reason: "调离"})
	})
	t.Run("A10: who stands in anyway takes over as he is", func(t *testing.T) {
		staff := w.staff("专委干部", "staff1")
		if _, err := w.appoint(Appointment{Membership: staff.ID, Role: "committee_staff", Reason: "任职"}); err != nil {
			t.Fatal(err)
		}
		if l := must(w, w.PreviewEnd, first.ID).Leaves; len(l) != 1 || l[0].Becomes != "专委会工作人员" {
			t.Fatal(l)
		}
		if err := doors["suspending it"](&staff.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.roles(staff.ID); len(got) != 1 || got[0] != "committee_staff" {
			t.Error(got)
		}
	})
	t.Run("A10: what waits for a unit is listed with whose turn it would become", func(t *testing.T) {
		if got := must(w, w.PreviewClosing, street); len(got) != 1 || got[0].Matter != id || got[0].Why != "属于这一街道" {
			t.Error(got)
		}
	})
}

func refusal(t *testing.T, err error, code errs.Code, path string) *errs.Error {
	t.Helper()
	refused(t, err, code, path)
	e, _ := errs.As(err)
	return e
}
