package httpd

import (
	"net/http"
	"net/netip"
	"strings"
)

// peer is who is at the other end of the connection; not valid for a socket
// without addresses.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.o.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (s *Server) fromProxy(r *http.Request) bool { return s.trusted(peer(r)) }

// client walks X-Forwarded-For from its end, where our own proxies wrote, to
// the first address that is not one of them: what stands before it is hearsay.
func (s *Server) client(r *http.Request) netip.Addr {
	at := peer(r)
	if !s.trusted(at) {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(at); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = a.Unmap().WithZone("")
	}
	return at
}

// mayScrape keeps the figures inside: they are asked for directly, never
// through a proxy, which would make the whole world look like itself.
func (s *Server) mayScrape(r *http.Request) bool {
	a := peer(r)
	return (a.IsLoopback() || a.IsPrivate()) && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}
