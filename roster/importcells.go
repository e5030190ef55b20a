package roster

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// ordinal reads 15, 第15届 and 第十五届.
func ordinal(s string) (int, error) {
	n, err := text.Ordinal(s, "届")
	if err != nil {
		return 0, err.At("term")
	}
	return n, nil
}

// seatLine is one seat of a line.
type seatLine struct {
	column string
	unit   *gen.Unit
	in     NewSeat
	dated  bool
}

// seated reads the seats of a line.
func (h *memberHand) seated(v imports.Values) (out []seatLine, err error) {
	for _, column := range []string{"sector", "committee", "seats"} {
		for _, one := range strings.FieldsFunc(v[column], func(r rune) bool { return r == '；' || r == ';' || r == '\n' }) {
			if one = strings.TrimSpace(one); one == "" {
				continue
			}
			l, err := h.seat(column, one)
			if e, ok := errs.As(err); ok {
				return nil, e.At(column)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, l)
		}
	}
	return out, nil
}

func (h *memberHand) seat(column, s string) (l seatLine, err error) {
	parts := strings.Split(strings.ReplaceAll(s, "｜", "|"), "|")
	at := func(i int) string {
		if i < len(parts) {
			return strings.TrimSpace(parts[i])
		}
		return ""
	}
	fits := map[string]func(*gen.Unit) bool{
		"sector":    func(u *gen.Unit) bool { return slices.Contains(sectors, u.Kind) },
		"committee": func(u *gen.Unit) bool { return slices.Contains(committees, u.Kind) },
	}[column]
	if l.unit, err = h.names.find(at(0), fits); err != nil {
		return l, err
	}
	l.column, l.in = column, NewSeat{Unit: l.unit.ID, Post: "MEMBER", Initiator: at(4), Certificate: at(5)}
	if at(1) != "" {
		l.in.Post = ""
		for post, w := range postWords {
			if text.Key(w) == text.Key(at(1)) {
				l.in.Post = seat.Post(post)
			}
		}
		if l.in.Post == "" {
			return l, errs.New(errs.Invalid, "没有职务“%s”", at(1))
		}
	}
	for i, into := range []**time.Time{&l.in.From, &l.in.To} {
		if at(2+i) == "" {
			continue
		}
		if *into = imports.DayOf(at(2 + i)); *into == nil {
			return l, errs.New(errs.Invalid, "席位的日期“%s”请写成 2024-03-01", at(2+i))
		}
		l.dated = true
	}
	if len(parts) > 6 {
		return l, errs.New(errs.Invalid, "席位至多六项：单位|职务|起始|终止|由谁提出|聘书编号")
	}
	return l, nil
}

func yesNo(b bool) string {
	if b {
		return imports.Yes
	}
	return imports.No
}

// Revert gives a person what was there before, and takes his new account off
// him; seats are taken away beside it.
func (h *memberHand) Revert(ctx context.Context, subject uuid.UUID, changes []imports.Diff) error {
	c, some := MemberChange{Membership: subject}, false
	for _, d := range changes {
		before := d.Before
		if at := map[string]**string{"name": &c.Name, "phone": &c.Phone, "wecom": &c.WeCom, "politicalParty": &c.PoliticalParty, "post": &c.Post, "memberNo": &c.MemberNo}[d.Column]; at != nil {
			*at, some = &before, true
			continue
		}
		switch d.Column {
		case "term":
			n, err := ordinal(before)
			if err != nil {
				return errs.New(errs.NotAllowedInState, "原来没有届次，不能改回")
			}
			for _, t := range h.terms {
				if t.Ordinal == n {
					c.Term, some = &t.ID, true
				}
			}
		case "status":
			st := membership.Status(before)
			c.Status, some = &st, true
		case "ranked":
			ranked := before == imports.Yes
			c.Ranked, some = &ranked, true
		}
	}
	if !some {
		return nil
	}
	_, err := h.UpdateMember(ctx, c)
	return err
}

func (h *memberHand) termText(m *gen.Membership) string {
	for _, t := range h.terms {
		if m.TermID != nil && t.ID == *m.TermID {
			return strconv.Itoa(t.Ordinal)
		}
	}
	return ""
}

// seatText is a seat as a cell has it; what it shares with most is left out.
func (h *memberHand) seatText(o *gen.Seat, m *gen.Membership) string {
	u := h.names.byID[o.UnitID]
	if u == nil {
		return ""
	}
	parts := []string{h.names.shown(u), postWords[string(o.Post)], imports.ISO(o.SeatFrom), imports.ISO(o.SeatTo), o.Initiator, o.CertificateNo}
	if sameDay(o.SeatFrom, m.ActiveFrom) {
		parts[2] = ""
	}
	for len(parts) > 2 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 2 && o.Post == "MEMBER" {
		parts = parts[:1]
	}
	return strings.Join(parts, "|")
}

// export lists who is here, with what of him can be written in a line. Accounts
// belong to persons and are in no export.
func (h *memberHand) export() []imports.Values {
	var out []imports.Values
	for _, m := range h.people {
		v := imports.Values{
			"name": m.Name, "kind": string(m.Kind), "term": h.termText(m), "memberNo": m.MemberNo, "phone": m.Phone, "wecom": m.Wecom,
			"politicalParty": m.PoliticalParty, "post": m.Post, "from": imports.ISO(m.ActiveFrom), "status": string(m.Status),
		}
		if m.Kind == membership.KindMEMBER {
			v["ranked"] = yesNo(m.Ranked)
		}
		cells := map[string][]string{}
		for _, o := range h.seats[m.ID] {
			u := h.names.byID[o.UnitID]
			if u == nil || authz.SeatPeriod(o).Over(h.today) {
				continue
			}
			column := "seats"
			switch {
			case o.Post != "MEMBER":
			case slices.Contains(sectors, u.Kind):
				column = "sector"
			case slices.Contains(committees, u.Kind):
				column = "committee"
			}
			cells[column] = append(cells[column], h.seatText(o, m))
		}
		for column, list := range cells {
			slices.Sort(list)
			v[column] = strings.Join(list, "；")
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b imports.Values) int {
		return strings.Compare(a["kind"]+"\x00"+a["term"]+"\x00"+a["memberNo"]+"\x00"+a["name"]+"\x00"+a["phone"], b["kind"]+"\x00"+b["term"]+"\x00"+b["memberNo"]+"\x00"+b["name"]+"\x00"+b["phone"])
	})
	return out
}
