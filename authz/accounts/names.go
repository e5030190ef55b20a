package accounts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/text/unicode/norm"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/fair"
)

const (
	minLogin, maxLogin       = 3, 64
	minPassword, maxPassword = 10, 128
	// NFKC may lengthen a text; more bytes than this are no login or password
	// and are not looked at.
	maxTyped = 4 * maxPassword
	// maxClient is what is kept of address and agent, in characters.
	maxClient = 200
)

// Login brings what was typed to the one form in which logins are stored. The
// Chinese input methods type full-width letters, and 。 for the full stop.
func Login(typed string) (string, error) {
	bad := errs.New(errs.Invalid, "登录名应为 %d 至 %d 个字符，只能使用英文字母、数字和 . _ @ -", minLogin, maxLogin).At("login")
	if len(typed) > maxTyped {
		return "", bad
	}
	s := strings.Map(plain, strings.TrimSpace(norm.NFKC.String(typed)))
	if len(s) < minLogin || len(s) > maxLogin {
		return "", bad
	}
	for _, r := range s {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("._@-", r)) {
			return "", bad
		}
	}
	return s, nil
}

// plain lowers the letters of ASCII only: İ would become an i as well, and
// look-alikes shall not meet.
func plain(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r == '。':
		return '.'
	}
	return r
}

// typedPassword is the form of a password that is hashed (NIST SP 800-63B
// asks for NFKC). What is too long for a password becomes one that matches
// nothing, so that it costs the same work.
func typedPassword(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	return norm.NFKC.String(typed)
}

// newPassword checks a password that somebody wants to have.
func newPassword(login, typed string) (string, error) {
	bad := func(message string, args ...any) error {
		return errs.New(errs.Invalid, message, args...).At("password")
	}
	p := typedPassword(typed)
	n := utf8.RuneCountInString(p)
	switch {
	case len(typed) > maxTyped || n > maxPassword:
		return "", bad("密码不能超过 %d 个字符，请缩短", maxPassword)
	case n < minPassword:
		return "", bad("密码至少 %d 个字符，请加长", minPassword)
	case !utf8.ValidString(p) || strings.ContainsFunc(p, unicode.IsControl):
		return "", bad("密码中有不能使用的控制字符，请重新输入")
	case strings.Contains(strings.ToLower(p), login):
		return "", bad("密码不能包含登录名，请另换一个")
	case guessable(login, p):
		return "", bad("密码太容易被猜到（常用的词、连续或重复的字符、键盘上相邻的键），请另换一个，例如几个不相干的词")
	}
	return p, nil
}

// hereCommon are words that people here begin passwords with, beside those of
// the library's lists.
var hereCommon = []string{"woaini", "5201314", "1314520", "zhengxie", "weiyuan", "bihuan", "dalian"}

// judged is how much of a password is judged: what is longer is not guessed, and
// the judging takes more than its square.
const judged = 40

// guessable reports whether a password is among the some ten million that are
// tried first (S17), by the lists and patterns of zxcvbn.
func guessable(login, p string) bool {
	if r := []rune(p); len(r) > judged {
		p = string(r[:judged])
	}
	return zxcvbn.PasswordStrength(p, append([]string{login}, hereCommon...)).Score < 2
}

// addressKey is what failures of an address are counted under. An address
// that cannot be read is not let off: all such share one count.
func addressKey(address string) string {
	network, ok := fair.NetworkOf(address)
	if !ok {
		network = "unknown"
	}
	return "address:" + network
}

// label is how a session is shown to its owner.
func (c Client) label() string {
	s := strings.TrimSpace(strings.ToValidUTF8(c.Address+" "+c.Agent, ""))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxClient {
		s = string(r[:maxClient])
	}
	return s
}
