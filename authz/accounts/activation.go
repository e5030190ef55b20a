package accounts

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Word is what its owner activates an account with, once.
type Word struct {
	Text  string // shown once and stored nowhere
	Until time.Time
}

const (
	wordLength = 15 // of base 32: 75 bits
	wordGroup  = 5
	wordTries  = 10 // wrong ones, after which a word is dead
)

// newWord invents a word, in groups that can be read aloud.
func newWord() string {
	s := rand.Text()[:wordLength]
	return s[:wordGroup] + "-" + s[wordGroup:2*wordGroup] + "-" + s[2*wordGroup:]
}

// typedWord is the form in which words are compared: people copy them from
// paper, in small letters, with and without the hyphens.
func typedWord(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == ' ':
			return -1
		case 'a' <= r && r <= 'z':
			return r + 'A' - 'a'
		}
		return r
	}, typedPassword(typed))
}

// errActivate answers who signs in with his word: it opens nothing else.
func errActivate() error {
	return errs.New(errs.NotAllowedInState, "这是一次性的激活码，请先用它设定自己的密码，再用密码登录").With("activation", true)
}

// NeedsActivation reports whether a sign-in was refused because the account has
// a word and no password yet.
func NeedsActivation(err error) bool {
	e, ok := errs.As(err)
	return ok && e.Details["activation"] == true
}

// Issue gives an account a new word in place of its password or its former
// word, lifts its lock, takes its second factor away and ends its sessions. by is the account of who will see
// the word, nobody for the operator. Called twice, the second word counts.
func (s *Service) Issue(ctx context.Context, account, by uuid.UUID) (w Word, err error) {
	defer errs.Wrap(&err, "accounts.Issue(%s)", account)
	w = s.Pretend(ctx)
	release, err := s.hasher.within(ctx)
	if err != nil {
		return Word{}, err
	}
	hash := s.hasher.hash(typedWord(w.Text))
	release()
	err = s.join(ctx, func(ctx context.Context) error {
		login, err := s.LoginOf(ctx, account)
		if err != nil {
			return err
		}
		if _, err := endSessions(ctx, account, uuid.Nil, "activation"); err != nil {
			return err
		}
		if err := remember(ctx, account); err != nil {
			return err
		}
		if err := one(ctx, `
			UPDATE accounts SET password_hash = $2, activated_at = NULL, word_until = $3, word_tries = 0, vouched_by = $4 WHERE id = $1`,
			account, hash, w.Until, nobody(by)); err != nil {
			return err
		}
		if _, err := forget(ctx, login); err != nil {
			return err
		}
		if err := forgetFactor(ctx, account); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionWordIssued, Account: account, Login: login})
	})
	if err != nil {
		return Word{}, err
	}
	return w, nil
}

// Pretend is a word like any other that opens nothing.
func (s *Service) Pretend(ctx context.Context) Word {
	return Word{Text: newWord(), Until: clock.Now(ctx).Add(s.opts.WordLife)}
}

func nobody(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Activate is the owner's own act: with his word he sets his password, and the
// account is his. A wrong word counts and answers as a wrong password does. It
// must be called outside any transaction. Called twice the second finds an
// account that is activated.
func (s *Service) Activate(ctx context.Context, login, word, password string, from Client) (err error) {
	defer errs.Wrap(&err, "accounts.Activate")
	if inside(ctx) {
		return errInside
	}
	t := triesOf(login, from)
	p, err := newPassword(t.login, password)
	if err != nil {
		return err
	}
	if typedWord(p) == typedWord(word) {
		return errs.New(errs.Invalid, "密码不能就是激活码，请另设一个").At("password")
	}
	release, err := s.hasher.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	c, err := s.prove(ctx, t, word, from, errs.New(errs.Unauthenticated, "登录名或激活码不正确，或激活码已失效"))
	switch {
	case err != nil:
		return err
	case c.activated:
		return errs.New(errs.NotAllowedInState, "账号已经激活，请直接登录")
	}
	rule, err := s.passwordRule(ctx, c.account)
	if err != nil {
		return err
	}
	if err := longEnough(p, rule); err != nil {
		return err
	}
	if err := s.fresh(ctx, c.account, p, rule); err != nil {
		return err
	}
	hash := s.hasher.hash(p)
	return s.store.Global(ctx, func(ctx context.Context) error {
		now, err := lockAccount(ctx, c.account)
		if err != nil {
			return err
		}
		if now != c.hash {
			return errs.New(errs.Conflict, "激活码刚刚被更换，请用新的激活码")
		}
		if err := forgive(ctx, t); err != nil {
			return err
		}
		if err := one(ctx, `
			UPDATE accounts SET password_hash = $2, password_changed_at = $3, activated_at = $3, word_until = NULL, word_tries = 0 WHERE id = $1`,
			c.account, hash, clock.Now(ctx)); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionActivated, Account: c.account, Login: t.login, From: from})
	})
}

// Ready makes an account usable with a password that its caller knows, as if its
// owner had activated it with a word of the operator's. It is for made-up
// people, the demo's and the tests', and no command or mutation calls it. Called
// twice it changes nothing more.
func (s *Service) Ready(ctx context.Context, login, password string) (err error) {
	defer errs.Wrap(&err, "accounts.Ready(%s)", login)
	if login, err = Login(login); err != nil {
		return err
	}
	hash, err := s.hashNew(ctx, login, password)
	if err != nil {
		return err
	}
	return s.join(ctx, func(ctx context.Context) error {
		tag, err := tenants.Exec(ctx, `
			UPDATE accounts SET password_hash = $2, password_changed_at = $3, activated_at = $3, word_until = NULL, word_tries = 0, vouched_by = NULL
			WHERE login = $1 AND activated_at IS NULL`, login, hash, clock.Now(ctx))
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		var there bool
		if err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM accounts WHERE login = $1)`, []any{login}, &there); err != nil || there {
			return err
		}
		return errNoAccount()
	})
}
