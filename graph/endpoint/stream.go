package endpoint

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/httpd"
)

// events is the type of an answer that is a stream of server-sent events, as
// the graphql-sse protocol has them in distinct connections: one operation a
// request, "next" with a response each, and "complete" when there is no more to
// come. What ends without "complete" was cut off, and may be asked for again.
const events dialect = "text/event-stream"

// reading is how long a client may take to read one event before it is cut off.
const reading = 20 * time.Second

// subscribe runs a subscription until it ends, the client hangs up or the server
// stops. The time that an operation may take counts for its beginning only.
func (e *endpoint) subscribe(ctx context.Context, c *call, op *graphql.OperationContext) {
	standing, end := httpd.Stand(context.WithoutCancel(ctx), c.w)
	defer end()
	defer context.AfterFunc(c.client, end)()
	standing, ending := graph.WithEnding(standing)
	next, ran := e.exec.DispatchOperation(standing, op)
	s := c.open()
	defer s.close()
	for {
		resp := next(ran)
		if standing.Err() != nil {
			return // cut off, so that the client asks again
		}
		if resp == nil {
			break
		}
		if s.next(ran, resp) != nil {
			return
		}
	}
	if ending.Err != nil {
		if s.next(ran, &graphql.Response{Errors: gqlerror.List{c.present(ran, ending.Err)}}) != nil {
			return
		}
	}
	s.complete()
}

// stream writes events. Between them it keeps the connection alive.
type stream struct {
	*call
	mu     sync.Mutex
	out    *http.ResponseController
	alive  *time.Timer
	closed bool
}

func (c *call) open() *stream {
	h := c.w.Header()
	h.Set("Content-Type", string(events)+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // a proxy in between passes on what it gets
	c.sent = true
	c.w.WriteHeader(http.StatusOK)
	s := &stream{call: c, out: http.NewResponseController(c.w)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive = time.AfterFunc(c.o.KeepAlive, s.keepAlive)
	return s
}

// keepAlive sends a comment, which proxies count as life and clients skip.
func (s *stream) keepAlive() { _ = s.write(":\n\n") }

func (s *stream) next(ctx context.Context, resp *graphql.Response) error {
	s.explain(ctx, resp)
	s.stamp(resp.Errors)
	if len(resp.Errors) > 0 {
		httpd.Annotate(ctx, slog.Any("error_code", resp.Errors[0].Extensions["code"]))
	}
	return s.write("event: next\ndata: " + string(bytes.TrimSpace(s.encode(resp))) + "\n\n")
}

func (s *stream) complete() { _ = s.write("event: complete\ndata:\n\n") }

// write sends at once and begins to count the silence anew.
func (s *stream) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return http.ErrHandlerTimeout
	}
	httpd.Within(s.w, reading)
	_, err := s.w.Write([]byte(text))
	if err == nil {
		err = s.out.Flush()
	}
	if err == nil {
		s.alive.Reset(s.o.KeepAlive)
	}
	return err
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.alive.Stop()
}
