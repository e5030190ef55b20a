package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// call is one request while it is being answered.
type call struct {
	*endpoint
	w         http.ResponseWriter
	id        string
	dialect   dialect
	bearer    bool  // the request has an Authorization or a cookie of a session, whatever is in it
	wrong     error // what is wrong with it
	curious   bool  // wants the cost beside the answer
	measured  *measured
	signedIn  bool
	tenant    uuid.UUID // nil without a token
	operation string
	errors    gqlerror.List // of the resolvers, before the commit
	log       ledger
	sent      bool
	client    context.Context // ends when the client hangs up, and not before
	events    bool            // a stream is welcome
	only      bool            // and nothing else
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// statuses of a request that is not executed: as application/json, as
// application/graphql-response+json, and after the edition of September 2026.
type statuses struct{ plain, modern, edition int }

func always(status int) statuses { return statuses{status, status, status} }

var (
	unreadable = always(http.StatusBadRequest) // nothing can be made of it
	malformed  = statuses{400, 400, 422}       // readable, but no GraphQL request
	unparsable = statuses{200, 400, 400}       // the document is not GraphQL
	invalid    = statuses{200, 400, 422}       // the document, its variables or its size
)

// partial is the status of data with errors. It is not registered; the edition
// of September 2026, 6.1, says why it is used.
const partial = 294

// refusal is why a request is not executed.
type refusal struct {
	statuses statuses
	err      error // a gqlerror.List for several
}

func (r *refusal) errs() []error {
	var l gqlerror.List
	if errors.As(r.err, &l) {
		return each(l)
	}
	return []error{r.err}
}

func each(l gqlerror.List) []error {
	out := make([]error, len(l))
	for i, e := range l {
		out[i] = e
	}
	return out
}

// refuse answers a request that is not executed.
func (c *call) refuse(ctx context.Context, s statuses, why ...error) {
	out := make(gqlerror.List, 0, min(len(why), c.o.Limits.Errors))
	for _, err := range why {
		if len(out) == c.o.Limits.Errors {
			out = append(out, c.unlisted(ctx, len(why)-len(out)))
			break
		}
		out = append(out, c.present(ctx, err))
	}
	c.stamp(out)
	c.send(ctx, s, &graphql.Response{Errors: out})
}

func (c *call) unlisted(ctx context.Context, n int) *gqlerror.Error {
	return graph.Present(ctx, errs.New(errs.Limited, "还有 %d 个错误没有列出", n))
}

// answer sends what an operation gave. Where it has no data, it was refused as
// a whole or undone.
func (c *call) answer(ctx context.Context, resp *graphql.Response) {
	if resp == nil { // the executor's sign that the context was done before it began
		resp = &graphql.Response{Errors: gqlerror.List{c.present(ctx, or(ctx.Err(), context.Canceled))}}
	}
	c.explain(ctx, resp)
	c.onTime(ctx, resp)
	if n := c.o.Limits.Errors; len(resp.Errors) > n {
		resp.Errors = append(resp.Errors[:n:n], c.unlisted(ctx, len(resp.Errors)-n))
	}
	c.stamp(resp.Errors)
	if c.only { // one response, as a stream of one
		graph.SetCookies(ctx, c.w)
		s := c.open()
		defer s.close()
		if s.next(ctx, resp) == nil {
			s.complete()
		}
		return
	}
	s := always(http.StatusOK)
	if len(resp.Data) == 0 {
		s = refusedWith(resp.Errors)
	} else if len(resp.Errors) > 0 && c.o.September2026 && c.dialect == modern {
		s.edition = partial
	}
	c.send(ctx, s, resp)
}

// explain puts the resolvers' errors in the place of an internal error that
// undid the operation after them. What undid it is logged where it is known.
func (c *call) explain(ctx context.Context, resp *graphql.Response) {
	if len(resp.Data) > 0 || len(resp.Errors) != 1 || resp.Errors[0].Extensions["code"] != string(errs.Internal) {
		return
	}
	if c.log.count() == 0 {
		c.o.Log.LogAttrs(ctx, slog.LevelWarn, "graphql undone", append(c.attrs(), slog.Int("errors", len(c.errors)))...)
	}
	if len(c.errors) > 0 {
		resp.Errors = c.errors
	}
}

// onTime explains the unknown errors of an operation that ran out of time: what
// gave them is a statement cut off, or a transaction already undone.
func (c *call) onTime(ctx context.Context, resp *graphql.Response) {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return
	}
	for i, e := range resp.Errors {
		if e.Extensions["code"] == string(errs.Internal) {
			late := graph.Present(ctx, context.DeadlineExceeded)
			late.Path, late.Locations = e.Path, e.Locations
			resp.Errors[i] = late
		}
	}
}

// refusedWith is the status of an operation that left nothing.
func refusedWith(l gqlerror.List) statuses {
	if len(l) == 0 {
		return always(http.StatusInternalServerError)
	}
	switch code, _ := l[0].Extensions["code"].(string); errs.Code(code) {
	case errs.Unauthenticated, errs.Unavailable, errs.Internal:
		return always(httpd.Status(errs.Code(code)))
	}
	return invalid
}

// stamp gives every error what every error has.
func (c *call) stamp(l gqlerror.List) {
	for _, e := range l {
		if e.Extensions == nil {
			e.Extensions = map[string]any{}
		}
		if e.Extensions["code"] == nil {
			e.Extensions["code"] = badRequest
		}
		e.Extensions["requestId"] = c.id
	}
}

// encode is a response as JSON. gqlgen's data are JSON already and not marshalled
// again; an absent data entry is left out, which gqlgen's own Response cannot.
func (c *call) encode(resp *graphql.Response) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(resp.Errors) > 0 {
		errors, err := json.Marshal(resp.Errors)
		if err != nil {
			panic(err) // a detail that is no JSON: rescue answers
		}
		b.WriteString(`"errors":`)
		b.Write(errors)
	}
	if len(resp.Data) > 0 {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"data":`)
		b.Write(resp.Data)
	}
	if c.measured != nil {
		more, err := json.Marshal(c.measured)
		if err != nil {
			panic(err) // numbers only
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"extensions":`)
		b.Write(more)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// send writes the answer.
func (c *call) send(ctx context.Context, s statuses, resp *graphql.Response) {
	status, typ := s.plain, c.dialect
	switch {
	case c.o.September2026:
		// Whoever wants application/json gets it for a success only: of another
		// status he could not tell whether a proxy sent it (the edition, 5.1).
		if status = s.edition; status >= 300 {
			typ = modern
		}
	case c.dialect == modern:
		status = s.modern
	}
	if len(resp.Errors) > 0 {
		httpd.Annotate(ctx, slog.Any("error_code", resp.Errors[0].Extensions["code"]))
	}
	body := c.encode(resp)
	c.sent = true
	h := c.w.Header()
	if status == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
		h.Set("Allow", "POST")
	}
	httpd.Complete(h, status)
	graph.SetCookies(ctx, c.w)
	h.Set("Content-Type", string(typ)+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // a client that hung up needs no answer
}
