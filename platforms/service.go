package platforms

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
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
	anyOf := []string{readMatter, readFigures, managePlatforms}
	for _, p := range anyOf {
		if v.Somewhere(authz.Perm(p)) != authz.None {
			return nil
		}
	}
	return authz.Lacking("您没有查看平台数据的权限，如有需要请联系本政协的租户管理员", anyOf...)
}

// Longest texts, in characters.
const (
	shortText = 40
	nameText  = 80
	longText  = 500
)

// line is a text of one line in the form in which it is kept; must refuses one
// that shows nothing.
func line(s string, longest int, must bool, label string, path ...string) (string, error) {
	f := text.Field{Label: label, Path: path, Most: longest}
	if must {
		f.Least = 1
	}
	return f.Take(s)
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
		if seen[text.Key(w)] {
			return nil, errs.New(errs.Invalid, "%s中的“%s”重复", label, w).At(path)
		}
		seen[text.Key(w)] = true
		out = append(out, w)
	}
	return out, nil
}

// alone lets one transaction at a time go on with a thing that has an id.
func alone(ctx context.Context, id uuid.UUID) error {
	_, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, id.String())
	return err
}
