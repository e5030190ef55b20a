package fair

import "testing"

func TestNetwork(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "192.0.2.7:4711": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8::1": "2001:db8::/64", "[2001:db8::ffff%eth0]:1": "2001:db8::/64", "2001:db8:0:1::1": "2001:db8:0:1::/64",
	} {
		if got, ok := NetworkOf(text); !ok || got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "unknown", "192.0.2.7:", "@"} {
		if got, ok := NetworkOf(text); ok {
			t.Errorf("%q is an address: %s", text, got)
		}
	}
}
