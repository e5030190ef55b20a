package main

import (
	"context"
	"net/http"

	"github.com/bihuan/bihuan/demo/bulk"
)

type write struct{}

var writes []write

func (f *floor) write(w http.ResponseWriter, q *http.Request, d *write) {}

func benchWrites(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string) error { return nil }
func benchOther(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string) error { return nil }
