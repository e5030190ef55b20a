package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

type claimsKey struct{}
type originKey struct{}

// WithOrigin says where the request comes from, for audit and locks.
func WithOrigin(ctx context.Context, from audit.From) context.Context {
	return context.WithValue(ctx, originKey{}, from)
}

// Origin is where the context's request comes from.
func Origin(ctx context.Context) audit.From {
	from, _ := ctx.Value(originKey{}).(audit.From)
	return from
}

func client(ctx context.Context) accounts.Client {
	from := Origin(ctx)
	return accounts.Client{Address: from.Address, Agent: from.Agent}
}

// Authenticate reads the token of a request, the bearer's or the one in a
// cookie. No token is no error: the session mutations need none.
// X-Bihuan-Tenant may name the tenant, but only to disagree: the tenant comes
// from the token.
func (r *Resolver) Authenticate(req *http.Request) (context.Context, error) {
	j := r.jar(req)
	ctx := context.WithValue(req.Context(), jarKey{}, j)
	token, err := bearer(req, j)
	if token == "" || err != nil {
		return ctx, err
	}
	c, err := r.Keys.Parse(token, clock.Now(ctx))
	if err != nil {
		return ctx, err
	}
	if want := req.Header.Get("X-Bihuan-Tenant"); want != "" && want != c.Tenant.String() {
		return ctx, errs.New(errs.Unauthenticated, "令牌不是这个政协的，请重新选择身份")
	}
	return context.WithValue(ctx, claimsKey{}, c), nil
}

// bearer is the token that a request carries, empty where it carries none.
func bearer(req *http.Request, j *jar) (string, error) {
	header := req.Header.Get("Authorization")
	switch {
	case header == "" && j.access != "" && !j.own:
		return "", errForeign()
	case header == "":
		return j.access, nil
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return "", errs.New(errs.Unauthenticated, "登录已失效，请重新登录")
	}
	return token, nil
}

// Claims are the token's, ok is false without one.
func Claims(ctx context.Context) (accounts.Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(accounts.Claims)
	return c, ok
}

// As resolves the token's viewer inside its tenant and runs fn as him. The
// session is asked each time, so that signing out ends at once what runs on
// other devices. He waits for his turn among all who ask (S13).
func (r *Resolver) As(ctx context.Context, c accounts.Claims, write bool, fn func(context.Context) error) error {
	release, err := r.Turns.Take(ctx, c.Tenant, c.Account)
	if err != nil {
		return err
	}
	defer release()
	door := r.Store.ReadTx
	if write {
		door = r.Store.InTx
	}
	return door(tenants.Loose(ctx), c.Tenant, func(ctx context.Context) error {
		rights, stands, err := r.Accounts.Admit(ctx, c)
		if err != nil {
			return err
		}
		v, err := r.Directory.ViewerAt(ctx, rights, c.Account, c.Membership)
		if err != nil {
			return err
		}
		if err := v.Rule().Admits(stands, clock.Now(ctx), isSettling(ctx)); err != nil {
			return err
		}
		v.Session = c.Session
		return fn(authz.With(context.WithValue(ctx, standingKey{}, stands), v))
	})
}

// Asked runs fn as the viewer that a request's token or link names: the way in of what
// is served beside GraphQL. It runs it once more when a migration has made the
// connection's plans stale and nothing has been kept.
func (r *Resolver) Asked(req *http.Request, write bool, fn func(context.Context) error) error {
	ctx := req.Context()
	c, ok, err := r.linkOf(req)
	if err != nil {
		return err
	}
	if !ok {
		if ctx, err = r.Authenticate(req); err != nil {
			return err
		}
		if c, ok = Claims(ctx); !ok {
			return errs.New(errs.Unauthenticated, "请先登录")
		}
	}
	httpd.Annotate(ctx, slog.String("tenant", c.Tenant.String()))
	ctx, fate := tenants.WithFate(ctx)
	err = r.As(ctx, c, write, fn)
	if err != nil && fate.Again() {
		err = r.As(ctx, c, write, fn)
	}
	if err != nil {
		r.refusedDoor(req, c, err)
	}
	return tenants.Translate(err)
}

// Operation is the gqlgen extension that gives each operation its one
// transaction.
type Operation struct{ Resolver *Resolver }

var _ interface {
	graphql.HandlerExtension
	graphql.ResponseInterceptor
} = Operation{}

func (Operation) ExtensionName() string                   { return "Operation" }
func (Operation) Validate(graphql.ExecutableSchema) error { return nil }

// pending are the audit entries of an operation, written last: the chain's
// head is locked until the commit, so nothing may wait behind it.
type pending struct {
	mu      sync.Mutex
	entries []audit.Entry
	looks   []audit.Change // at personal data
	reads   []audit.Entry  // of what is recorded when it is read
	unkeyed bool           // something was done without an idempotency key
}

type pendingKey struct{}

// InterceptResponse runs the operation in its transaction. Session mutations
// open their own, since what they find out must last even when they refuse.
func (o Operation) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := graphql.GetOperationContext(ctx).Operation
	// A document that was refused before it was one; or an event of a
	// subscription, which opens a transaction when there is something to ask, and
	// holds none while it waits.
	if op == nil || op.Operation == ast.Subscription {
		return next(ctx)
	}
	roots := RootsOf(op)
	if no := roots.apart(); no != nil {
		return refuse(ctx, no)
	}
	if err := paged(op.SelectionSet, graphql.GetOperationContext(ctx).Variables); err != nil {
		return refuse(ctx, err)
	}
	c, signedIn := Claims(ctx)
	if roots.Vote && signedIn {
		return refuse(ctx, NamedVote())
	}
	if roots.Session || !roots.others { // nothing but __schema and __typename needs no tenant either
		return next(ctx)
	}
	if !signedIn {
		return refuse(ctx, errs.New(errs.Unauthenticated, "请先登录"))
	}
	if roots.settling() {
		ctx = settle(ctx)
	}
	p := &pending{}
	ctx = context.WithValue(ctx, pendingKey{}, p)
	var resp *graphql.Response
	var looks []audit.Entry // of a query, whose transaction cannot write
	actor := audit.Actor{Account: c.Account, Membership: c.Membership}
	err := o.Resolver.As(ctx, c, op.Operation == ast.Mutation, func(ctx context.Context) error {
		actor = authz.From(ctx).Actor()
		if _, one := op.SelectionSet[0].(*ast.Field); one && len(op.SelectionSet) == 1 {
			tenants.Unwritten(ctx)
		}
		resp = next(o.Resolver.withLoaders(ctx))
		if err := tenants.Broken(ctx); err != nil {
			return err
		}
		looks = p.witnessed(ctx)
		if op.Operation == ast.Mutation {
			p.together(looks)
			looks = nil
		}
		for _, e := range p.entries {
			if err := audit.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, tenants.ErrBelied) { // it is done again, and that is noted
		return refuse(ctx, err)
	}
	o.refused(ctx, c, actor, resp)
	if err == nil {
		err = o.Resolver.keepLooks(ctx, c, looks)
	}
	switch {
	case err == nil:
		return resp
	case errors.Is(err, tenants.ErrUnknown):
		return refuse(ctx, p.unknown(err))
	case resp != nil && len(resp.Errors) > 0: // the transaction failed by what the resolvers have said already
		return &graphql.Response{Errors: resp.Errors}
	}
	return refuse(ctx, tenants.Translate(err))
}

// unknown is what somebody is told whose commit's answer was lost. His key
// decides, where he gave one: what was done answers the same and is not done
// again.
func (p *pending) unknown(err error) error {
	if p.unkeyed || len(p.entries) == 0 {
		return err
	}
	return errs.New(errs.Unavailable, "数据库连接在最后一步中断；请用同一个 idempotencyKey 再试一次，已经做成的不会再做").Because(err)
}

// sessionFields are the mutations that work outside any tenant's transaction:
// on accounts, and a vote, which nobody casts as himself.
var sessionFields = map[string]bool{
	VoteField: true, "signIn": true, "chooseTenant": true, "refreshTokens": true, "signOut": true, "endSession": true, "signOutEverywhere": true, "changePassword": true, "activateAccount": true,
	"beginSecondFactor": true, "confirmSecondFactor": true, "removeSecondFactor": true,
	"signInWithProvider": true, "linkProvider": true, "unlinkProvider": true,
	"acceptInvitation": true, "declineInvitation": true, "claimInvitation": true,
}

// VoteField is the mutation that nobody sends as himself.
const VoteField = "castBallot"

// NamedVote is the answer to a vote that says who sends it.
func NamedVote() error {
	return errs.New(errs.Invalid, "投票是不记名的：请求不能带 Authorization 请求头，也不能带登录的 Cookie（网页用 credentials: \"omit\"）；请去掉以后再提交，这张凭证没有用掉")
}

// Roots are what an operation asks for: mutations of the session, a vote, which
// is one of them, and anything else of a committee; beyond: more than what is
// about how one signs in.
type Roots struct{ Session, Vote, others, beyond bool }

func (r Roots) settling() bool { return r.others && !r.beyond }

// apart says what may not stand together in one operation.
func (r Roots) apart() error {
	switch {
	case r.Vote && r.others:
		return errs.New(errs.Invalid, "投票不能和其他操作放在同一个请求里")
	case r.Session && r.others:
		return errs.New(errs.Invalid, "登录与退出不能和其他操作放在同一个请求里")
	}
	return nil
}

// RootsOf looks at the fields of an operation, in fragments too.
func RootsOf(op *ast.OperationDefinition) (r Roots) {
	account := false
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				switch {
				case op.Operation == ast.Mutation && s.Name == VoteField:
					r.Vote = true
				case op.Operation == ast.Mutation && sessionFields[s.Name]:
					account = true
				case !strings.HasPrefix(s.Name, "__"):
					r.others = true
					r.beyond = r.beyond || op.Operation != ast.Query || !settlingFields[s.Name]
				}
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				walk(s.Definition.SelectionSet)
			}
		}
	}
	walk(op.SelectionSet)
	r.Session = account || r.Vote
	r.others = r.others || r.Vote && account // a vote beside a sign-in says who votes
	return r
}

// refuse answers the whole operation with one error.
func refuse(ctx context.Context, err error) *graphql.Response {
	graphql.AddError(ctx, err) // through the presenter, which logs what is not shown
	return &graphql.Response{Errors: graphql.GetErrors(ctx)}
}

// Present maps an error for the outside: the code, a message in Chinese and
// the request's id; of an unknown error nothing but that it happened. The
// caller logs.
func Present(ctx context.Context, err error) *gqlerror.Error {
	var g *gqlerror.Error
	if errors.As(err, &g) && g.Err == nil && g.Extensions["code"] != nil {
		g.Message = withoutValue(g.Message)
		return g // gqlgen's own: parse and validation errors
	}
	shown := errs.Shown(err)
	out := &gqlerror.Error{Message: shown.Message, Extensions: map[string]any{"code": string(shown.Code)}}
	if len(shown.Details) > 0 {
		out.Extensions["details"] = shown.Details
	}
	if len(shown.Path) > 0 {
		out.Extensions["input"] = shown.Path
	}
	if g != nil {
		out.Path, out.Locations = g.Path, g.Locations
	}
	if names := unread(ctx, g); len(names) > 0 {
		out.Path, out.Extensions["input"] = graphql.GetFieldContext(ctx).Path(), names
		if shown.Code == errs.Internal {
			out.Message, out.Extensions["code"] = "格式不对，请更正后再提交", string(errs.Invalid)
		}
	}
	if id := Origin(ctx).RequestID; id != "" {
		out.Extensions["requestId"] = id
	}
	return out
}

// quotes are the messages of gqlgen and its parser that repeat a value, and
// what is left of them. Names of fields and types may be repeated.
var quotes = []struct {
	message *regexp.Regexp
	left    string
}{
	{regexp.MustCompile(`(?s)^(.* cannot represent .*value): .*$`), "$1."},
	{regexp.MustCompile(`(?s)^(Expected value of type "[^"]*"), found .*$`), "$1."},
	{regexp.MustCompile(`(?s)^Value "[^"]*" (does not exist in .*)$`), "The value $1"},
	{regexp.MustCompile(`(?s)^.* (is not a valid \w+)$`), "The value $1"},
	{regexp.MustCompile(`(?s)^operation .* not found$`), "The operation named was not found."},
}

// withoutValue takes the value out of a message: it may be a password, or
// anybody's telephone number in a log of the client's.
func withoutValue(message string) string {
	for _, q := range quotes {
		if s := q.message.ReplaceAllString(message, q.left); s != message {
			return s
		}
	}
	return message
}

// unread is the argument of a field below the root that could not be read, empty
// when it is not about an argument. gqlgen reads arguments once the field's turn
// has come, and puts their names behind the field's path.
func unread(ctx context.Context, g *gqlerror.Error) (names []string) {
	fc := graphql.GetFieldContext(ctx)
	if g == nil || fc == nil || len(fc.Path()) == 0 || len(g.Path) <= len(fc.Path()) {
		return nil
	}
	for _, p := range g.Path[len(fc.Path()):] {
		names = append(names, fmt.Sprint(p))
	}
	return names
}

// living is whose session a token is of, if the session still lasts: a token
// lives longer than a session that was ended (S8). Who has something to do about
// how he signs in may do that.
func (r *Resolver) living(ctx context.Context) (accounts.Claims, error) {
	c, ok := Claims(ctx)
	if !ok {
		return c, errs.New(errs.Unauthenticated, "请先登录")
	}
	return c, r.As(settle(ctx), c, false, func(context.Context) error { return nil })
}
