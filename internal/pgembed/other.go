//go:build !linux

package pgembed

import (
	"context"

	"github.com/bihuan/bihuan/internal/errs"
)

// Start refuses: only Linux can tie a server's life to its owner's.
func Start(context.Context, Options) (*Server, error) {
	return nil, errs.New(errs.Unavailable, "内嵌的 PostgreSQL 只能在 Linux 上运行；请设置 DATABASE_URL，使用已有的 PostgreSQL 数据库")
}
