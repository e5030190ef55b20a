package graph

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// A link is a sign-in for one address and a few minutes, for what a browser
// opens by itself and gives no header to: a picture, a download. It names
// session, membership and committee and is sealed with the installation's
// secret. Whoever follows it is asked the same as with a token: whether the
// session lives, and what its person may see now (ADR 35).

// linkLife is how long a link lasts at least; at most twice. It ends on a whole
// multiple, so that the same address within it has the same link, and a
// browser's page need not load a picture again.
const linkLife = 5 * time.Minute

// linked are the addresses to which there are links: what is read by one GET.
var linked = regexp.MustCompile(`^/(files/[0-9a-f-]{36}(/thumbnail)?|ledger|ledger\.csv|ledger\.xlsx|rights\.xlsx|imports/(template|export|[0-9a-f-]{36}/marked)\.xlsx)$`)

// wholeLink is what is sealed beside the address: four ids and the end.
const wholeLink = 4*16 + 8

func (r *Resolver) seal(payload []byte, path string, q url.Values) []byte {
	mac := hmac.New(sha256.New, r.LinkKey)
	mac.Write(payload)
	mac.Write([]byte(path + "?" + q.Encode())) // sorted by name
	return mac.Sum(nil)
}

// link signs an address as the viewer; empty where he has no session, or the
// installation no key.
func (r *Resolver) link(ctx context.Context, path string, q url.Values) (string, time.Time) {
	v := authz.From(ctx)
	if len(r.LinkKey) == 0 || v.Session == uuid.Nil {
		return "", time.Time{}
	}
	ends := clock.Now(ctx).Truncate(linkLife).Add(2 * linkLife)
	payload := slices.Concat(v.Account[:], v.Tenant[:], v.Membership[:], v.Session[:])
	payload = binary.BigEndian.AppendUint64(payload, uint64(ends.Unix()))
	sealed := base64.RawURLEncoding.EncodeToString(slices.Concat(payload, r.seal(payload, path, q)))
	out := url.Values{}
	for name, values := range q {
		out[name] = values
	}
	out.Set(httpd.LinkParam, sealed)
	return path + "?" + out.Encode(), ends
}

// linkOf are the claims of a request that follows a link; false when it follows
// none. A header that the page gives goes before.
func (r *Resolver) linkOf(req *http.Request) (c accounts.Claims, ok bool, err error) {
	reading := req.Method == http.MethodGet || req.Method == http.MethodHead
	q, bad := url.ParseQuery(req.URL.RawQuery)
	if !reading || req.Header.Get("Authorization") != "" || !q.Has(httpd.LinkParam) {
		return c, false, nil
	}
	wrong := errs.New(errs.NotAllowed, "链接无效或已过期，请回到原来的页面重新打开")
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(q.Get(httpd.LinkParam))
	if bad != nil || err != nil || len(q[httpd.LinkParam]) != 1 || len(sealed) != wholeLink+sha256.Size || len(r.LinkKey) == 0 {
		return c, true, wrong
	}
	q.Del(httpd.LinkParam)
	payload := sealed[:wholeLink]
	if !hmac.Equal(sealed[wholeLink:], r.seal(payload, req.URL.Path, q)) {
		return c, true, wrong
	}
	for i, into := range []*uuid.UUID{&c.Account, &c.Tenant, &c.Membership, &c.Session} {
		copy(into[:], payload[16*i:])
	}
	c.Expires = time.Unix(int64(binary.BigEndian.Uint64(payload[4*16:])), 0)
	if !clock.Now(req.Context()).Before(c.Expires) {
		return c, true, wrong
	}
	return c, true, nil
}

// signedLink signs an address that somebody has put together himself, such as
// an export of the ledger with its filter. It gives no right: who follows it is
// asked as he would be with his token.
func (r *Resolver) signedLink(ctx context.Context, address string) (*model.SignedLink, error) {
	wrong := errs.New(errs.Invalid, "只能签 /files/编号、/files/编号/thumbnail、/ledger、/ledger.csv、/ledger.xlsx、/rights.xlsx、/imports/template.xlsx、/imports/export.xlsx、/imports/编号/marked.xlsx 这些网址，可带筛选；请写本系统内的相对网址").At("path")
	u, err := url.ParseRequestURI(address)
	if err != nil || len(address) > 2000 || u.Scheme != "" || u.Host != "" || strings.HasPrefix(address, "//") || !linked.MatchString(u.Path) || u.RawPath != "" {
		return nil, wrong
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || q.Has(httpd.LinkParam) {
		return nil, wrong
	}
	signed, ends := r.link(ctx, u.Path, q)
	if signed == "" {
		return nil, errs.New(errs.NotAllowed, "没有登录的会话，不能签链接")
	}
	return &model.SignedLink{URL: signed, ExpiresAt: ends}, nil
}

// attachmentLink is the link to an attachment, or to what is beside it; nil where
// there can be none.
func (r *Resolver) attachmentLink(ctx context.Context, a *gen.Attachment, beside string) *string {
	if a.RemovedAt != nil || a.Malware != "" {
		return nil
	}
	if signed, _ := r.link(ctx, "/files/"+a.ID.String()+beside, url.Values{}); signed != "" {
		return &signed
	}
	return nil
}
