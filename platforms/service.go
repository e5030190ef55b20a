package platforms

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Service is the package's object. It is safe for concurrent use.
type Service struct {
	engine *flow.Engine
	client *gen.Client
}

// New makes a service.
func New(e *flow.Engine) *Service { return &Service{engine: e, client: e.Client()} }

// The rights of the package.
const (
	managePlatforms = "platforms.manage"
	openMatter      = "matter.open"
	readMatter      = "matter.read"
	readFigures     = "figures.read"
)

// enter is the door of what administrators write: the right, then the
// committee's platforms to oneself, since a circle of parents is made by two.
// The context it returns reads as the product.
func (s *Service) enter(ctx context.Context, permission string) (context.Context, error) {
	sys, _, err := authz.Enter(ctx, permission)
	if err != nil {
		return nil, err
	}
	return sys, tenants.Alone(ctx, "platforms")
}

// look is the door of figures: who may read matters in any scope, figures, or
// manages platforms sees how many there are.
func look(ctx context.Context) error {
	v := authz.From(ctx)
	if v == nil {
		return errs.New(errs.Unauthenticated, "请先登录")
	}
	for _, p := range []string{readMatter, readFigures, managePlatforms} {
		if v.May(authz.Perm(p)) != authz.None {
			return nil
		}
	}
	return errs.New(errs.NotAllowed, "您没有查看平台数据的权限，如有需要请联系本政协的租户管理员")
}

// Longest texts, in characters.
const (
	shortText = 40
	nameText  = 80
	longText  = 500
)

// line trims a text of one line and refuses control characters and what is too
// long; must refuses the empty one too.
func line(s string, longest int, must bool, label string, path ...string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || utf8.RuneCountInString(s) > longest:
		return "", errs.New(errs.Invalid, "%s不能超过 %d 个字，也不能换行", label, longest).At(path...)
	case must && s == "":
		return "", errs.New(errs.Invalid, "请填写%s", label).At(path...)
	}
	return s, nil
}

// words tidies a list of short texts: no empty ones, none twice, at most twenty.
func words(list []string, label, path string) ([]string, error) {
	if len(list) > 20 {
		return nil, errs.New(errs.Invalid, "%s至多 20 项", label).At(path)
	}
	var out []string
	seen := map[string]bool{}
	for _, w := range list {
		w, err := line(w, shortText, true, label, path)
		if err != nil {
			return nil, err
		}
		if seen[w] {
			return nil, errs.New(errs.Invalid, "%s中的“%s”重复", label, w).At(path)
		}
		seen[w] = true
		out = append(out, w)
	}
	return out, nil
}

// alone lets one transaction at a time go on with a thing that has an id.
func alone(ctx context.Context, id uuid.UUID) error {
	_, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, id.String())
	return err
}
