package vocab

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// token is a part of a pattern of numbers that is filled in: {seq:4} is padded
// with zeros to four digits.
var token = regexp.MustCompile(`\{(year|seq|edition|code)(?::([1-9]))?\}`)

// ReceiptKey is the pattern of receipt numbers.
const ReceiptKey = process.ReceiptKey

// numberKey notes a series that the policy does not have, or that would give
// the same number twice.
func numberKey(p *process.Place, key string) {
	pattern, ok := p.Policy.Numbers[key]
	switch {
	case key == "":
	case !ok:
		p.Find("政策里没有编号规则“%s”%s", key, process.Choices(key, slices.Sorted(maps.Keys(p.Policy.Numbers))))
	default:
		if shown, bad := errs.As(process.CheckPattern(key, pattern)); bad {
			p.Find("%s", shown.Message)
		}
	}
}

// next takes the next number of a series of the matter's kind and platform; a
// series with the year in it begins anew every year, one with the edition with
// every edition.
func next(ctx context.Context, r *flow.Run, key string) (string, error) {
	pattern, ok := r.Policy.Numbers[key]
	if !ok { // a matter keeps the policy with which it began
		policy, err := r.Engine.CurrentPolicy(ctx)
		if err != nil {
			return "", err
		}
		if pattern, ok = policy.Numbers[key]; !ok {
			return "", errs.New(errs.GuardFailed, "政策里没有编号规则“%s”，请租户管理员设置", key)
		}
	}
	platform := "-"
	if r.PlatformID != nil {
		platform = r.PlatformID.String()
	}
	scope := []string{"number", key, r.Kind, platform}
	known := map[string]string{"year": strconv.Itoa(r.Today().Year())}
	if strings.Contains(pattern, "{year}") {
		scope = append(scope, known["year"])
	}
	if strings.Contains(pattern, "{edition") {
		n, ok := edition(r)
		if !ok {
			return "", errs.New(errs.GuardFailed, "还不知道是第几届，不能编号；请先填写届次")
		}
		known["edition"] = strconv.Itoa(n)
		scope = append(scope, known["edition"])
	}
	if strings.Contains(pattern, "{code") {
		code, err := platformCode(ctx, r)
		if err != nil {
			return "", err
		}
		known["code"] = code
	}
	return fill(ctx, pattern, strings.Join(scope, ":"), known)
}

// fill takes the next number of the scope, if the pattern has one, and puts
// everything into the pattern.
func fill(ctx context.Context, pattern, scope string, known map[string]string) (string, error) {
	if strings.Contains(pattern, "{seq") {
		n, err := flow.Next(ctx, scope, 1)
		if err != nil {
			return "", err
		}
		known["seq"] = strconv.Itoa(n)
	}
	return token.ReplaceAllStringFunc(pattern, func(t string) string {
		entry := token.FindStringSubmatch(t)
		value := known[entry[1]]
		if wide, _ := strconv.Atoi(entry[2]); len(value) < wide {
			value = strings.Repeat("0", wide-len(value)) + value
		}
		return value
	}), nil
}

// edition is the one that the form tells, else that of the newest event that
// has one, else the saved one.
func edition(r *flow.Run) (int, bool) {
	if n, ok := wholeOf(r.Form["edition"]); ok {
		return int(n), true
	}
	for i := len(r.Events) - 1; i >= 0; i-- {
		if e := r.Events[i].Edition; e != nil {
			return *e, true
		}
	}
	n, ok := wholeOf(r.Data["edition"])
	return int(n), ok
}

func platformCode(ctx context.Context, r *flow.Run) (string, error) {
	if r.PlatformID == nil {
		return "", errs.New(errs.GuardFailed, "这件事项不属于任何平台，编号规则里不能有 {code}")
	}
	p, err := r.Client.Platform.Get(ctx, *r.PlatformID)
	if err != nil {
		return "", err
	}
	return p.Code, nil
}

// NextReceipt takes the next number of the committee's receipts and makes its
// check code. The series is one for all kinds of matter, since the number of a
// receipt is unique in a committee; policy is the present one.
func NextReceipt(ctx context.Context, policy process.Policy, year int) (no, code string, err error) {
	pattern := policy.Numbers[ReceiptKey]
	if !strings.Contains(pattern, "{seq") {
		return "", "", errs.New(errs.GuardFailed, "编号规则“%s”没有 {seq}，请租户管理员改正", ReceiptKey)
	}
	scope := "receipt"
	if strings.Contains(pattern, "{year}") {
		scope = fmt.Sprintf("receipt %d", year)
	}
	no, err = fill(ctx, pattern, scope, map[string]string{"year": strconv.Itoa(year)})
	return no, checkCode(), err
}

// Check codes leave out what is easily misread: 0 O, 1 I L, U V. 29 letters to
// the eighth are some 5·10¹¹ codes.
const (
	codeLetters = "23456789ABCDEFGHJKMNPQRSTWXYZ"
	codeLength  = 8
)

// checkCode makes a check code; every letter is as likely as any other.
func checkCode() string {
	var b strings.Builder
	most := byte(256 / len(codeLetters) * len(codeLetters))
	for one := make([]byte, 1); b.Len() < codeLength; {
		_, _ = rand.Read(one) // never fails, see crypto/rand
		if one[0] < most {
			b.WriteByte(codeLetters[int(one[0])%len(codeLetters)])
		}
	}
	return b.String()
}
