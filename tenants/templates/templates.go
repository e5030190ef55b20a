// Package templates holds what a new committee starts with: the definitions of
// the regulated processes. They are data; the rules they name are registered
// by the nouns.
package templates

import "embed"

//go:embed *.yaml
var files embed.FS

// Processes lists the shipped definitions.
func Processes() [][]byte {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // embedded: cannot fail
	}
	var out [][]byte
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		out = append(out, b)
	}
	return out
}
