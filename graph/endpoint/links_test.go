package endpoint

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

const picture = "\x89PNG\r\n\x1A\n0123456789"

// linkEnv has one attachment of the member's, served as the program does.
func linkEnv(t *testing.T) (e *env, site string, id uuid.UUID) {
	t.Helper()
	e = newEnv(t, func(_ *Options, e *env) { e.resolver.LinkKey = []byte("0123456789abcdef0123456789abcdef") })
	blobs, err := blob.OpenURL("file://" + t.TempDir())
	fatal(t, err)
	_, err = blobs.Put(t.Context(), "picture", strings.NewReader(picture), 100)
	fatal(t, err)
	id = e.attachment(t)
	door := httpd.Door{As: e.resolver.Asked, Known: tenants.Translate, Log: slog.New(slog.NewJSONHandler(e.log, nil))}
	mux := http.NewServeMux()
	mux.Handle("GET /files/{id}", &files.Handler{Door: door, From: graph.Origin, Client: e.resolver.Store.Ent(), Engine: e.resolver.Engine, Blobs: blobs})
	mux.Handle("GET /ledger.csv", &overview.Handler{Door: door, From: graph.Origin, Service: overview.New(e.resolver.Engine)})
	timed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpd.Routes(mux).ServeHTTP(w, r.WithContext(clock.With(r.Context(), e.clock)))
	})
	srv := httptest.NewServer(httpd.New(httpd.Options{Log: door.Log}, timed).Handler())
	t.Cleanup(srv.Close)
	return e, srv.URL, id
}

// attachment makes a matter of the member's committee with one attachment of
// his.
func (e *env) attachment(t *testing.T) (id uuid.UUID) {
	t.Helper()
	c, err := e.resolver.Keys.Parse(e.token, time.Now())
	fatal(t, err)
	db := e.resolver.Store.Ent()
	fatal(t, e.db.Store.InTx(authz.System(context.Background()), c.Tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		p := db.Process.Create().SetKind("x").SetVersion(1).SetTitle("x").SetSource("-").SetHash("-").SaveX(ctx)
		m := db.Matter.Create().SetKind("x").SetProcess(p).SetState("OPEN").SetTitle("x").SetOpenedAt(time.Now()).SaveX(ctx)
		a, err := db.Attachment.Create().SetMatter(m).SetUploaderID(c.Membership).SetName("现场.png").SetSize(int64(len(picture))).
			SetContentType("image/png").SetSha256("beef").SetBlobKey("picture").Save(ctx)
		if err == nil {
			id = a.ID
		}
		return err
	}))
	return id
}

// follow opens an address as a browser does, without any header.
func follow(t *testing.T, address string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	fatal(t, err)
	resp, err := http.DefaultClient.Do(r)
	fatal(t, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	fatal(t, err)
	return resp.StatusCode, string(b), resp.Header
}

func (e *env) linkOf(t *testing.T, id uuid.UUID) string {
	t.Helper()
	var out struct{ Node struct{ URL string } }
	unmarshal(t, e.ask(t, fmt.Sprintf(`{ node(id: %q) { ... on Attachment { url } } }`, id), nil).is(200, ""), &out)
	if out.Node.URL == "" {
		t.Fatal("no link")
	}
	return out.Node.URL
}

func TestSignedLinks(t *testing.T) {
	t.Parallel()
	e, site, id := linkEnv(t)
	link := e.linkOf(t, id)
	t.Run("a browser opens a link without any header", func(t *testing.T) {
		status, body, h := follow(t, site+link)
		if status != 200 || body != picture || !strings.HasPrefix(h.Get("Content-Disposition"), "inline") || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("Accept-Ranges") != "bytes" {
			t.Error(status, h)
		}
		if status, _, _ := follow(t, site+"/files/"+id.String()); status != 401 {
			t.Error("without the link:", status)
		}
	})
	t.Run("an altered link opens nothing", func(t *testing.T) {
		path, sealed, _ := strings.Cut(link, "?link=")
		raw, err := base64.RawURLEncoding.DecodeString(sealed)
		fatal(t, err)
		for i := range raw {
			raw[i] ^= 1
			if status, body, _ := follow(t, site+path+"?link="+base64.RawURLEncoding.EncodeToString(raw)); status != 403 || !strings.Contains(body, "NOT_ALLOWED") {
				t.Fatal(i, status, body)
			}
			raw[i] ^= 1
		}
		for _, other := range []string{
			path + "?link=", path + "?link=" + sealed + "&link=" + sealed, path + "?link=" + sealed[1:], path + "?a=b&link=" + sealed, path + "?link=" + sealed + "&a=%zz",
			"/files/01890a5d-ac96-774b-bcce-b302099a8057?link=" + sealed, strings.ToUpper(path[:len(path)-1]) + "x?link=" + sealed, "/ledger.csv?link=" + sealed,
		} {
			if status, body, _ := follow(t, site+other); status != 403 && status != 404 || strings.Contains(body, picture) {
				t.Error(other, status)
			}
		}
	})
	t.Run("a link of another committee opens nothing, and looks like what is not there", func(t *testing.T) {
		const mine = "/files/01890a5d-ac96-774b-bcce-b302099a8057"
		home := e.token
		e.token = e.elsewhere(t)
		defer func() { e.token = home }()
		of := func(path string) (int, string) {
			var out struct{ SignedLink struct{ URL string } }
			unmarshal(t, e.ask(t, `query($p: String!) { signedLink(path: $p) { url expiresAt } }`, map[string]any{"p": path}).is(200, ""), &out)
			status, body, _ := follow(t, site+out.SignedLink.URL)
			code, _, _ := strings.Cut(body, `"requestId"`)
			return status, code
		}
		status, body := of("/files/" + id.String())
		if s, b := of(mine); status != 404 || s != status || b != body {
			t.Error(status, body, s, b)
		}
	})
	t.Run("an export is signed with its filter, and opened by who may export", func(t *testing.T) {
		var out struct{ SignedLink struct{ URL string } }
		unmarshal(t, e.ask(t, `{ signedLink(path: "/ledger.csv?kind=TASK&year=2025") { url } }`, nil).is(200, ""), &out)
		want, _, _ := follow(t, site+strings.Replace(out.SignedLink.URL, "2025", "2024", 1))
		got, body, _ := follow(t, site+out.SignedLink.URL)
		if want != 403 || strings.Contains(body, "链接") || got == 400 || got == 401 {
			t.Error(want, got, body)
		}
	})
	t.Run("what is no address of ours is not signed", func(t *testing.T) {
		for _, bad := range []string{"", "/graphql", "https://evil.example/files/x", "//evil.example/ledger", "/files/../graphql", "/exchange/210200", "/ledger?link=x", "/ledger?a=%zz", strings.Repeat("/", 3000), "ledger", "/files/%2e%2e"} {
			e.ask(t, `query($p: String!) { signedLink(path: $p) { url } }`, map[string]any{"p": bad}).is(200, "INVALID_INPUT")
		}
	})
	t.Run("a link changes nothing and asks nothing else", func(t *testing.T) {
		_, sealed, _ := strings.Cut(link, "?link=")
		e.send(t, request{method: "GET", query: "?query=%7Bviewer%7Broles%7D%7D&link=" + sealed}).is(401, "UNAUTHENTICATED")
	})
	t.Run("it ends after ten minutes at the latest", func(t *testing.T) {
		e.clock.Advance(10 * time.Minute)
		if status, body, _ := follow(t, site+link); status != 403 || !strings.Contains(body, "过期") {
			t.Error(status, body)
		}
	})
}

// TestALinkEndsWithItsSession: signing out takes back the links as well.
func TestALinkEndsWithItsSession(t *testing.T) {
	t.Parallel()
	e, site, id := linkEnv(t)
	link := e.linkOf(t, id)
	e.ask(t, `mutation { signOut { done } }`, nil).is(200, "")
	if status, body, _ := follow(t, site+link); status != 401 || strings.Contains(body, picture) {
		t.Error(status, body)
	}
}

// TestALinkEndsWithItsFile: what was removed is not opened by a link that was
// given before, and gets none any more.
func TestALinkEndsWithItsFile(t *testing.T) {
	t.Parallel()
	e, site, id := linkEnv(t)
	link := e.linkOf(t, id)
	c, err := e.resolver.Keys.Parse(e.token, time.Now())
	fatal(t, err)
	fatal(t, e.db.Store.InTx(authz.System(context.Background()), c.Tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return e.resolver.Store.Ent().Attachment.UpdateOneID(id).SetRemovedAt(time.Now()).SetRemovalReason("传错了").Exec(ctx)
	}))
	if status, body, _ := follow(t, site+link); status != 404 || !strings.Contains(body, "已经移除") || strings.Contains(body, picture) {
		t.Error(status, body)
	}
	var out struct {
		Node struct {
			URL, Thumbnail               *string
			ThumbnailNote, RemovalReason string
		}
	}
	unmarshal(t, e.ask(t, fmt.Sprintf(`{ node(id: %q) { ... on Attachment { url thumbnail thumbnailNote removalReason } } }`, id), nil).is(200, ""), &out)
	if n := out.Node; n.URL != nil || n.Thumbnail != nil || n.ThumbnailNote != "附件已经移除" || n.RemovalReason != "传错了" {
		t.Errorf("%+v", n)
	}
}

// elsewhere is the token of somebody of another committee.
func (e *env) elsewhere(t *testing.T) string {
	t.Helper()
	tenant := tenantstest.Tenant(t, e.db, "210203", "西岗区政协", "DISTRICT")
	account, err := e.resolver.Accounts.Create(context.Background(), "member.02", "", uuid.Nil)
	fatal(t, err)
	fatal(t, e.resolver.Accounts.Ready(context.Background(), "member.02", password))
	tenantstest.Member(t, e.db, tenant, account, string(membership.KindMEMBER), "委员乙")
	var out struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	unmarshal(t, e.send(t, request{body: body(t, `mutation { signIn(input: {login: "member.02", password: "`+password+`"}) { tokens { accessToken } } }`, nil)}), &out)
	return out.SignIn.Tokens.AccessToken
}
