package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/bihuan/bihuan/internal/errs"
)

const (
	// partSize is the least S3 accepts for a part that is not the last, and so
	// the least memory an upload can do with.
	partSize = 5 << 20
	// maxParts is S3's limit; it makes the largest file 48.8 GiB.
	maxParts = 10_000
	// tries of one request; minio-go waits up to 0.2, 0.4, 0.8 s in between.
	tries = 4
	// abortTimeout and checkTimeout bound what must not depend on the caller's
	// context (an upload is aborted because it ended) or must not wait for long.
	abortTimeout = 30 * time.Second
	checkTimeout = 5 * time.Second
)

// s3 keeps an object per key in one bucket.
//
// It does not use minio.Client.PutObject: with unknown length that takes
// io.ErrUnexpectedEOF of the reader for the end of the file and stores the
// torso (minio-go issue 1353), does not abort when the context has ended, and
// picks parts of 16 MiB and more.
type s3 struct {
	core   *minio.Core
	bucket string
	parts  sync.Pool // *[]byte of partSize
}

func openS3(u *url.URL) (Store, error) {
	secret, _ := u.User.Password()
	bucket := strings.Trim(u.Path, "/")
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || u.Host == "" || u.User.Username() == "" || secret == "" || u.Fragment != "" {
		return nil, errors.New("blob: an S3 storage address is s3://key:secret@host:port/bucket?insecure=1&region=…")
	}
	if err := s3utils.CheckValidBucketNameStrict(bucket); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	options := minio.Options{
		Creds:      credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure:     true,
		Region:     "us-east-1", // what servers without regions expect; saves asking for it
		MaxRetries: tries,
	}
	for name, values := range query {
		switch value := values[len(values)-1]; {
		case name == "region" && value != "":
			options.Region = value
		case name == "insecure" && (value == "0" || value == "1"):
			options.Secure = value == "0"
		default:
			return nil, fmt.Errorf("blob: S3 storage address: %q is no parameter or has no such value; there are insecure=0|1 and region", name)
		}
	}
	core, err := minio.NewCore(u.Host, &options)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	store := &s3{core: core, bucket: bucket}
	store.parts.New = func() any { b := make([]byte, partSize); return &b }
	return store, nil
}

func (s *s3) Put(ctx context.Context, key string, r io.Reader, max int64) (info Info, err error) {
	defer errs.Wrap(&err, "blob.Put(%s)", key)
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	m := newMeter(ctx, r, min(max, partSize*maxParts))
	buf := s.parts.Get().(*[]byte)
	part, last, err := m.fill(*buf)
	switch {
	case err != nil:
	case last:
		err = s.putWhole(ctx, key, part)
	default:
		err = s.putParts(ctx, key, part, m)
	}
	if err != nil { // a failed request may still be reading the buffer: not back into the pool
		return Info{}, err
	}
	s.parts.Put(buf)
	return m.info(), nil
}

// fill reads the next part into buf; last says that the file ends with it.
func (m *meter) fill(buf []byte) (part []byte, last bool, err error) {
	n, err := io.ReadFull(m, buf)
	if m.err != nil { // before looking at err: io.ErrUnexpectedEOF has two meanings there
		return nil, false, m.err
	}
	return buf[:n], err != nil, nil
}

func (s *s3) putWhole(ctx context.Context, key string, data []byte) error {
	_, err := s.core.PutObject(ctx, s.bucket, key, bytes.NewReader(data), int64(len(data)), "", digest(data),
		minio.PutObjectOptions{DisableContentSha256: true}) // see putParts
	return s3Error(ctx, err)
}

// putParts uploads the first part and what m still has, or aborts.
//
// DisableContentSha256 means the opposite of its name here: without it minio-go
// drops our digest on plain HTTP and signs the body in chunks instead, a framing
// that not every S3-compatible server undoes for parts.
func (s *s3) putParts(ctx context.Context, key string, part []byte, m *meter) (err error) {
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{})
	if err != nil {
		return s3Error(ctx, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.abort(ctx, key, id))
		}
	}()
	var done []minio.CompletePart
	for last := false; len(part) > 0; {
		sent, err := s.core.PutObjectPart(ctx, s.bucket, key, id, len(done)+1, bytes.NewReader(part), int64(len(part)),
			minio.PutObjectPartOptions{Sha256Hex: digest(part), DisableContentSha256: true})
		if err != nil {
			return s3Error(ctx, err)
		}
		done = append(done, minio.CompletePart{PartNumber: sent.PartNumber, ETag: sent.ETag})
		if last {
			break
		}
		if part, last, err = m.fill(part[:partSize]); err != nil {
			return err
		}
	}
	_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, key, id, done, minio.PutObjectOptions{})
	return s3Error(ctx, err)
}

func (s *s3) abort(ctx context.Context, key, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	err := s.core.AbortMultipartUpload(ctx, s.bucket, key, id)
	if err == nil || minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return fmt.Errorf("upload %s not aborted: %w", id, err)
}

func (s *s3) Open(ctx context.Context, key string) (_ io.ReadCloser, size int64, err error) {
	defer errs.Wrap(&err, "blob.Open(%s)", key)
	if err := checkKey(key); err != nil {
		return nil, 0, err
	}
	body, object, _, err := s.core.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil, 0, missing(err)
		}
		return nil, 0, s3Error(ctx, err)
	}
	return body, object.Size, nil
}

func (s *s3) Delete(ctx context.Context, key string) (err error) {
	defer errs.Wrap(&err, "blob.Delete(%s)", key)
	if err := checkKey(key); err != nil {
		return err
	}
	err = s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey { // AWS answers 204, some others this
		return nil
	}
	return s3Error(ctx, err)
}

// Check asks for the bucket: the server is there, knows the credentials and has it.
func (s *s3) Check(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "blob.Check")
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	exists, err := s.core.BucketExists(ctx, s.bucket)
	if err != nil {
		return unavailable(err)
	}
	if !exists {
		return unavailable(fmt.Errorf("bucket %s does not exist", s.bucket))
	}
	return nil
}

// s3Error keeps the end of the caller's context apart from a failing storage.
func s3Error(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return unavailable(err)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
