package main

import (
	"context"
	"errors"
	"io"
)

func (a *app) demo(ctx context.Context, out io.Writer) error {
	return errors.New("x")
}

func loadDemo(ctx context.Context, args []string, out io.Writer) error { return nil }
