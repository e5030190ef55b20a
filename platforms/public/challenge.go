package public

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dchest/captcha"
)

// Challenge is what a form asks so that not a machine fills it in. The seed is
// the form's own, secret, and at least 32 bytes; whatever is asked follows from
// it, so that every replica knows the answer.
type Challenge interface {
	// Words are the question, as it stands on the page.
	Words(seed []byte) string
	// Right reports whether the answer is.
	Right(seed []byte, answer string) bool
	// Picture is a PNG and Sound a WAV of what is asked; nil where the words are all.
	Picture(seed []byte) []byte
	Sound(seed []byte) []byte
}

// Sum asks for a small sum in words. It keeps nobody out who can read, and stops
// no program that was written for it.
type Sum struct{}

var digits = [...]string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

func sum(seed []byte) (string, int) {
	a, b := int(seed[0])%9+2, int(seed[1])%9+1 // 2–10 and 1–9
	if seed[2]%2 == 0 {
		return digits[a] + "加" + digits[b] + "等于几？", a + b
	}
	if a < b {
		a, b = b, a
	}
	return digits[a] + "减" + digits[b] + "等于几？", a - b
}

// Words are the sum.
func (Sum) Words(seed []byte) string { q, _ := sum(seed); return "请算一算：" + q }

// Right takes digits and Chinese.
func (Sum) Right(seed []byte, answer string) bool {
	_, want := sum(seed)
	got, isNumber := number(answer)
	return isNumber && got == want
}

// Picture is none.
func (Sum) Picture([]byte) []byte { return nil }

// Sound is none.
func (Sum) Sound([]byte) []byte { return nil }

// Digits asks for six digits in a picture, which are read aloud for who cannot
// see it. It is for when too much comes at once (S10): programs do not read it
// at the same price as a sum.
type Digits struct{}

func six(seed []byte) []byte {
	out := make([]byte, 6)
	for i := range out {
		out[i] = seed[i] % 10 // slightly more 0 to 5, which helps nobody
	}
	return out
}

// Words ask for the digits.
func (Digits) Words([]byte) string { return "请填写图中的六个数字" }

// Right takes digits, full-width ones and spaces between them too.
func (Digits) Right(seed []byte, answer string) bool {
	var want strings.Builder
	for _, d := range six(seed) {
		want.WriteString(strconv.Itoa(int(d)))
	}
	return plain(answer) == want.String()
}

// Picture is 240 × 80 pixels.
func (Digits) Picture(seed []byte) []byte {
	var b bytes.Buffer
	_, _ = captcha.NewImage(fmt.Sprintf("%x", seed), six(seed), captcha.StdWidth, captcha.StdHeight).WriteTo(&b) // a buffer takes all
	return b.Bytes()
}

// Sound reads them in Chinese.
func (Digits) Sound(seed []byte) []byte {
	var b bytes.Buffer
	_, _ = captcha.NewAudio(fmt.Sprintf("%x", seed), six(seed), "zh").WriteTo(&b)
	return b.Bytes()
}

// asks is the challenge of a form.
func (h *Handler) asks(f form) Challenge {
	if f.hard {
		return h.o.Hard
	}
	return h.o.Easy
}

// media serves what of a challenge is no text.
func (h *Handler) media(kind string, of func(Challenge, []byte) []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h.admit(r); err != nil {
			http.Error(w, "请稍后再试", http.StatusTooManyRequests)
			return
		}
		f, good := h.sealer.open(r.URL.Query().Get("form"), about(r), h.now(r))
		if !good || h.spent.has(f.Once.String()) {
			http.NotFound(w, r)
			return
		}
		body := of(h.asks(f), h.sealer.seed(f))
		if body == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // who hung up needs no answer
	}
}
