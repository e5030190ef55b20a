package overview

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
)

var (
	//go:embed ledger.html
	pageText string
	//go:embed ledger.css
	styleText string
)

var page = template.Must(template.New("ledger").Funcs(template.FuncMap{
	"title": func() string { return Title },
	"style": func() template.CSS { return template.CSS(styleText) },
	"add":   func(a, b int) int { return a + b },
	"day":   shownDay,
}).Parse(pageText))

// pagePolicy lets the page have its own style and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(styleText))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// HTML writes the page to print.
func (s *Sheet) HTML(w io.Writer) error { return page.Execute(w, s) }
