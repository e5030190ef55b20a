//go:build !linux

package dbtest

import (
	"context"
	"errors"
	"os"
)

func useShared(context.Context) (string, *os.File, error) {
	return "", nil, errors.New("a test server of its own needs Linux; set " + serverURL + " to the superuser's URL of a PostgreSQL server")
}
