package endpoint

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/compiled"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// Options configure the endpoint. The zero value of a field means its default.
type Options struct {
	Resolver *graph.Resolver          // required
	Schema   graphql.ExecutableSchema // default: the generated one over Resolver
	Log      *slog.Logger             // default: slog.Default()

	Dev           bool      // introspection without a token, suggestions in errors, Apollo's clients may teach documents
	Documents     Documents // persisted documents, see LoadDocuments
	OnlyPersisted bool      // refuse every other document, in development too
	September2026 bool      // statuses of that edition of GraphQL over HTTP
	GeneralReads  bool      // every field by its resolver, nothing by graph/compiled

	MaxBody int64         // bytes of a request's body, default 1 MiB
	Timeout time.Duration // of an operation, from the request's header on, default 15 seconds
	Limits  Limits

	KeepAlive time.Duration // between signs of life on a stream, default 15 seconds: proxies give up after some 30
}

// Defaults are the options as they are where nothing is said, for who prints them.
func Defaults() Options { return Options{}.withDefaults() }

func (o Options) withDefaults() Options {
	if o.Schema == nil {
		o.Schema = generated.NewExecutableSchema(generated.Config{Resolvers: o.Resolver})
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.MaxBody = or(o.MaxBody, 1<<20)
	o.Timeout = or(o.Timeout, 15*time.Second)
	o.KeepAlive = or(o.KeepAlive, 15*time.Second)
	o.Limits = o.Limits.withDefaults()
	return o
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

type endpoint struct {
	o    Options
	exec *executor.Executor
	docs *library
}

// New makes the handler of /graphql. It uses gqlgen's executor and none of its
// transports: they echo what they cannot read, ignore the weights in Accept,
// and run the extensions for requests that have no operation.
func New(o Options) http.Handler {
	o = o.withDefaults()
	e := &endpoint{o: o, exec: executor.New(o.Schema), docs: newLibrary(o)}
	e.exec.SetQueryCache(prepared{})
	e.exec.SetErrorPresenter(e.present)
	e.exec.SetRecoverFunc(e.recovered)
	e.exec.Use(graph.Operation{Resolver: o.Resolver})
	if !o.GeneralReads {
		e.exec.Use(&compiled.Reads{Client: o.Resolver.Store.Ent, Plain: graph.Plain})
	}
	e.exec.AroundResponses(remember) // inside Operation: before its commit
	return e
}

// remember keeps an operation's errors: a failed statement spoils the
// transaction, and the commit that then fails does not know why.
func remember(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	resp := next(ctx)
	if resp != nil {
		callOf(ctx).errors = resp.Errors
	}
	return resp
}

// prepared hands the executor the document that the library has parsed,
// measured and validated; it finds it in the request's context.
type prepared struct{}

type documentKey struct{}

func (prepared) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*ast.QueryDocument)
	return doc, ok
}

func (prepared) Add(context.Context, string, *ast.QueryDocument) {}

const methods = "GET, POST, OPTIONS"

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), e.o.Timeout)
	defer cancel()
	from := origin(r)
	c := &call{endpoint: e, w: w, id: from.RequestID, dialect: e.fallback(), client: r.Context()}
	ctx = graph.WithOrigin(context.WithValue(ctx, callKey{}, c), from)
	defer c.rescue(ctx)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept")
	switch r.Method {
	case http.MethodGet, http.MethodPost:
		e.serve(ctx, c, r.WithContext(ctx))
	case http.MethodOptions:
		w.Header().Set("Allow", methods)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", methods)
		c.refuse(ctx, always(http.StatusMethodNotAllowed), bad("请用 POST 或 GET"))
	}
}

// origin is what httpd found out, or what there is to see without it.
func origin(r *http.Request) audit.From {
	from := audit.From{Address: httpd.ClientAddress(r.Context()), Agent: r.UserAgent(), RequestID: httpd.RequestID(r.Context())}
	if from.RequestID == "" {
		from.Address, from.RequestID = r.RemoteAddr, httpd.NewRequestID()
	}
	return from
}

// serve takes a request from its header to its answer.
func (e *endpoint) serve(ctx context.Context, c *call, r *http.Request) {
	if !c.negotiate(r.Header.Values("Accept")) {
		c.refuse(ctx, always(http.StatusNotAcceptable), bad("Accept 须包含 application/graphql-response+json、application/json 或 text/event-stream"))
		return
	}
	c.bearer = len(r.Header.Values("Authorization")) > 0 || graph.HasCookie(r)
	c.curious = len(r.Header.Values(costHeader)) > 0
	ctx, c.wrong = e.o.Resolver.Authenticate(r)
	claims, ok := graph.Claims(ctx)
	c.signedIn, c.tenant = ok, claims.Tenant
	p, no := e.read(c.w, r)
	if no != nil {
		c.turnAway(ctx, no)
		return
	}
	e.run(ctx, c, r.Method == http.MethodGet, p)
}

// turnAway refuses a request before it is known which operation it asks for. A
// wrong token comes first, whatever else is wrong.
func (c *call) turnAway(ctx context.Context, no *refusal) {
	c.named(ctx)
	if c.wrong != nil {
		c.stranger(ctx)
		return
	}
	c.refuse(ctx, no.statuses, no.errs()...)
}

// stranger answers a wrong token, and a cookie that another page has sent.
func (c *call) stranger(ctx context.Context) {
	status := httpd.Status(errs.Shown(c.wrong).Code)
	if status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	c.refuse(ctx, always(status), c.wrong)
}

// named tells the log for which committee the request is.
func (c *call) named(ctx context.Context) {
	if c.signedIn {
		httpd.Annotate(ctx, slog.String("tenant", c.tenant.String()))
	}
}

// run executes a request that could be read.
func (e *endpoint) run(ctx context.Context, c *call, reading bool, p *params) {
	doc, no := e.docs.find(p, c.signedIn || e.o.Dev)
	if no != nil {
		c.turnAway(ctx, no)
		return
	}
	ctx = graphql.StartOperationTrace(context.WithValue(ctx, documentKey{}, doc))
	now := graphql.Now()
	op, bad := e.exec.CreateOperationContext(ctx, &graphql.RawParams{
		Query: p.query, OperationName: p.operation, Variables: p.variables, Extensions: p.extensions,
		ReadTime: graphql.TraceTiming{Start: now, End: now},
	})
	if len(bad) > 0 {
		c.turnAway(ctx, &refusal{invalid, bad})
		return
	}
	if !e.admitted(ctx, c, op) {
		return
	}
	if no := e.mayRun(c, reading, op); no != nil {
		c.refuse(ctx, no.statuses, no.err)
		return
	}
	op.DisableIntrospection = false // asked above
	if op.Operation.Operation == ast.Subscription {
		e.subscribe(ctx, c, op)
		return
	}
	e.execute(ctx, c, op)
}

// admitted looks at who asks, now that it is known for what. Session mutations
// take no notice of a token that is stale: a client that renews it has nothing
// better (F5). A vote is refused when it comes with a token, and its line in the
// log is the same for all votes (F4).
func (e *endpoint) admitted(ctx context.Context, c *call, op *graphql.OperationContext) bool {
	roots := graph.RootsOf(op.Operation)
	if roots.Vote {
		c.signedIn, c.tenant, c.operation = false, uuid.Nil, graph.VoteField
		httpd.Annotate(ctx, slog.String("operation", c.operation))
		if c.bearer {
			c.refuse(ctx, always(http.StatusBadRequest), graph.NamedVote())
		}
		return !c.bearer
	}
	c.operation = clip(op.Operation.Name, 60)
	c.named(ctx)
	httpd.Annotate(ctx, slog.String("operation", c.operation))
	if c.wrong != nil && !roots.Session {
		c.stranger(ctx)
		return false
	}
	return true
}

// execute runs the operation, and once more when a migration has made the
// connections' plans stale and nothing of the first run was kept (R25).
func (e *endpoint) execute(ctx context.Context, c *call, op *graphql.OperationContext) {
	for again := true; ; again = false {
		watched, fate := tenants.WithFate(ctx)
		next, ran := e.exec.DispatchOperation(watched, op)
		resp := next(ran)
		if !again || !fate.Again() {
			c.answer(ran, resp)
			return
		}
		c.errors = nil
		if !fate.Stale() { // somebody's rights or session have changed since he asked last
			continue
		}
		e.o.Log.LogAttrs(ctx, slog.LevelWarn, "graphql repeated: a migration has changed tables", c.attrs()...)
	}
}

// mayRun asks what depends on the operation and its variables.
func (e *endpoint) mayRun(c *call, reading bool, op *graphql.OperationContext) *refusal {
	switch kind := op.Operation.Operation; {
	case reading && kind == ast.Mutation:
		return &refusal{statuses: always(http.StatusMethodNotAllowed), err: bad("GET 只能查询或订阅；修改请用 POST")}
	case kind == ast.Subscription && !c.events:
		return &refusal{statuses: always(http.StatusNotAcceptable), err: bad("订阅的答复是事件流，Accept 须包含 text/event-stream")}
	}
	if op.Operation.Operation == ast.Subscription && (&measurer{doc: op.Doc, done: map[string]*size{}}).selection(op.Operation.SelectionSet).roots != 1 {
		return notValid("A subscription must select exactly one top level field.")
	}
	if !c.signedIn && !e.o.Dev && introspects(op.Operation.SelectionSet) {
		return &refusal{statuses: always(http.StatusUnauthorized), err: errs.New(errs.Unauthenticated, "查看接口结构请先登录")}
	}
	costs := cost(op.Operation.SelectionSet, op.Variables, 0)
	if c.curious {
		c.measured = e.o.Limits.measured(costs)
	}
	return e.o.Limits.affordable(costs)
}
