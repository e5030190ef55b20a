package exchange

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Terms are one committee's half of an agreement. What is not named stays as it
// is; of a new agreement it is LOCAL, and nothing but status crosses.
type Terms struct {
	Partner  string            // code of the other committee
	Name     string            // its name; filled in for one of this installation
	Channel  agreement.Channel // LOCAL: same installation; FILE: envelope files; empty: as it is
	Sends    []string          // kinds; nil: as they are
	Receives []string
	Key      string // the partner's public key, base64; filled in for LOCAL; empty: as it is
	Expected *int   // version that was looked at; nil: whatever it is

	directory string // the key that this installation knows for the partner; empty: none
}

// manage is the right to set agreements.
const manage = "exchange.manage"

// maxKinds bounds the lists of an agreement.
const maxKinds = 50

// Set makes the committee's half of an agreement, active, or changes it; a
// suspended one stays so. Nothing crosses before the partner has set its half.
// Setting the same again changes nothing but the version. By which channel and
// under which key letters are believed takes two to change; until the second
// has confirmed it they stay as they are, and the partner is told of it (S6).
func (s *Service) Set(ctx context.Context, t Terms) (_ *gen.Agreement, err error) {
	defer errs.Wrap(&err, "exchange.Set(%s)", t.Partner)
	if _, err := authz.Require(ctx, manage); err != nil {
		return nil, err
	}
	ctx = authz.System(ctx)
	old, err := s.client.Agreement.Query().Where(agreement.Partner(t.Partner)).ForUpdate().Only(ctx)
	if err != nil && !gen.IsNotFound(err) {
		return nil, err
	}
	if err := s.complete(ctx, &t, old); err != nil {
		return nil, err
	}
	if old == nil {
		own := t.directory != "" && t.Key != t.directory // a committee of the directory that is run elsewhere
		a, err := s.client.Agreement.Create().SetPartner(t.Partner).SetPartnerName(t.Name).SetPartnerKey(cmp.Or(t.directory, t.Key)).SetChannel(t.Channel).
			SetSends(t.Sends).SetReceives(t.Receives).Save(ctx)
		if err != nil || !own {
			return a, tenants.Translate(err)
		}
		return a, s.rekeyed(ctx, &t, a)
	}
	if t.Expected != nil && *t.Expected != old.Version {
		return nil, errs.New(errs.VersionConflict, "约定已被他人修改，请刷新后再改").With("currentVersion", old.Version)
	}
	if err := s.rekeyed(ctx, &t, old); err != nil {
		return nil, err
	}
	return s.client.Agreement.UpdateOne(old).SetPartnerName(t.Name).SetPartnerKey(t.Key).SetChannel(t.Channel).
		SetSends(t.Sends).SetReceives(t.Receives).SetVersion(old.Version + 1).Save(ctx)
}

// Standard makes this committee's half of a standing agreement with one of the
// same installation, as the product, and answers it; nil where there is one
// already, which stays as it is.
func (s *Service) Standard(ctx context.Context, partner string, sends, receives []string) (_ *gen.Agreement, err error) {
	defer errs.Wrap(&err, "exchange.Standard(%s)", partner)
	old, err := s.with(ctx, partner)
	if err != nil || old != nil {
		return nil, err
	}
	t := Terms{Partner: partner, Sends: sends, Receives: receives}
	if err := s.complete(ctx, &t, nil); err != nil {
		return nil, err
	}
	a, err := s.client.Agreement.Create().SetPartner(t.Partner).SetPartnerName(t.Name).SetPartnerKey(t.Key).SetChannel(t.Channel).
		SetSends(t.Sends).SetReceives(t.Receives).Save(authz.System(ctx))
	return a, tenants.Translate(err)
}

// askTerms is the kind of request that changes an agreement's channel or key.
const askTerms = "agreement.terms"

// Requests registers what is done when a second person confirms.
func (s *Service) Requests(d *requests.Desk) {
	d.Register(askTerms, requests.Act{Object: gen.TypeAgreement, Right: manage, Do: flow.OnceConfirmed(s.Set)})
}

// rekeyed asks a second person for another channel or key and leaves both as
// they are, or, once confirmed, tells the partner. Where all letters so far have
// reached nobody, both chains begin anew (anew.go).
func (s *Service) rekeyed(ctx context.Context, t *Terms, old *gen.Agreement) error {
	var what []string
	if t.Channel != old.Channel {
		what = append(what, "往来方式改为"+channels[t.Channel])
	}
	if t.Key != old.PartnerKey {
		what = append(what, "登记的对方公钥换成以"+t.Key[:8]+"开头的一把")
	}
	if len(what) == 0 {
		return nil
	}
	changes := strings.Join(what, "，")
	says := fmt.Sprintf("把与%s的%s；此后只认新的方式和公钥，对方原来的信封不再收", old.PartnerName, changes)
	asked, err := flow.ByTwo(ctx, askTerms, manage, old.ID, says, "", Terms{Partner: t.Partner, Channel: t.Channel, Key: t.Key})
	if asked || err != nil {
		t.Channel, t.Key = old.Channel, old.PartnerKey
		return err
	}
	gone, err := nobody(ctx, t, old)
	if err != nil {
		return err
	}
	if gone {
		if err := s.anew(ctx, old, t.Sends); err != nil {
			return err
		}
	}
	me, err := own(ctx)
	if err == nil {
		_, err = s.put(ctx, old, KindStatus, Status{Note: fmt.Sprintf("%s把与贵单位的%s。如非双方商定，请立即联系核实", me.Name, changes)}, Object{})
	}
	return err
}

// channels are the words for them.
var channels = map[agreement.Channel]string{agreement.ChannelLOCAL: "同一套系统内直接送达", agreement.ChannelFILE: "信封文件"}

// unnamed fills in what the terms leave as it is.
func (t *Terms) unnamed(old *gen.Agreement) {
	if old == nil {
		t.Channel = cmp.Or(t.Channel, agreement.ChannelLOCAL)
		return
	}
	t.Channel, t.Name, t.Key = cmp.Or(t.Channel, old.Channel), cmp.Or(t.Name, old.PartnerName), cmp.Or(t.Key, old.PartnerKey)
}

// complete checks the terms and fills in what stays and what the installation
// knows; old is nil for a new agreement.
func (s *Service) complete(ctx context.Context, t *Terms, old *gen.Agreement) (err error) {
	t.unnamed(old)
	me, err := own(ctx)
	if err != nil {
		return err
	}
	if t.Partner == me.Code {
		return errs.New(errs.Invalid, "不能与本政协自己约定").At("partner")
	}
	if old == nil {
		old = &gen.Agreement{Sends: []string{KindStatus}, Receives: []string{KindStatus}}
	}
	if t.Sends, err = s.kindList(t.Sends, old.Sends, "sends"); err != nil {
		return err
	}
	if t.Receives, err = s.kindList(t.Receives, old.Receives, "receives"); err != nil {
		return err
	}
	partner, err := byCode(ctx, t.Partner)
	if err != nil {
		return err
	}
	switch t.Channel {
	case agreement.ChannelLOCAL:
		if !partner.Found {
			return errs.New(errs.Invalid, "本系统中没有行政区划代码为 %s 的政协，请改用信封文件，或核对代码", t.Partner).At("partner")
		}
		public, err := s.publicKey(partner)
		t.Name, t.Key = partner.Name, base64.StdEncoding.EncodeToString(public)
		return err
	case agreement.ChannelFILE:
		t.Key = strings.TrimSpace(t.Key)
		if t.Partner == "" || len(t.Partner) > 20 {
			return errs.New(errs.Invalid, "请填写对方的行政区划代码").At("partner")
		}
		if t.Name, err = (text.Field{Label: "对方政协的名称", Path: []string{"partnerName"}, Least: 1, Most: 100}).Take(t.Name); err != nil {
			return err
		}
		return s.fileKey(t, partner)
	}
	return errs.New(errs.Invalid, "请选择往来的方式：同一套系统，或信封文件").At("channel")
}

// fileKey checks the key of a partner whose letters come in files. One of this
// installation has the directory's key, or whoever may set an agreement could
// write letters in its name; that it is run elsewhere, and has another key, two
// persons say (S6).
func (s *Service) fileKey(t *Terms, partner committee) error {
	if partner.Found {
		public, err := s.publicKey(partner)
		if err != nil {
			return err
		}
		t.directory = base64.StdEncoding.EncodeToString(public)
		t.Name, t.Key = partner.Name, cmp.Or(t.Key, t.directory)
	}
	if publicKey(t.Key) == nil {
		return errs.New(errs.Invalid, "公钥应是对方提供的 44 个字符（Ed25519，base64），请核对后重填").At("partnerKey")
	}
	return nil
}

// kindList is sorted and without doubles; status always belongs to it. One that
// is not named stays; a kind that this program does not know is refused, since
// nothing of it would ever cross (M10).
func (s *Service) kindList(list, old []string, path string) ([]string, error) {
	if list == nil {
		return old, nil
	}
	if len(list) > maxKinds {
		return nil, errs.New(errs.Limited, "至多 %d 个种类", maxKinds).At(path)
	}
	for i, k := range list {
		if !kindForm.MatchString(k) {
			return nil, errs.New(errs.Invalid, "种类“%s”不对：应为小写英文字母、下划线或短横", k).At(path, strconv.Itoa(i))
		}
		if _, known := s.kinds[k]; !known {
			return nil, errs.New(errs.Invalid, "没有“%s”这种往来，可以选择的有：%s", k, strings.Join(slices.Sorted(maps.Keys(s.kinds)), "、")).At(path, strconv.Itoa(i))
		}
	}
	out := append([]string{KindStatus}, list...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// publicKey reads a key, nil when it is none.
func publicKey(text string) ed25519.PublicKey {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil
	}
	return b
}

// keyOf is the key with which a partner's envelopes are checked: derived for a
// committee of this installation, so that a changed secret needs no new
// agreements, else the one that was entered.
func (s *Service) keyOf(ctx context.Context, a *gen.Agreement) (ed25519.PublicKey, error) {
	if a.Channel == agreement.ChannelFILE {
		return publicKey(a.PartnerKey), nil
	}
	c, err := byCode(ctx, a.Partner)
	if err != nil || !c.Found {
		return nil, err
	}
	return s.publicKey(c)
}

// Suspend stops everything in both directions until Resume; what waits goes on
// waiting. Suspending a suspended agreement does nothing.
func (s *Service) Suspend(ctx context.Context, id uuid.UUID, reason string) (_ *gen.Agreement, err error) {
	defer errs.Wrap(&err, "exchange.Suspend(%s)", id)
	if reason, err = (text.Field{Label: "中止的理由", Path: []string{"reason"}, Least: 1, Most: 2000, Lines: true}).Take(reason); err != nil {
		return nil, err
	}
	a, err := s.managed(ctx, id)
	if err != nil || a.Status == agreement.StatusSUSPENDED {
		return a, err
	}
	now := clock.Now(ctx)
	return s.client.Agreement.UpdateOne(a).SetStatus(agreement.StatusSUSPENDED).SetReason(reason).SetSuspendedAt(now).
		SetVersion(a.Version + 1).Save(authz.System(ctx))
}

// Resume lets things cross again; what waits is tried at once. Resuming an
// active agreement does nothing.
func (s *Service) Resume(ctx context.Context, id uuid.UUID) (_ *gen.Agreement, err error) {
	defer errs.Wrap(&err, "exchange.Resume(%s)", id)
	a, err := s.managed(ctx, id)
	if err != nil || a.Status == agreement.StatusACTIVE {
		return a, err
	}
	now := clock.Now(ctx)
	a, err = s.client.Agreement.UpdateOne(a).SetStatus(agreement.StatusACTIVE).ClearReason().ClearSuspendedAt().
		SetVersion(a.Version + 1).Save(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	_, err = tenants.Exec(ctx, `UPDATE exchange_outbox SET next_at = least(next_at, $2) WHERE agreement_id = $1 AND status = 'WAITING' AND attempts = 0`, id, now)
	return a, err
}

// managed locks an agreement for who may change it.
func (s *Service) managed(ctx context.Context, id uuid.UUID) (*gen.Agreement, error) {
	if _, err := authz.Require(ctx, manage); err != nil {
		return nil, err
	}
	a, err := s.client.Agreement.Query().Where(agreement.ID(id)).ForUpdate().Only(authz.System(ctx))
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有这个往来约定，请刷新后再试")
	}
	return a, err
}

// with is the agreement with a partner, nil when there is none. It is held
// until the transaction ends, so that nobody suspends it in between.
func (s *Service) with(ctx context.Context, partner string) (*gen.Agreement, error) {
	a, err := s.client.Agreement.Query().Where(agreement.Partner(partner)).ForShare().Only(authz.System(ctx))
	if gen.IsNotFound(err) {
		return nil, nil
	}
	return a, err
}
