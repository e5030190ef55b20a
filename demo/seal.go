package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/internal/httpd"
)

// pageNames are the files that are uploaded: the sealed page of a collective
// proposal, and the evidence for a node of a task.
var pageNames = map[string]string{"SEAL": "盖章页.png", "PHOTO": "验收现场.png"}

// upload puts a page to a matter, through the product's own door for files: the same page a second time is the one that
// is there.
func (s *stage) upload(ctx context.Context, m move, matter uuid.UUID) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", pageNames[m.page])
	if err == nil {
		_, err = part.Write(seal())
	}
	if err := errors.Join(err, form.Close()); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/files?kind="+m.page+"&matter="+matter.String(), &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	door := &files.Handler{
		Door: httpd.Door{Log: slog.New(slog.DiscardHandler), As: func(r *http.Request, write bool, fn func(context.Context) error) error {
			return s.signedIn(r.Context(), m.at, m.who, write, fn)
		}},
		From: func(context.Context) audit.From { return audit.From{} }, Client: s.Store.Ent(), Engine: s.Engine, Blobs: s.Blobs,
	}
	w := &answer{header: http.Header{}}
	door.ServeHTTP(w, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if w.status != http.StatusCreated {
		return fmt.Errorf("%s was refused: %d %s", pageNames[m.page], w.status, w.body.String())
	}
	return nil
}

// answer keeps a response.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// seal draws a red ring around a star: a page that nobody takes for a real
// one.
func seal() []byte {
	const size = 160
	red := color.NRGBA{R: 200, G: 20, B: 20, A: 255}
	page := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x-size/2), float64(y-size/2)
			r, angle := math.Hypot(dx, dy), math.Atan2(dx, -dy)
			// A star's edge lies between its outer and inner radius, five times around.
			edge := 12 + 18*math.Abs(math.Mod(angle+2*math.Pi, 2*math.Pi/5)/(math.Pi/5)-1)
			page.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			if (r > 66 && r < 72) || r < edge {
				page.SetNRGBA(x, y, red)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, page); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}
