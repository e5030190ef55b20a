package files

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/picture"
)

// side is the longer side of a thumbnail, in pixels: enough for a card of a list
// on a dense screen. A key holds it, so that another size is another blob.
const side = 320

// maxThumb is the largest a thumbnail can be, in bytes.
const maxThumb = 1 << 20

func thumbKey(blobKey string) string { return blobKey + "-t" + strconv.Itoa(side) }

// NoThumbnail says why there is no thumbnail of an attachment and how it is
// looked at; empty where there is one.
func NoThumbnail(a *gen.Attachment) string {
	switch typ := a.ContentType; {
	case a.RemovedAt != nil:
		return "附件已经移除"
	case a.Malware != "":
		return "附件查出病毒，不能查看"
	case typ == "image/heic":
		return "手机的 HEIC 照片没有缩略图，多数电脑和浏览器也不能直接打开：请下载后在手机、苹果电脑或看图软件中查看；以后拍照前在手机“设置—相机—格式”选“兼容性最佳”，就是 jpg"
	case typ == "video/quicktime" || typ == "video/3gpp":
		return "视频没有缩略图，打开链接即可播放；放不了的，请下载后用播放器打开。以后可在手机“设置—相机—格式”选“兼容性最佳”，或导出为 mp4（H.264）"
	case strings.HasPrefix(typ, "video/"):
		return "视频没有缩略图，打开链接即可播放"
	case !picture.Known(typ):
		return "文件没有缩略图，请打开或下载查看"
	case a.Width != nil && a.Height != nil && (*a.Width == 0 || *a.Height == 0):
		return tooManyPixels
	}
	return ""
}

const tooManyPixels = "图片的像素过多，没有缩略图；请打开查看"

// sizeOf is what is kept of a picture's width and height: 0 of one that is too
// large to be read, nil of what is no picture.
func sizeOf(contentType string, head []byte) (width, height *int, err error) {
	if !picture.Known(contentType) {
		return nil, nil, nil
	}
	size, err := picture.Measure(contentType, head)
	switch {
	case errors.Is(err, picture.ErrLarge):
		size = picture.Size{}
	case err != nil:
		return nil, nil, errs.New(errs.Invalid, "图片已经损坏，读不出来；请重新导出或重拍后上传").Because(err)
	}
	return &size.Width, &size.Height, nil
}

// thumbnail answers with the small picture. It is made when somebody first asks
// for it and kept beside the file; two who ask at once make the same one. To see
// it is no download, so it does not stand in the book.
func (h *Handler) thumbnail(w http.ResponseWriter, r *http.Request) error {
	id, err := errs.ID(r.PathValue("id"), "id")
	if err != nil {
		return err
	}
	var a *gen.Attachment
	err = h.As(r, false, func(ctx context.Context) (err error) {
		a, err = h.Client.Attachment.Query().Where(attachment.ID(id)).Only(ctx)
		return err
	})
	if err := h.given(a, err); err != nil {
		return err
	}
	if why := NoThumbnail(a); why != "" {
		return errs.New(errs.NotFound, "%s", why)
	}
	body, err := h.small(r.Context(), a)
	if err != nil {
		return err
	}
	small := *a
	small.ContentType, small.Sha256, small.Name = "image/jpeg", a.Sha256+"-"+strconv.Itoa(side), a.Name+".jpg"
	serve(w, r, &small, bytes.NewReader(body), int64(len(body)))
	return nil
}

// small reads a thumbnail, or makes it. An empty one says that none could be
// made, so that a broken picture is tried once.
func (h *Handler) small(ctx context.Context, a *gen.Attachment) ([]byte, error) {
	b, err := blob.Read(ctx, h.Blobs, thumbKey(a.BlobKey), maxThumb)
	if errs.Is(err, errs.NotFound) {
		b, err = h.make(ctx, a)
	}
	if err == nil && len(b) == 0 {
		err = errs.New(errs.NotFound, "图片读不出来，没有缩略图；请下载查看")
	}
	return b, err
}

func (h *Handler) make(ctx context.Context, a *gen.Attachment) ([]byte, error) {
	body, _, err := h.Blobs.Open(ctx, a.BlobKey)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	var out bytes.Buffer
	err = picture.Small(&out, a.ContentType, body, side)
	switch {
	case errors.Is(err, picture.ErrNone), errors.Is(err, picture.ErrLarge):
		h.Log.Warn("no thumbnail", "attachment", a.ID, "error", err)
		out.Reset()
	case err != nil:
		return nil, err
	}
	_, err = h.Blobs.Put(ctx, thumbKey(a.BlobKey), bytes.NewReader(out.Bytes()), maxThumb)
	return out.Bytes(), err
}
