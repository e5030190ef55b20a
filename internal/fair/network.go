package fair

import "net/netip"

// Network is what one caller can be taken to have: an IPv4 address, or the /64 of
// an IPv6 one, in which he may call himself what he likes. Empty for no address.
func Network(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // 64 bits are there
	return p.String()
}

// NetworkOf reads an address, with or without a port; not ok for what is none.
func NetworkOf(text string) (network string, ok bool) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		ap, err := netip.ParseAddrPort(text)
		if err != nil {
			return "", false
		}
		a = ap.Addr()
	}
	return Network(a), true
}
