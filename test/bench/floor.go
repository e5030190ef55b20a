package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
)

// floor answers by hand: the token is verified as the product does it, then
// one prepared statement builds the JSON.
type floor struct {
	keys    *accounts.Keys
	free    *pgxpool.Pool // no row-level security
	guarded *pgxpool.Pool // the serving role
}

// asked is what a floor reads of a request: the variables, and of a unit's
// agent the unit, which the product looks up itself.
type asked struct {
	Variables struct {
		ID uuid.UUID `json:"id"`
	} `json:"variables"`
	Unit *uuid.UUID `json:"unit"`
}

func (f *floor) register(mux *http.ServeMux) {
	for i := range reads {
		r := &reads[i]
		mux.HandleFunc("/floor/read/"+strconv.Itoa(i), func(w http.ResponseWriter, q *http.Request) { f.read(w, q, r, false) })
		mux.HandleFunc("/guarded/read/"+strconv.Itoa(i), func(w http.ResponseWriter, q *http.Request) { f.read(w, q, r, true) })
	}
	for i := range writes {
		d := &writes[i]
		mux.HandleFunc("/floor/write/"+strconv.Itoa(i), func(w http.ResponseWriter, q *http.Request) { f.write(w, q, d) })
	}
}

// who verifies the token and reads the body.
func (f *floor) who(w http.ResponseWriter, q *http.Request, into any) (c accounts.Claims, ok bool) {
	token, _ := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	c, err := f.keys.Parse(token, time.Now())
	if err == nil {
		err = json.NewDecoder(q.Body).Decode(into)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return c, err == nil
}

func (f *floor) read(w http.ResponseWriter, q *http.Request, r *read, guarded bool) {
	var in asked
	c, ok := f.who(w, q, &in)
	if !ok {
		return
	}
	args := []any{c.Tenant}
	switch {
	case r.vars != nil:
		args = append(args, in.Variables.ID)
	case strings.Contains(r.floor, "$3"):
		args = append(args, c.Membership, in.Unit)
	case strings.Contains(r.floor, "$2"):
		args = append(args, c.Membership)
	}
	var data string
	var more bool
	var value *time.Time
	var last *uuid.UUID
	dest := []any{&data}
	if r.list != "" {
		dest = append(dest, &more, &value, &last)
	}
	var err error
	if guarded {
		err = f.behind(q.Context(), c.Tenant, r.floor, args, dest)
	} else {
		err = f.free.QueryRow(q.Context(), r.floor, args...).Scan(dest...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	b.WriteString(`{"data":`)
	if r.list == "" {
		b.WriteString(data)
	} else {
		b.WriteString(`{"` + r.list + `":{"edges":` + data + `,"pageInfo":{"hasNextPage":` + strconv.FormatBool(more) + `,"endCursor":`)
		if last == nil {
			b.WriteString("null")
		} else {
			gen.Cursor{ID: *last, Value: value}.MarshalGQL(&b)
		}
		b.WriteString("}}}")
	}
	b.WriteByte('}')
	send(w, b.Bytes())
}

func send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client will notice
}

// behind asks with the tenant set and row-level security on, in one pipeline.
func (f *floor) behind(ctx context.Context, tenant uuid.UUID, sql string, args, dest []any) error {
	var b pgx.Batch
	b.Queue("begin read only")
	b.Queue("select set_config('app.tenant', $1, true)", tenant.String())
	b.Queue(sql, args...)
	b.Queue("commit")
	res := f.guarded.SendBatch(ctx, &b)
	defer res.Close()
	if _, err := res.Exec(); err != nil {
		return err
	}
	if _, err := res.Exec(); err != nil {
		return err
	}
	if err := res.QueryRow().Scan(dest...); err != nil {
		return err
	}
	_, err := res.Exec()
	return err
}
