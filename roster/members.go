package roster

import (
	"context"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/term"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Person is what is known of a person here.
type Person struct {
	Name           string
	Phone          string
	WeCom          string // by which 企业微信 knows him
	PoliticalParty string
	Post           string
}

// telephone is a number as people write it.
var telephone = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,19}$`)

func (p *Person) check() error {
	if err := texts(
		field{&p.Name, shortText, true, "姓名", "name"},
		field{&p.Phone, shortText, false, "联系电话", "phone"},
		field{&p.WeCom, shortText, false, "企业微信账号", "wecom"},
		field{&p.PoliticalParty, shortText, false, "党派", "politicalParty"},
		field{&p.Post, nameText, false, "职务", "post"},
	); err != nil {
		return err
	}
	if p.Phone != "" && !telephone.MatchString(p.Phone) {
		return errs.New(errs.Invalid, "联系电话只能有数字、空格和连字符，5 至 20 位").At("phone")
	}
	if p.WeCom != "" && !phone.Userid(p.WeCom) {
		return errs.New(errs.Invalid, "企业微信账号只能有字母、数字和 . _ @ -").At("wecom")
	}
	return nil
}

// SignIn is how a person signs in. With a word, or where an account is asked
// for, one is made, which its owner has to activate (S2). Without either, or when
// the login is in use elsewhere, its owner is invited: the person has no account
// here until he accepts (S7). Whether anybody has the login the administrator
// does not learn. All empty: the person does not sign in.
type SignIn struct {
	Login    string
	Password string // the word that activates the account, once; empty: IssueActivation gives one
	Open     bool   // make an account, though no word is given
}

// NewMember is a person to enter.
type NewMember struct {
	Person
	SignIn
	Kind     membership.Kind
	Term     *uuid.UUID // of a MEMBER, and only there
	MemberNo string     // 委员证号, used once a term
	From     *time.Time // first day; nil: today
	Unranked bool       // a MEMBER who takes no part in the ranking; others never do
	Proposed bool       // nominated and not yet decided upon: cannot sign in
}

// AddMember enters a person. Called twice it is a Conflict by member number, or
// by the login of somebody who is here; with neither it enters two persons of the same name, since
// namesakes exist.
func (s *Service) AddMember(ctx context.Context, in NewMember) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.AddMember")
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	return s.addMember(ctx, in)
}

func (s *Service) addMember(ctx context.Context, in NewMember) (*gen.Membership, error) {
	if err := days(clock.Today(ctx), dated{&in.From, "from"}); err != nil {
		return nil, err
	}
	if err := in.Person.check(); err != nil {
		return nil, err
	}
	if membership.KindValidator(in.Kind) != nil {
		return nil, errs.New(errs.Invalid, "请选择委员、机关干部或承办单位人员").At("kind")
	}
	no, err := s.checkTermOf(ctx, in.Kind, in.Term, in.MemberNo, uuid.Nil)
	if err != nil {
		return nil, err
	}
	account, invite, err := s.account(ctx, in.SignIn)
	if err != nil {
		return nil, err
	}
	m, err := s.enterMember(ctx, in, no, account)
	if err == nil && invite {
		_, err = s.invite(ctx, in.Login, m)
	}
	return m, err
}

func (s *Service) enterMember(ctx context.Context, in NewMember, no string, account *uuid.UUID) (*gen.Membership, error) {
	status := membership.StatusACTIVE
	if in.Proposed {
		status = membership.StatusPROPOSED
	}
	return s.client.Membership.Create().SetNillableAccountID(account).SetName(in.Name).SetKind(in.Kind).
		SetNillableTermID(in.Term).SetMemberNo(no).SetPoliticalParty(in.PoliticalParty).SetPost(in.Post).SetPhone(in.Phone).SetWecom(in.WeCom).
		SetStatus(status).SetActiveFrom(or(in.From, clock.Today(ctx))).
		SetRanked(in.Kind == membership.KindMEMBER && !in.Unranked).Save(ctx)
}

// checkTermOf: a member of the committee belongs to a term and others do not;
// the number on the card is used once in it. It answers the tidied number.
func (s *Service) checkTermOf(ctx context.Context, kind membership.Kind, in *uuid.UUID, no string, but uuid.UUID) (string, error) {
	no, err := text.Field{Label: "委员证号", Path: []string{"memberNo"}, Most: shortText}.Take(no)
	switch {
	case err != nil:
		return "", err
	case kind != membership.KindMEMBER && in != nil:
		return "", errs.New(errs.Invalid, "只有委员属于某一届").At("term")
	case kind != membership.KindMEMBER && no != "":
		return "", errs.New(errs.Invalid, "只有委员有委员证号").At("memberNo")
	case kind != membership.KindMEMBER:
		return "", nil
	case in == nil:
		return "", errs.New(errs.Invalid, "请选择委员所属的届次").At("term")
	}
	ok, err := s.client.Term.Query().Where(term.ID(*in)).Exist(ctx)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", errs.New(errs.NotFound, "没有这个届次，或您无权查看").At("term")
	}
	if no == "" {
		return "", nil
	}
	taken, err := s.client.Membership.Query().Where(membership.TermID(*in), membership.MemberNo(no), membership.IDNEQ(but)).Exist(ctx)
	if err == nil && taken {
		err = errs.New(errs.Conflict, "本届已有委员证号 %s", no).At("memberNo")
	}
	return no, err
}

// account makes the account of a login, or says that its owner is to be invited;
// neither when the person does not sign in.
func (s *Service) account(ctx context.Context, in SignIn) (made *uuid.UUID, invite bool, err error) {
	if in.Login == "" {
		if in.Password != "" || in.Open {
			return nil, false, errs.New(errs.Invalid, "请填写登录名").At("login")
		}
		return nil, false, nil
	}
	if err := s.newHere(ctx, in.Login); err != nil {
		return nil, false, err
	}
	if in.Password == "" && !in.Open {
		return nil, true, nil
	}
	var by uuid.UUID // nobody: the operator
	if v := authz.From(ctx); v != nil {
		by = v.Account
	}
	id, err := s.accounts.Create(ctx, in.Login, in.Password, by)
	if errs.Is(err, errs.Conflict) {
		return nil, true, nil
	}
	return &id, false, err
}

// newHere refuses the login of somebody who is in this committee already: of its
// own people an administrator may know.
func (s *Service) newHere(ctx context.Context, login string) error {
	id, err := findAccount(ctx, login)
	if err != nil || id == nil {
		return err
	}
	here, err := s.client.Membership.Query().Where(membership.AccountID(*id)).Only(ctx)
	switch {
	case gen.IsNotFound(err):
		return nil
	case err != nil:
		return err
	case ended(here.Status):
		return errs.New(errs.Conflict, "此人在本政协有已终止的身份，请恢复该身份").At("login").With("membershipId", here.ID)
	}
	return errs.New(errs.Conflict, "此人在本政协已有身份").At("login").With("membershipId", here.ID)
}

// findAccount is nil when no account that may sign in has the login. Accounts
// are global: what this finds is not told to who asks for it.
func findAccount(ctx context.Context, login string) (*uuid.UUID, error) {
	login, err := accounts.Login(login)
	if err != nil {
		return nil, err
	}
	var id uuid.UUID
	err = tenants.Row(ctx, `SELECT id FROM accounts WHERE login = $1 AND disabled_at IS NULL`, []any{login}, &id)
	if tenants.NoRows(err) {
		return nil, nil
	}
	return &id, err
}

func (s *Service) membership(ctx context.Context, id uuid.UUID) (*gen.Membership, error) {
	m, err := s.client.Membership.Get(ctx, id)
	return authz.Found(m, err, "人员")
}

// MemberChange corrects what is known of a person; nil leaves a field as it
// is. SignIn gives a person without an account one.
type MemberChange struct {
	Membership     uuid.UUID
	Expected       *int
	Name           *string
	Phone          *string
	WeCom          *string
	PoliticalParty *string
	Post           *string
	Term           *uuid.UUID // the member was elected again
	MemberNo       *string
	Status         *membership.Status // ACTIVE or SUSPENDED; ending is EndMembership's
	Ranked         *bool
	SignIn         *SignIn
	Taker          *uuid.UUID // of a suspension: who takes over what waits for the last holder of a role
}

// UpdateMember corrects a person. Called twice with an expected version, the
// second is a VersionConflict; without, it writes the same again, but a login
// is refused the second time. An account for who holds roles, and the suspension
// of another administrator or the last auditor, wait for a second person.
func (s *Service) UpdateMember(ctx context.Context, in MemberChange) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.UpdateMember(%s)", in.Membership)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if err := errs.Unchanged(in.Expected, m.Version); err != nil {
		return nil, err
	}
	p, err := in.check(m)
	if err != nil {
		return nil, err
	}
	if err := s.attaching(ctx, m, &in); err != nil {
		return nil, err
	}
	if err := s.resting(ctx, m, &in); err != nil {
		return nil, err
	}
	if in.Status != nil && *in.Status != membership.StatusACTIVE {
		if err := s.handing(ctx, m, nil, in.Taker); err != nil {
			return nil, err
		}
		if err := s.keepsAdmin(ctx, func(g *gen.Grant) bool { return g.MembershipID == m.ID }); err != nil {
			return nil, err
		}
	}
	up := s.client.Membership.UpdateOne(m).SetName(p.Name).SetPhone(p.Phone).SetWecom(p.WeCom).SetPoliticalParty(p.PoliticalParty).SetPost(p.Post).
		SetNillableStatus(in.Status).SetNillableRanked(in.Ranked).AddVersion(1)
	if err := s.changeTerm(ctx, m, in, up); err != nil {
		return nil, err
	}
	if in.SignIn != nil {
		account, invite, err := s.account(ctx, *in.SignIn)
		if err != nil {
			return nil, err
		}
		if invite {
			if _, err := s.invite(ctx, in.SignIn.Login, m); err != nil {
				return nil, err
			}
		}
		up.SetNillableAccountID(account)
	}
	return up.Save(ctx)
}

// check says what is wrong with the change by itself, and answers the person
// as he would be.
func (in MemberChange) check(m *gen.Membership) (Person, error) {
	p := Person{m.Name, m.Phone, m.Wecom, m.PoliticalParty, m.Post}
	switch {
	case ended(m.Status):
		return p, errs.New(errs.NotAllowedInState, "%s的身份已终止；重新担任请恢复身份", m.Name)
	case in.Status != nil && *in.Status != membership.StatusACTIVE && *in.Status != membership.StatusSUSPENDED:
		return p, errs.New(errs.Invalid, "状态只能改为在任或暂停；终止请用终止身份").At("status")
	case in.Status != nil && *in.Status == membership.StatusSUSPENDED && m.Status == membership.StatusPROPOSED:
		return p, errs.New(errs.NotAllowedInState, "%s还没有任职，不能暂停", m.Name).At("status")
	case in.Ranked != nil && *in.Ranked && m.Kind != membership.KindMEMBER:
		return p, errs.New(errs.Invalid, "只有委员参加履职排名").At("ranked")
	case in.SignIn != nil && m.AccountID != nil:
		return p, errs.New(errs.Conflict, "%s已有账号", m.Name).At("login")
	}
	for _, f := range []struct{ to, from *string }{{&p.Name, in.Name}, {&p.Phone, in.Phone}, {&p.WeCom, in.WeCom}, {&p.PoliticalParty, in.PoliticalParty}, {&p.Post, in.Post}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return p, p.check()
}

func (s *Service) changeTerm(ctx context.Context, m *gen.Membership, in MemberChange, up *gen.MembershipUpdateOne) error {
	if in.Term == nil && in.MemberNo == nil {
		return nil
	}
	of, no := m.TermID, m.MemberNo
	if in.Term != nil && !sameID(in.Term, m.TermID) {
		of, no = in.Term, "" // numbers are given anew each term
	}
	if in.MemberNo != nil {
		no = *in.MemberNo
	}
	no, err := s.checkTermOf(ctx, m.Kind, of, no, m.ID)
	if err == nil {
		up.SetNillableTermID(in.Term).SetMemberNo(no)
	}
	return err
}
