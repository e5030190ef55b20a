package tenants

import (
	"context"
	"iter"
)

// Committees goes through the directory page by page, by code. Like Directory
// it is called outside any transaction.
func (s *Store) Committees(ctx context.Context) iter.Seq2[Tenant, error] {
	return func(yield func(Tenant, error) bool) {
		for after := ""; ; {
			page, err := s.Directory(ctx, after, 0)
			if err != nil {
				yield(Tenant{}, err)
				return
			}
			for _, t := range page {
				if !yield(t, nil) {
					return
				}
				after = t.Code
			}
			if len(page) == 0 {
				return
			}
		}
	}
}
