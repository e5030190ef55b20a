// Package picture makes small pictures of large ones.
//
//   - What is no picture, or is broken, is ErrNone; nothing in it can end the program.
//   - How much memory a picture needs is told from its head, before it is read; one that needs more than Budget is ErrLarge.
//   - One picture is read at a time, so that Budget is the memory of the whole process.
//   - A small picture is a JPEG whose longer side is at most the one asked for, never larger than the original, and upright as the camera was held; what can be seen through is shown on white; of a moving picture the first is shown.
package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Budget is how much memory a picture may need while it is read, in bytes: a
// photograph of 50 million pixels, as phones make them.
const Budget = 160 << 20

// maxSide is the longest side, in pixels.
const maxSide = 20_000

// HeadLen is how much of a picture Measure wants to see: its size can come after
// a camera's notes and a preview.
const HeadLen = 256 << 10

var (
	ErrNone  = errors.New("picture: not a picture that can be read")
	ErrLarge = errors.New("picture: more pixels than are read")
)

// format is how a kind of picture is read, and how many bytes a pixel needs
// meanwhile, at the most.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	bytes  func(head []byte, m color.Model) int
}

var formats = map[string]format{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode, func(head []byte, _ color.Model) int {
		if progressive(head) {
			return 16 // its coefficients are kept until the end
		}
		return 3
	}},
	"image/png": {png.DecodeConfig, png.Decode, func(_ []byte, m color.Model) int {
		switch m {
		case color.GrayModel:
			return 2
		case color.NRGBA64Model, color.RGBA64Model:
			return 16 // interlaced it is there twice
		case color.Gray16Model:
			return 4
		case color.NRGBAModel, color.RGBAModel:
			return 8
		}
		return 2 // a palette
	}},
	"image/gif":  {gif.DecodeConfig, gif.Decode, func([]byte, color.Model) int { return 2 }},
	"image/webp": {webp.DecodeConfig, webp.Decode, func([]byte, color.Model) int { return 10 }},
}

// Known reports whether small pictures can be made of a content type.
func Known(contentType string) bool { _, ok := formats[contentType]; return ok }

// Size is a picture's width and height as it is stored and shown.
type Size struct{ Width, Height int }

// Measure tells a picture's size from its beginning: ErrNone where it has none,
// ErrLarge, with the size, where it is too large to be read.
func Measure(contentType string, head []byte) (Size, error) {
	f, ok := formats[contentType]
	if !ok {
		return Size{}, ErrNone
	}
	c, err := f.config(bytes.NewReader(head))
	if err != nil && len(head) >= HeadLen { // what comes first is longer than that
		return Size{}, ErrLarge
	}
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return Size{}, ErrNone
	}
	size := Size{c.Width, c.Height}
	if turned(orientation(contentType, head)) {
		size = Size{c.Height, c.Width}
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > Budget/f.bytes(head, c.ColorModel) {
		return size, ErrLarge
	}
	return size, nil
}

// one is held while a picture is read.
var one = make(chan struct{}, 1)

// Small writes a small picture of what r yields.
func Small(w io.Writer, contentType string, r io.Reader, side int) error {
	one <- struct{}{}
	defer func() { <-one }()
	in := bufio.NewReaderSize(r, HeadLen)
	head, err := in.Peek(HeadLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := Measure(contentType, head); err != nil {
		return err
	}
	turn := orientation(contentType, head) // before the buffer moves on
	src, err := formats[contentType].decode(in)
	if err != nil {
		return errors.Join(ErrNone, err)
	}
	return jpeg.Encode(w, upright(shrunk(src, side), turn), &jpeg.Options{Quality: 80})
}

// shrunk is the picture on white, with its longer side at most side: first fast
// to four times of that, then with every pixel counted.
func shrunk(src image.Image, side int) *image.RGBA {
	b := src.Bounds()
	if long := max(b.Dx(), b.Dy()); long > 4*side {
		src = scaled(src, draw.ApproxBiLinear, 4*side)
	}
	return scaled(src, draw.CatmullRom, side)
}

func scaled(src image.Image, by draw.Scaler, side int) *image.RGBA {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > side {
		w, h = max(1, w*side/long), max(1, h*side/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	by.Scale(out, out.Bounds(), src, b, draw.Over, nil)
	return out
}

// progressive reports whether a JPEG is sent from coarse to fine (SOF2).
func progressive(head []byte) bool {
	found := false
	segments(head, func(marker byte, _ []byte) bool {
		found = marker == 0xC2 || marker == 0xC6 || marker == 0xCA || marker == 0xCE
		return marker&0xF0 == 0xC0 && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
	})
	return found
}

// segments walks the parts of a JPEG before its picture, until done says so.
func segments(head []byte, done func(marker byte, data []byte) bool) {
	for at := 2; at+4 <= len(head) && head[at] == 0xFF; {
		marker, n := head[at+1], int(binary.BigEndian.Uint16(head[at+2:]))
		if marker == 0xFF { // filling
			at++
			continue
		}
		if n < 2 || at+2+n > len(head) || marker == 0xDA || done(marker, head[at+4:at+2+n]) {
			return
		}
		at += 2 + n
	}
}

// orientation is how the camera was held, 1 to 8 (Exif 2.32, 4.6.4 tag 0x0112);
// 1 where nothing says so.
func orientation(contentType string, head []byte) int {
	out := 1
	if contentType != "image/jpeg" || len(head) < 4 {
		return out
	}
	segments(head, func(marker byte, data []byte) bool {
		tiff, exif := bytes.CutPrefix(data, []byte("Exif\x00\x00"))
		if marker != 0xE1 || !exif || len(tiff) < 8 {
			return false
		}
		var order binary.ByteOrder = binary.BigEndian
		if tiff[0] == 'I' {
			order = binary.LittleEndian
		}
		at := int(order.Uint32(tiff[4:]))
		if at < 8 || at+2 > len(tiff) {
			return true
		}
		n := int(order.Uint16(tiff[at:]))
		for i := range n {
			e := at + 2 + 12*i
			if e+12 > len(tiff) {
				return true
			}
			if order.Uint16(tiff[e:]) == 0x0112 {
				if v := int(order.Uint16(tiff[e+8:])); v >= 1 && v <= 8 {
					out = v
				}
				return true
			}
		}
		return true
	})
	return out
}

// turned: width and height change places.
func turned(orientation int) bool { return orientation >= 5 }

// upright turns and mirrors a picture as it was meant.
func upright(src *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	to := image.Rect(0, 0, w, h)
	if turned(orientation) {
		to = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(to)
	for y := range h {
		for x := range w {
			var px, py int
			switch orientation {
			case 2:
				px, py = w-1-x, y
			case 3:
				px, py = w-1-x, h-1-y
			case 4:
				px, py = x, h-1-y
			case 5:
				px, py = y, x
			case 6:
				px, py = h-1-y, x
			case 7:
				px, py = h-1-y, w-1-x
			case 8:
				px, py = y, w-1-x
			}
			out.SetRGBA(px, py, src.RGBAAt(x, y))
		}
	}
	return out
}
