package picture

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"sync"
	"testing"
)

// half is a picture whose left half is red and whose right half is blue.
func half(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			if x >= w/2 {
				c = color.NRGBA{0, 0, 255, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// exif is a JPEG whose camera says how it was held.
func exif(t *testing.T, m image.Image, orientation byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	app1 := "\xFF\xE1\x00\x22Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00"
	return append([]byte("\xFF\xD8"+app1), b.Bytes()[2:]...)
}

// white is one pixel of WebP.
const white = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA="

func TestSmallPictures(t *testing.T) {
	t.Parallel()
	made := map[string][]byte{}
	for typ, encode := range map[string]func(io.Writer) error{
		"image/jpeg": func(w io.Writer) error { return jpeg.Encode(w, half(1000, 500), nil) },
		"image/png":  func(w io.Writer) error { return png.Encode(w, half(1000, 500)) },
		"image/gif":  func(w io.Writer) error { return gif.Encode(w, half(1000, 500), nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		made[typ] = b.Bytes()
	}
	t.Run("the longer side is what was asked for", func(t *testing.T) {
		for typ, b := range made {
			m := small(t, typ, b, 100)
			if m.Bounds().Dx() != 100 || m.Bounds().Dy() != 50 || !red(m.At(10, 25)) || red(m.At(90, 25)) {
				t.Error(typ, m.Bounds(), m.At(10, 25), m.At(90, 25))
			}
		}
	})
	t.Run("it is never larger than the original", func(t *testing.T) {
		b, err := base64.StdEncoding.DecodeString(white)
		if err != nil {
			t.Fatal(err)
		}
		if m := small(t, "image/webp", b, 100); m.Bounds().Dx() != 1 {
			t.Error(m.Bounds())
		}
		if size, err := Measure("image/webp", b); err != nil || size != (Size{1, 1}) {
			t.Error(size, err)
		}
	})
	t.Run("it is upright as the camera was held", func(t *testing.T) {
		for o, at := range map[byte]image.Point{1: {5, 25}, 2: {95, 25}, 3: {95, 25}, 4: {5, 25}, 5: {25, 5}, 6: {25, 5}, 7: {25, 95}, 8: {25, 95}} {
			b := exif(t, half(400, 200), o)
			m := small(t, "image/jpeg", b, 100)
			size, err := Measure("image/jpeg", b)
			if (m.Bounds().Dy() == 100) != (o >= 5) || !red(m.At(at.X, at.Y)) || err != nil || (size.Height == 400) != (o >= 5) {
				t.Error(o, m.Bounds(), m.At(at.X, at.Y), size, err)
			}
		}
	})
	t.Run("what can be seen through is on white", func(t *testing.T) {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 8, 8))); err != nil {
			t.Fatal(err)
		}
		if r, _, _, _ := small(t, "image/png", b.Bytes(), 8).At(4, 4).RGBA(); r < 0xF000 {
			t.Error("dark")
		}
	})
	t.Run("what is broken, or none, is said", func(t *testing.T) {
		for typ, b := range made {
			for _, cut := range []int{0, 1, 8, 30, len(b) / 2} {
				if err := Small(io.Discard, typ, bytes.NewReader(b[:cut]), 100); !errors.Is(err, ErrNone) {
					t.Error(typ, cut, err)
				}
			}
			if err := Small(io.Discard, "image/heic", bytes.NewReader(b), 100); !errors.Is(err, ErrNone) {
				t.Error(err)
			}
		}
	})
	t.Run("a picture that says it is huge is not read", func(t *testing.T) {
		b := bytes.Clone(made["image/png"])
		copy(b[16:], []byte{0, 0, 0x40, 0, 0, 0, 0x40, 0})               // 16384 × 16384
		if _, err := Measure("image/png", b); !errors.Is(err, ErrNone) { // its sum does not fit
			t.Error(err)
		}
		g := bytes.Clone(made["image/gif"])
		copy(g[6:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
		if err := Small(io.Discard, "image/gif", bytes.NewReader(g), 100); !errors.Is(err, ErrLarge) {
			t.Error(err)
		}
	})
	t.Run("many at once are read one after the other", func(t *testing.T) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := Small(io.Discard, "image/jpeg", bytes.NewReader(made["image/jpeg"]), 100); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func small(t *testing.T, typ string, b []byte, side int) image.Image {
	t.Helper()
	var out bytes.Buffer
	if err := Small(&out, typ, bytes.NewReader(b), side); err != nil {
		t.Fatal(typ, err)
	}
	m, err := jpeg.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func red(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > 0xC000 && b < 0x6000
}

func FuzzSmall(f *testing.F) {
	f.Add("image/jpeg", []byte("\xFF\xD8\xFF\xE1\x00\x10Exif\x00\x00II\x2A\x00\x08\x00\x00\x00"))
	f.Add("image/png", []byte("\x89PNG\r\n\x1A\n"))
	f.Fuzz(func(_ *testing.T, typ string, b []byte) { _ = Small(io.Discard, typ, bytes.NewReader(b), 64) })
}
