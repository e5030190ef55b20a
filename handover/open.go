package handover

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Package is a whole one.
type Package struct {
	Manifest
	Hash string // of the manifest, which stands for the whole

	zip  *zip.ReadCloser
	part map[string]*zip.File
}

// Close lets go of the file.
func (p *Package) Close() error { return p.zip.Close() }

// maxManifest is a million attachments.
const maxManifest = 256 << 20

// Open reads a package to its end and compares every part with the manifest.
func Open(path string) (_ *Package, err error) {
	defer errs.Wrap(&err, "handover.Open")
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, errs.New(errs.Invalid, "这个文件不是完整的移交包：传输中断或内容被改过，请重新拷贝").Because(err)
	}
	p := &Package{zip: z, part: map[string]*zip.File{}}
	if err := p.check(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return p, nil
}

func (p *Package) check() error {
	for _, f := range p.zip.File {
		if p.part[f.Name] != nil {
			return damaged("有两份 %s", f.Name)
		}
		p.part[f.Name] = f
	}
	b, err := p.text(manifestName)
	if err != nil {
		return err
	}
	if json.Unmarshal(b, &p.Manifest) != nil {
		return damaged("清单读不出来")
	}
	if p.Format > format {
		return errs.New(errs.Invalid, "这份移交包是更新的版本写的（格式 %d，本机认识到 %d），请先升级本机", p.Format, format)
	}
	p.Hash = digest(b)
	want := 1
	for folder, parts := range map[string][]Part{tableFolder: p.Parts, fileFolder: p.Files} {
		for _, part := range parts {
			if err := p.whole(folder, part); err != nil {
				return err
			}
			want++
		}
	}
	if len(p.part) != want {
		return damaged("有清单上没有的内容")
	}
	return nil
}

func (p *Package) whole(folder string, part Part) error {
	name := folder + part.Name
	if folder == tableFolder {
		name += tableEnding
	}
	f := p.part[name]
	if f == nil && folder == fileFolder {
		return damaged("缺少附件 %s", part.Name)
	}
	if f == nil {
		return damaged("缺少 %s", name)
	}
	r, err := f.Open()
	if err != nil {
		return damaged("%s 读不出来", name)
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil || n != part.Size || hex.EncodeToString(h.Sum(nil)) != part.SHA256 {
		return damaged("%s 与清单上的散列值不符", name)
	}
	return nil
}

func (p *Package) text(name string) ([]byte, error) {
	if p.part[name] == nil {
		return nil, damaged("缺少 %s", name)
	}
	r, err := p.part[name].Open()
	if err != nil {
		return nil, damaged("%s 读不出来", name)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return nil, damaged("%s 读不出来", name)
	}
	return b, nil
}

func damaged(why string, args ...any) *errs.Error {
	return errs.New(errs.Invalid, "移交包不完整："+why+"；什么也没有装入，请重新拷贝或向移交方重新索取", args...)
}

// lines calls do with each line of a table.
func (p *Package) lines(table string, do func(line string) error) error {
	f := p.part[tableFolder+table+tableEnding]
	if f == nil {
		return damaged("缺少 %s", table)
	}
	r, err := f.Open()
	if err != nil {
		return damaged("%s 读不出来", table)
	}
	defer func() { _ = r.Close() }()
	for b := bufio.NewReaderSize(r, 1<<16); ; {
		line, err := b.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil
		}
		if err != nil {
			return damaged("%s 读不出来", table)
		}
		if err := do(strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
}

// Logins are those of the package's people.
func (p *Package) Logins(each func(login string)) error {
	return p.lines("accounts", func(line string) error {
		var a struct{ Login string }
		if json.Unmarshal([]byte(line), &a) != nil {
			return damaged("账号有一行读不出来")
		}
		each(a.Login)
		return nil
	})
}
