package files

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/picture"
)

// file is what has come, before its row is written.
type file struct {
	id                uuid.UUID
	name, contentType string
	width, height     *int
	caution           blob.Caution
	scanned           *time.Time // nil: not yet, or there is no scanner
	temp              *os.File   // without a name: gone when it is closed
	size              int64
	blob.Info
}

// receive takes the file of a request and looks at the whole of it: an archive's
// directory is at its end, and storage far away cannot be asked for a place in
// the middle. So it lies in a nameless file on the disk meanwhile.
func (h *Handler) receive(r *http.Request) (f file, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return f, errs.New(errs.Invalid, "请用 multipart/form-data 上传，文件放在 file 栏")
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "file" || part.FileName() == "" {
		return f, errs.New(errs.Invalid, "第一栏应是 file，并带文件名")
	}
	f.id, f.name = uuid.Must(uuid.NewV7()), blob.SafeName(part.FileName())
	if err := h.spool(&f, part); err != nil {
		return f, err
	}
	if err := h.look(r.Context(), &f); err != nil {
		return f, errors.Join(err, f.temp.Close())
	}
	return f, nil
}

// spool copies what comes to the disk, unless its beginning is refused already.
func (h *Handler) spool(f *file, part io.Reader) (err error) {
	head := make([]byte, blob.SniffLen)
	n, err := io.ReadFull(part, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return broken(err)
	}
	if f.contentType, err = blob.Sniff(head[:n], f.name); err != nil {
		return err
	}
	temp, err := os.CreateTemp(h.Temp, "upload-")
	if err != nil {
		return full(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, temp.Close())
		}
	}()
	if err := os.Remove(temp.Name()); err != nil {
		return full(err)
	}
	if _, err := temp.Write(head[:n]); err != nil {
		return full(err)
	}
	in := &reading{r: io.LimitReader(part, MaxSize-int64(n)+1)}
	m, err := io.Copy(temp, in)
	f.temp, f.size = temp, int64(n)+m
	switch {
	case in.err != nil:
		return broken(in.err)
	case err != nil:
		return full(err)
	case f.size > MaxSize:
		return blob.TooLarge(MaxSize)
	}
	return nil
}

// broken: who sends went away, or what he sends is cut off.
func broken(err error) error {
	if _, known := errs.As(err); known {
		return err
	}
	return errs.New(errs.Invalid, "文件没有传完，请重新上传").Because(err)
}

// full: the place where files lie meanwhile takes no more, or is not there.
func full(err error) error {
	return errs.New(errs.Unavailable, "服务器暂时收不下文件，请稍后再试；仍不行请联系管理员").Because(err)
}

// reading tells a sender that fails from a disk that does.
type reading struct {
	r   io.Reader
	err error
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// look says what the file is, and asks the scanner. One that does not answer
// holds nobody up: the file waits for it.
func (h *Handler) look(ctx context.Context, f *file) (err error) {
	if f.contentType, f.caution, err = blob.Inspect(f.temp, f.size, f.name); err != nil {
		return err
	}
	head := make([]byte, min(f.size, picture.HeadLen))
	if _, err := f.temp.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if f.width, f.height, err = sizeOf(f.contentType, head); err != nil || h.Scanner == nil {
		return err
	}
	found, err := h.Scanner.Scan(ctx, io.NewSectionReader(f.temp, 0, f.size))
	switch {
	case errs.Is(err, errs.Unavailable):
		h.Log.Warn("not scanned", "attachment", f.id, "error", err)
		return nil
	case err != nil:
		return err
	case found != "":
		h.Log.Warn("malware was refused", "found", found)
		return infected(found)
	}
	now := clock.Now(ctx)
	f.scanned = &now
	return nil
}

func (f file) cautions() *attachment.Caution {
	if f.caution == "" {
		return nil
	}
	c := attachment.Caution(f.caution)
	return &c
}
