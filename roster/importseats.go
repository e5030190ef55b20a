package roster

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// seatImport is what becomes of people's seats: new ones, ends, and changes from
// one unit to another, such as of the 界别. Who sits where stands in the export of
// people, so this has none.
func (s *Service) seatImport() *imports.Kind {
	return &imports.Kind{
		Code: "SEATS", Title: "席位变动", Also: []string{"席位", "任职变动", "界别调整"}, Entity: gen.TypeMembership, Table: "memberships", Most: 10_000,
		Columns: []imports.Column{
			{Code: "name", Title: "姓名", Also: []string{"委员姓名", "名字"}, Must: true},
			{Code: "term", Title: "届次", Also: []string{"届", "第几届"}, Note: "空为现在的一届"},
			{Code: "memberNo", Title: "委员证号", Also: []string{"证号", "委员编号", "委员号"}, Note: "有同名的人时填写"},
			{Code: "unit", Title: "单位", Also: []string{"席位所在单位", "现界别", "调整后界别", "新界别"}, Must: true, Note: "有同名的写成 上级/名称", Width: 28},
			{Code: "seatPost", Title: "席位职务", Also: []string{"席位上的职务"}, Type: imports.Choice, Words: wordsOf("SeatPost", nil), Note: "空为成员"},
			{Code: "replaces", Title: "原单位", Also: []string{"原界别", "调整前界别", "调出单位"}, Note: "调整的写：在那里的同一职务到起始日期的前一天为止", Width: 28},
			{Code: "from", Title: "起始日期", Also: []string{"任职日期", "任职时间", "起始时间", "调整日期"}, Type: imports.Day, Note: "空为今天"},
			{Code: "to", Title: "终止日期", Also: []string{"免职日期", "终止时间", "截止日期"}, Type: imports.Day, Note: "现有的席位到这一天为止"},
		},
		Keys: func(v imports.Values) []imports.Key {
			if v["name"] == "" || v["unit"] == "" {
				return nil
			}
			return []imports.Key{{Column: "unit", Value: text.Key(v["name"]) + "\x00" + text.Key(v["memberNo"]) + "\x00" + v["seatPost"] + "\x00" + text.Key(v["unit"]) + "\x00" + v["from"]}}
		},
		Open: func(ctx context.Context) (imports.Hand, error) {
			h, err := s.newMemberHand(ctx)
			return &seatHand{h}, err
		},
	}
}

// seatHand does lines of seats of people who are here.
type seatHand struct{ *memberHand }

// Apply ends a seat that lasts, or gives one, in place of another where the line
// says so.
func (h *seatHand) Apply(ctx context.Context, v imports.Values, subject *uuid.UUID) (done imports.Done, err error) {
	if subject == nil || h.people[*subject] == nil {
		return done, errs.New(errs.NotFound, "没有这个人，请先在“人员”中导入，或改正姓名").At("name")
	}
	m := h.people[*subject]
	done = imports.Done{Subject: m.ID, Called: m.Name, Version: m.Version}
	post := seat.Post(v["seatPost"])
	if post == "" {
		post = seat.PostMEMBER
	}
	u, err := h.names.find(v["unit"], nil)
	if err != nil {
		return done, at(err, "unit")
	}
	from, to := imports.DayOf(v["from"]), imports.DayOf(v["to"])
	here := h.lasting(m.ID, u.ID, post)
	if here != nil && v["replaces"] == "" && (from == nil || sameDay(from, here.SeatFrom)) {
		if to == nil {
			return done, nil
		}
		return done, h.ends(ctx, here, *to, &done)
	}
	if v["replaces"] != "" {
		if err := h.replaces(ctx, v["replaces"], m, post, from, &done); err != nil {
			return done, err
		}
	}
	if here != nil {
		return done, nil // he is there already
	}
	o, err := h.Seat(ctx, NewSeat{Membership: m.ID, Unit: u.ID, Post: post, From: from, To: to})
	if err != nil {
		return done, at(err, "unit")
	}
	h.seats[m.ID] = append(h.seats[m.ID], o)
	done.Made = append(done.Made, imports.Made{Table: "seats", ID: o.ID})
	done.Changes = append(done.Changes, imports.Diff{Column: "unit", After: h.seatText(o, m)})
	return done, nil
}

// replaces ends the seat that a line puts another in the place of.
func (h *seatHand) replaces(ctx context.Context, name string, m *gen.Membership, post seat.Post, from *time.Time, done *imports.Done) error {
	was, err := h.names.find(name, nil)
	if err != nil {
		return at(err, "replaces")
	}
	o := h.lasting(m.ID, was.ID, post)
	switch {
	case o == nil && done.Subject != uuid.Nil && len(h.seats[m.ID]) > 0 && h.left(m.ID, was.ID, post):
		return nil // he has left it already
	case o == nil:
		return errs.New(errs.NotFound, "%s现在不在“%s”担任此职", m.Name, was.Name).At("replaces")
	case from == nil:
		from = &h.today
	}
	return h.ends(ctx, o, from.AddDate(0, 0, -1), done)
}

// lasting is a person's seat that is not over.
func (h *seatHand) lasting(m, u uuid.UUID, post seat.Post) *gen.Seat {
	for _, o := range h.seats[m] {
		if o.UnitID == u && o.Post == post && !authz.SeatPeriod(o).Over(h.today) {
			return o
		}
	}
	return nil
}

func (h *seatHand) left(m, u uuid.UUID, post seat.Post) bool {
	return slices.ContainsFunc(h.seats[m], func(o *gen.Seat) bool { return o.UnitID == u && o.Post == post })
}

// ends sets a seat's last day, and remembers which.
func (h *seatHand) ends(ctx context.Context, o *gen.Seat, last time.Time, done *imports.Done) error {
	if sameDay(o.SeatTo, &last) {
		return nil
	}
	was := imports.ISO(o.SeatTo)
	row, err := h.EndSeat(ctx, o.ID, last)
	if err != nil {
		return at(err, "to")
	}
	*o = *row
	done.Changes = append(done.Changes, imports.Diff{Column: "to", Before: was, After: imports.ISO(&last), Row: &o.ID})
	return nil
}

// Revert lets seats last as they did; new ones are taken away beside it.
func (h *seatHand) Revert(ctx context.Context, _ uuid.UUID, changes []imports.Diff) error {
	for _, d := range changes {
		if d.Row == nil {
			continue
		}
		o, err := h.client.Seat.Get(authz.System(ctx), *d.Row)
		if err != nil {
			return err
		}
		if imports.ISO(o.SeatTo) != d.After {
			return errs.New(errs.NotAllowedInState, "这一席位的终止日期后来又改过")
		}
		up := h.client.Seat.UpdateOne(o).ClearSeatTo()
		if before := imports.DayOf(d.Before); before != nil {
			up = h.client.Seat.UpdateOne(o).SetSeatTo(*before)
		}
		if err := up.Exec(authz.System(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// at is an error at a column of the line.
func at(err error, column string) error {
	e, ok := errs.As(err)
	if !ok {
		return err
	}
	named := *e
	named.Path = []string{column}
	return named.Because(err)
}
