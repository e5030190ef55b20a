package phone

import (
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/phone/channels"
	"github.com/bihuan/bihuan/tenants"
)

// Service knows what people want on their phones, and takes it there.
type Service struct {
	store  *tenants.Store
	client *gen.Client
	dir    *authz.Directory
	engine *flow.Engine
	key    []byte // of codes
	by     map[string]channels.Channel
	public string
	step   func(string) // called between any two parts of a delivery; only tests set it
}

// New makes one that has no channel.
func New(store *tenants.Store, dir *authz.Directory, engine *flow.Engine, key []byte) *Service {
	return &Service{store: store, client: store.Ent(), dir: dir, engine: engine, key: key, step: func(string) {}}
}

// Connect gives it the installation's channels, and where its console is, such as
// https://zx.example.cn. It is called at start only.
func (s *Service) Connect(public string, by map[string]channels.Channel) {
	s.public, s.by = strings.TrimSuffix(public, "/"), by
}

// Connected reports whether there is any channel.
func (s *Service) Connected() bool { return len(s.by) > 0 }
