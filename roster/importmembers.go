package roster

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/term"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// postWords are what posts are called in a cell.
var postWords = wordsOf("SeatPost", nil)

// seatsNote says how seats are written.
const seatsNote = "写单位名称；要写职务和起止日期的写成 单位|职务|2024-01-01|2026-12-31，多个用；分开"

func (s *Service) memberImport() *imports.Kind {
	return &imports.Kind{
		Code: "MEMBERS", Title: "人员", Also: []string{"委员", "委员名单", "委员名册", "人员名单", "花名册"}, Entity: gen.TypeMembership, Table: "memberships", Most: 10_000,
		Columns: []imports.Column{
			{Code: "name", Title: "姓名", Also: []string{"委员姓名", "名字"}, Must: true},
			{Code: "kind", Title: "类别", Also: []string{"人员类别", "身份"}, Type: imports.Choice, Words: wordsOf("MembershipKind", nil), Note: "空为委员", Width: 18},
			{Code: "term", Title: "届次", Also: []string{"届", "第几届"}, Note: "第几届，只有委员填写；空为现在的一届"},
			{Code: "memberNo", Title: "委员证号", Also: []string{"证号", "委员编号", "委员号"}},
			{Code: "phone", Title: "联系电话", Also: []string{"手机", "手机号", "手机号码", "电话", "联系方式", "移动电话"}, Personal: true},
			{Code: "wecom", Title: "企业微信账号", Also: []string{"企业微信", "企微账号"}, Personal: true},
			{Code: "politicalParty", Title: "党派", Also: []string{"政治面貌", "党派名称", "所属党派"}},
			{Code: "post", Title: "职务", Also: []string{"单位及职务", "工作单位及职务", "单位职务", "单位和职务"}, Width: 32},
			{Code: "from", Title: "起始日期", Also: []string{"任职日期", "任职时间", "起始时间", "担任委员时间"}, Type: imports.Day, Note: "空为今天"},
			{Code: "status", Title: "状态", Type: imports.Choice, Words: map[string]string{"ACTIVE": "在任", "PROPOSED": "提名", "SUSPENDED": "暂停"}, Note: "空为在任"},
			{Code: "ranked", Title: "参加排名", Also: []string{"是否参加排名", "履职排名"}, Type: imports.Flag, Note: "只有委员；空为是"},
			{Code: "sector", Title: "界别", Also: []string{"所属界别"}, Note: seatsNote},
			{Code: "committee", Title: "专委会", Also: []string{"所属专委会", "专门委员会"}, Note: seatsNote, Width: 24},
			{Code: "seats", Title: "其他席位", Also: []string{"席位", "其他任职", "兼任"}, Note: seatsNote, Width: 40},
			{Code: "login", Title: "登录名", Also: []string{"账号", "用户名"}, Note: "空为不登录"},
			{Code: "open", Title: "开通账号", Also: []string{"是否开通账号"}, Type: imports.Flag, Note: "填了登录名的，空为是；否为邀请已有这个账号的本人。激活码在导入以后逐人发出"},
		},
		Keys: memberKeys,
		Open: func(ctx context.Context) (imports.Hand, error) { return s.newMemberHand(ctx) },
		Export: func(ctx context.Context) ([]imports.Values, error) {
			h, err := s.newMemberHand(ctx)
			if err != nil {
				return nil, err
			}
			return h.export(), nil
		},
	}
}

// memberKeys: two lines with the same number, login or telephone and name are
// one person; two of the same name, where one has nothing else, may be.
func memberKeys(v imports.Values) (out []imports.Key) {
	add := func(column, value string, doubt bool) {
		out = append(out, imports.Key{Column: column, Value: value, Doubt: doubt})
	}
	if v["memberNo"] != "" {
		add("memberNo", "no\x00"+v["term"]+"\x00"+text.Key(v["memberNo"]), false)
	}
	if v["login"] != "" {
		add("login", "login\x00"+strings.ToLower(v["login"]), false)
	}
	name := text.Key(v["name"])
	switch {
	case name == "":
	case v["phone"] != "":
		add("phone", "phone\x00"+name+"\x00"+dialled(v["phone"]), false)
	case v["memberNo"] == "" && v["login"] == "":
		add("name", "name\x00"+name, true)
	}
	return out
}

// dialled are the digits of a number.
func dialled(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text.Key(s))
	if len(s) == 13 {
		s = strings.TrimPrefix(s, "86")
	}
	return s
}

// memberHand does lines of people.
type memberHand struct {
	*Service
	names   *unitNames
	terms   []*gen.Term
	people  map[uuid.UUID]*gen.Membership
	byName  map[string][]*gen.Membership
	byNo    map[numbered]*gen.Membership
	logins  map[string]uuid.UUID // of whose accounts are here
	seats   map[uuid.UUID][]*gen.Seat
	invited map[uuid.UUID]bool
	today   time.Time
}

func (s *Service) newMemberHand(ctx context.Context) (*memberHand, error) {
	h := &memberHand{Service: s, people: map[uuid.UUID]*gen.Membership{}, byName: map[string][]*gen.Membership{}, byNo: map[numbered]*gen.Membership{}, logins: map[string]uuid.UUID{},
		seats: map[uuid.UUID][]*gen.Seat{}, invited: map[uuid.UUID]bool{}, today: clock.Today(ctx)}
	var err error
	if h.names, err = s.unitNames(ctx); err != nil {
		return nil, err
	}
	if h.terms, err = s.client.Term.Query().Order(term.ByOrdinal()).All(ctx); err != nil {
		return nil, err
	}
	people, err := s.client.Membership.Query().Where(membership.StatusIn(membership.StatusACTIVE, membership.StatusPROPOSED, membership.StatusSUSPENDED)).
		WithSeats().Order(membership.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range people {
		h.add(m)
		h.seats[m.ID] = m.Edges.Seats
	}
	type login struct {
		ID    uuid.UUID
		Login string
	}
	list, err := tenants.Rows[login](ctx, `SELECT m.id, a.login FROM memberships m JOIN accounts a ON a.id = m.account_id`)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		h.logins[l.Login] = l.ID
	}
	open, err := tenants.Rows[struct{ ID uuid.UUID }](ctx, `SELECT i.membership_id FROM account_invitations i JOIN memberships m ON m.id = i.membership_id WHERE i.answered_at IS NULL AND i.withdrawn_at IS NULL`)
	for _, o := range open {
		h.invited[o.ID] = true
	}
	return h, err
}

func (h *memberHand) add(m *gen.Membership) {
	h.people[m.ID] = m
	k := text.Key(m.Name)
	h.byName[k] = append(h.byName[k], m)
	if m.TermID != nil && m.MemberNo != "" {
		h.byNo[numbered{*m.TermID, m.MemberNo}] = m
	}
}

// numbered is a number on a card in its term.
type numbered struct {
	term uuid.UUID
	no   string
}

// Match: the number on the card, the login, or name and telephone say who it is;
// the name alone does where nothing speaks against it.
func (h *memberHand) Match(v imports.Values) (m imports.Match, err error) {
	is := func(p *gen.Membership) imports.Match { return imports.Match{Subject: &p.ID, Called: p.Name} }
	t, err := h.term(v)
	if err != nil {
		return m, err
	}
	if login, err := accounts.Login(v["login"]); err == nil && h.people[h.logins[login]] != nil {
		return h.certain(v, h.people[h.logins[login]], "登录名"), nil
	}
	named := h.byName[text.Key(v["name"])]
	if no := v["memberNo"]; no != "" && t != nil {
		if p := h.byNo[numbered{t.ID, no}]; p != nil {
			return h.certain(v, p, "委员证号"), nil
		}
	}
	var like []*gen.Membership
	for _, p := range named {
		switch {
		case v["phone"] != "" && dialled(p.Phone) == dialled(v["phone"]):
			return is(p), nil
		case v["memberNo"] != "" && p.MemberNo != "" && t != nil && p.TermID != nil && *p.TermID == t.ID: // another number of the same term
		default:
			like = append(like, p)
		}
	}
	switch {
	case len(like) == 0:
		return m, nil
	case len(like) > 1:
		out := is(like[0])
		out.Doubt = fmt.Sprintf("有 %d 位“%s”，分不清是哪一位：请补写委员证号或联系电话", len(like), v["name"])
		return out, nil
	}
	out := is(like[0])
	if v["phone"] != "" && like[0].Phone != "" {
		out.Doubt = "已有同名的人，联系电话不同：是他换了电话，还是另一个人"
	} else if !h.alike(v, like[0]) {
		out.Doubt = "已有同名的人，没有其他相同的内容：是他，还是另一个人"
	}
	return out, nil
}

// certain is who a number or a login says, unless he has another name.
func (h *memberHand) certain(v imports.Values, p *gen.Membership, by string) imports.Match {
	out := imports.Match{Subject: &p.ID, Called: p.Name}
	if text.Key(p.Name) != text.Key(v["name"]) {
		out.Doubt = fmt.Sprintf("这个%s是“%s”的：是他改了名字，还是%s写错了", by, p.Name, by)
	}
	return out
}

// alike: a namesake with the same post, party, or seat, or of whom nothing else is
// said.
func (h *memberHand) alike(v imports.Values, p *gen.Membership) bool {
	if v["post"] == "" && v["politicalParty"] == "" && v["sector"] == "" {
		return true
	}
	same := func(a, b string) bool { return a != "" && text.Key(a) == text.Key(b) }
	if same(v["post"], p.Post) || same(v["politicalParty"], p.PoliticalParty) {
		return true
	}
	for _, o := range h.seats[p.ID] {
		if u := h.names.byID[o.UnitID]; u != nil && same(v["sector"], u.Name) {
			return true
		}
	}
	return false
}

// term is the one that a line means: of a member without one, that of today.
func (h *memberHand) term(v imports.Values) (*gen.Term, error) {
	if k := v["kind"]; k != "" && membership.Kind(k) != membership.KindMEMBER && v["term"] == "" {
		return nil, nil
	}
	if v["term"] == "" {
		for _, t := range h.terms {
			if authz.TermPeriod(t).Has(h.today) {
				return t, nil
			}
		}
		return nil, nil
	}
	n, err := ordinal(v["term"])
	if err != nil {
		return nil, err
	}
	for _, t := range h.terms {
		if t.Ordinal == n {
			return t, nil
		}
	}
	return nil, errs.New(errs.NotFound, "没有第 %d 届，请先在届次中建立", n).At("term")
}

// keepSeats gives a person the seats of a line that he has not.
func (h *memberHand) keepSeats(ctx context.Context, m *gen.Membership, v imports.Values, list []seatLine, done *imports.Done) error {
	for _, l := range list {
		if !l.dated && slices.ContainsFunc(h.seats[m.ID], func(o *gen.Seat) bool {
			return o.UnitID == l.in.Unit && o.Post == l.in.Post && !authz.SeatPeriod(o).Over(h.today)
		}) {
			continue
		}
		l.in.Membership = m.ID
		if l.in.From == nil {
			l.in.From = imports.DayOf(v["from"])
		}
		o, err := h.Seat(ctx, l.in)
		if e, ok := errs.As(err); ok {
			named := *e
			named.Path = []string{l.column}
			return named.Because(err)
		}
		if err != nil {
			return err
		}
		if slices.ContainsFunc(h.seats[m.ID], func(was *gen.Seat) bool { return was.ID == o.ID }) {
			continue
		}
		h.seats[m.ID] = append(h.seats[m.ID], o)
		done.Made = append(done.Made, imports.Made{Table: "seats", ID: o.ID})
		if done.Subject != uuid.Nil { // of who was here before: it is a change
			done.Changes = append(done.Changes, imports.Diff{Column: l.column, After: h.seatText(o, m)})
		}
	}
	return nil
}

// Apply enters a person with his seats, or corrects who is there.
func (h *memberHand) Apply(ctx context.Context, v imports.Values, subject *uuid.UUID) (done imports.Done, err error) {
	seats, err := h.seated(v)
	if err != nil {
		return done, err
	}
	if subject == nil {
		return h.enterLine(ctx, v, seats)
	}
	m := h.people[*subject]
	if m == nil {
		return done, errs.New(errs.NotFound, "没有这个人")
	}
	done = imports.Done{Subject: m.ID, Called: m.Name}
	if k := v["kind"]; k != "" && membership.Kind(k) != m.Kind {
		return done, errs.New(errs.Invalid, "类别不能改：%s现在是%s", m.Name, wordsOf("MembershipKind", nil)[string(m.Kind)]).At("kind")
	}
	change, diffs, err := h.compare(v, m)
	if err != nil {
		return done, err
	}
	if len(diffs) > 0 || change.SignIn != nil {
		account := m.AccountID
		if m, err = h.UpdateMember(ctx, change); err != nil {
			return done, err
		}
		if change.Status != nil && m.Status != *change.Status {
			return done, errs.New(errs.NotAllowedInState, "%s的状态须两人办理，请在人员页面提出", m.Name).At("status")
		}
		if change.SignIn != nil {
			if err := h.signedIn(ctx, m, account == nil, &done); err != nil {
				return done, err
			}
		}
	}
	done.Changes = diffs
	if err := h.keepSeats(ctx, m, v, seats, &done); err != nil {
		return done, err
	}
	slices.SortStableFunc(done.Made, func(a, b imports.Made) int { return strings.Compare(b.Table, a.Table) }) // seats before accounts
	h.people[m.ID] = m
	done.Version = m.Version
	return done, nil
}

// enterLine enters somebody new.
func (h *memberHand) enterLine(ctx context.Context, v imports.Values, seats []seatLine) (done imports.Done, err error) {
	in := NewMember{
		Person: Person{Name: v["name"], Phone: v["phone"], WeCom: v["wecom"], PoliticalParty: v["politicalParty"], Post: v["post"]},
		SignIn: SignIn{Login: v["login"], Open: v["login"] != "" && v["open"] != imports.No}, Kind: membership.Kind(v["kind"]),
		MemberNo: v["memberNo"], From: imports.DayOf(v["from"]), Unranked: v["ranked"] == imports.No, Proposed: v["status"] == string(membership.StatusPROPOSED),
	}
	if in.Kind == "" {
		in.Kind = membership.KindMEMBER
	}
	t, err := h.term(v)
	if err != nil {
		return done, err
	}
	if t != nil {
		in.Term = &t.ID
	}
	m, err := h.AddMember(ctx, in)
	if err != nil {
		return done, err
	}
	if err := h.keepSeats(ctx, m, v, seats, &done); err != nil {
		return done, err
	}
	done.Subject, done.Called = m.ID, m.Name
	done.Made = append(done.Made, imports.Made{Table: "memberships", ID: m.ID})
	if in.Login != "" {
		if err := h.signedIn(ctx, m, true, &done); err != nil {
			return done, err
		}
		h.logins[strings.ToLower(in.Login)] = m.ID
	}
	if v["status"] == string(membership.StatusSUSPENDED) {
		st := membership.StatusSUSPENDED
		if m, err = h.UpdateMember(ctx, MemberChange{Membership: m.ID, Status: &st}); err != nil {
			return done, err
		}
	}
	h.add(m)
	done.Version = m.Version
	return done, nil
}

// signedIn notes the account that a line opened, or the invitation of who has
// one elsewhere.
func (h *memberHand) signedIn(ctx context.Context, m *gen.Membership, fresh bool, done *imports.Done) error {
	if m.AccountID != nil {
		if fresh {
			done.Made = append(done.Made, imports.Made{Table: "accounts", ID: *m.AccountID})
		}
		return nil
	}
	h.invited[m.ID] = true
	var id uuid.UUID
	err := tenants.Row(ctx, `SELECT id FROM account_invitations WHERE membership_id = $1 AND answered_at IS NULL AND withdrawn_at IS NULL ORDER BY id DESC LIMIT 1`, []any{m.ID}, &id)
	if tenants.NoRows(err) {
		return errs.New(errs.NotAllowedInState, "%s持有角色，开通账号须两人办理，请在人员页面提出", m.Name).At("login")
	}
	if err == nil {
		done.Made = append(done.Made, imports.Made{Table: "account_invitations", ID: id})
	}
	return err
}

// compare is what a line changes of a person.
func (h *memberHand) compare(v imports.Values, m *gen.Membership) (c MemberChange, diffs []imports.Diff, err error) {
	c = MemberChange{Membership: m.ID}
	for _, f := range []struct {
		column, now string
		into        **string
	}{{"name", m.Name, &c.Name}, {"phone", m.Phone, &c.Phone}, {"wecom", m.Wecom, &c.WeCom}, {"politicalParty", m.PoliticalParty, &c.PoliticalParty},
		{"post", m.Post, &c.Post}, {"memberNo", m.MemberNo, &c.MemberNo}} {
		if want := v[f.column]; want != "" && want != f.now && (f.column != "phone" || dialled(want) != dialled(f.now)) {
			*f.into = &want
			diffs = append(diffs, imports.Diff{Column: f.column, Before: f.now, After: want})
		}
	}
	if v["term"] != "" {
		t, err := h.term(v)
		if err != nil {
			return c, nil, err
		}
		if m.TermID == nil || *m.TermID != t.ID {
			c.Term = &t.ID
			diffs = append(diffs, imports.Diff{Column: "term", Before: h.termText(m), After: strconv.Itoa(t.Ordinal)})
		}
	}
	if want := membership.Status(v["status"]); want != "" && want != m.Status {
		c.Status = &want
		diffs = append(diffs, imports.Diff{Column: "status", Before: string(m.Status), After: string(want)})
	}
	if want := v["ranked"]; want != "" && m.Kind == membership.KindMEMBER && (want == imports.Yes) != m.Ranked {
		ranked := want == imports.Yes
		c.Ranked = &ranked
		diffs = append(diffs, imports.Diff{Column: "ranked", Before: yesNo(m.Ranked), After: want})
	}
	if login := v["login"]; login != "" && h.logins[strings.ToLower(login)] != m.ID && !h.invited[m.ID] {
		c.SignIn = &SignIn{Login: login, Open: v["open"] != imports.No}
	}
	return c, diffs, nil
}
