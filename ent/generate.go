// Package ent holds what is stored: schema/ is written, gen/ is generated,
// migrations/ is how a database gets there.
package ent

//go:generate go run -mod=mod ./entc.go
