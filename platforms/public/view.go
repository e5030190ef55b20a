package public

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/platforms"
)

//go:embed pages.html style.css
var files embed.FS

// view is what a page shows.
type view struct {
	page   string // template
	status int

	Title     string
	Committee string
	Message   string
	// addresses of this page, of the list of platforms, and of the one for asking
	Here, All, Ask string

	Platforms []*gen.Platform

	Brand          string
	Manners        []string
	Streets        []choice
	Must           bool // one of the streets has to be chosen
	Most           int  // characters
	Minutes        int
	Token          string
	Question       string
	Picture, Sound string // addresses, where the question is in them

	Text, Name, Phone, Street string // as they were filled in
	Errors                    []problem

	No, Code string
	On       time.Time // on which it was taken
	Progress *platforms.Progress
}

type choice struct{ ID, Name string }

// problem is what is wrong with a field.
type problem struct{ Field, Text string }

func (v *view) wrong(field, text string) { v.Errors = append(v.Errors, problem{field, text}) }

// Wrong is what is wrong with a field, empty when nothing is.
func (v *view) Wrong(field string) string {
	for _, p := range v.Errors {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func (v *view) fill(r *http.Request) {
	get := r.PostForm.Get
	v.Text, v.Name, v.Phone, v.Street = get("text"), get("name"), get("phone"), get("street")
}

var style = func() []byte {
	b, err := files.ReadFile("style.css")
	if err != nil {
		panic(err) // embedded
	}
	return b
}()

// styleVersion changes with the style, so that browsers may keep it.
var styleVersion = func() string {
	sum := sha256.Sum256(style)
	return hex.EncodeToString(sum[:6])
}()

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"style": func() string { return styleVersion },
	"day":   func(t time.Time) string { return t.Format("2006年1月2日") },
	"local": func(t time.Time) string { return t.In(clock.Shanghai).Format("2006年1月2日") },
}).ParseFS(files, "pages.html"))

func (h *Handler) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(style)
}
