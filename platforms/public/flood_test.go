package public

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	pictureIn = regexp.MustCompile(`<img src="([^"]+)"`)
	soundIn   = regexp.MustCompile(`<audio [^>]*src="([^"]+)"`)
)

// reads answers a form as somebody does who reads the picture.
func (s *site) reads(page, text string) url.Values {
	s.t.Helper()
	own, err := newSealer(secret)
	if err != nil {
		s.t.Fatal(err)
	}
	token := tokenIn.FindStringSubmatch(page)[1]
	f, good := own.open(token, "210212/lushun", s.clock.Now())
	if !good || !f.hard {
		s.t.Fatalf("good %v, hard %v", good, f.hard)
	}
	var answer strings.Builder
	for _, d := range six(own.seed(f)) {
		fmt.Fprintf(&answer, "%d ", d)
	}
	return url.Values{"token": {token}, "text": {text}, "answer": {answer.String()}}
}

// S10: the form stays open for the next citizen, whoever floods it.
func TestFlood(t *testing.T) {
	s := newSite(t, Options{Platform: Rate{1, 20}})
	from := func(i int) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255) }
	}
	page := func(i int) string { return s.send(0, lushun, nil, from(i)).body }
	taken := func(i int, form url.Values) bool { return s.send(0, lushun, form, from(i)).status == http.StatusOK }

	t.Run("S10: six addresses do not shut a platform", func(t *testing.T) {
		for round := range 10 {
			for i := range 6 {
				if p := page(i); questionIn.MatchString(p) {
					taken(i, s.fill(p, fmt.Sprintf("灌水 %d %d", round, i)))
				}
			}
		}
		next := page(1000)
		if questionIn.MatchString(next) && !taken(1000, s.fill(next, "井盖坏了")) || !questionIn.MatchString(next) && !taken(1000, s.reads(next, "井盖坏了")) {
			t.Error("the next citizen was turned away")
		}
	})
	t.Run("S10: of a thousand addresses whose program does sums few come through, and the next citizen does", func(t *testing.T) {
		before, through := s.topics(), 0
		for i := range 1000 {
			p := page(2000 + i)
			if !questionIn.MatchString(p) {
				continue // the program cannot read it
			}
			if taken(2000+i, s.fill(p, fmt.Sprintf("灌水 %d", i))) {
				through++
			}
		}
		if got := s.topics() - before; got != through || through > 30 {
			t.Errorf("%d of 1000 came through, %d are there", through, got)
		}
		next := page(5000)
		if !taken(5000, s.reads(next, "路灯不亮")) {
			t.Error("the next citizen was turned away")
		}
	})
	t.Run("S10: forms with a sum that were fetched before are of no use meanwhile, and nothing typed is lost", func(t *testing.T) {
		own, _ := newSealer(secret)
		f := form{Once: [16]byte{1}, expiry: s.clock.Now().Add(goodFor), about: "210212/lushun"}
		_, n := sum(own.seed(f))
		a := s.send(0, lushun, url.Values{"token": {own.token(f)}, "text": {"早先打开的页面"}, "answer": {fmt.Sprint(n)}}, from(6000))
		want(t, a, http.StatusUnprocessableEntity, "请再答这道新题", "早先打开的页面</textarea>")
		if !taken(6000, s.reads(a.body, "早先打开的页面")) {
			t.Error("the new question was no use")
		}
	})
	t.Run("the picture is one, the sound is one, and a wrong answer uses them up", func(t *testing.T) {
		p := page(7000)
		picture := s.send(1, pictureIn.FindStringSubmatch(p)[1], nil, from(7000))
		img, err := png.Decode(bytes.NewReader([]byte(picture.body)))
		if err != nil || img.Bounds().Dx() != 240 || picture.header.Get("Content-Type") != "image/png" {
			t.Fatal(err, picture.status)
		}
		sound := s.send(1, soundIn.FindStringSubmatch(p)[1], nil, from(7000))
		if !strings.HasPrefix(sound.body, "RIFF") || sound.header.Get("Content-Type") != "audio/wav" {
			t.Fatal(sound.status)
		}
		wrong := s.reads(p, "事")
		wrong.Set("answer", "12345")
		want(t, s.send(0, lushun, wrong, from(7000)), http.StatusUnprocessableEntity, "答得不对")
		if taken(7000, s.reads(p, "事")) {
			t.Error("the same form was good again")
		}
	})
	t.Run("when it is quiet again the sum is enough", func(t *testing.T) {
		s.clock.Advance(goodFor + time.Minute)
		if !taken(8000, s.fill(page(8000), "安静了")) {
			t.Error("it was not taken")
		}
	})
}
