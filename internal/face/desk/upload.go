package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"unicode"

	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
)

// maxField bounds one text field of a form with files, maxFields all of them, in bytes.
const (
	maxField  = 256 << 10
	maxFields = 1 << 20
)

// received is a form with files: values as in an ordinary form, files already encrypted and stored, and what was wrong
// with files, by field: a key of the texts under desk.upload.
type received struct {
	values map[string][]string
	files  map[string][]exchange.File
	bad    map[string]string
}

func (r received) get(name string) string {
	if v := r.values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// receive streams a multipart form: a file goes through encryption to the store and never to the disk in the clear. It
// takes PDF, PNG and JPEG as their first bytes tell, at most MaxFile each.
func (f *Face) receive(r *http.Request) (received, error) {
	out := received{values: map[string][]string{}, files: map[string][]exchange.File{}, bad: map[string]string{}}
	parts, err := r.MultipartReader()
	if err != nil {
		return out, errs.Wrap(errs.BadRequest, err, "form with files")
	}
	total := 0
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, formError(err)
		}
		name := part.FormName()
		if part.FileName() == "" {
			b, err := io.ReadAll(io.LimitReader(part, maxField+1))
			if err != nil {
				return out, formError(err)
			}
			if total += len(b); len(b) > maxField || total > maxFields {
				return out, errs.New(errs.BodyTooLarge, "field of the form")
			}
			out.values[name] = append(out.values[name], string(b))
			continue
		}
		file, problem, err := f.keep(r.Context(), part)
		switch {
		case err != nil:
			return out, err
		case problem != "":
			out.bad[name] = problem
		case file.Size > 0:
			out.files[name] = append(out.files[name], file)
		}
	}
}

// keep stores one file, or says what is wrong with it.
func (f *Face) keep(ctx context.Context, part *multipart.Part) (exchange.File, string, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(part, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return exchange.File{}, "", formError(err)
	}
	head = head[:n]
	kind := sniff(head)
	switch {
	case n == 0:
		return exchange.File{}, "empty", nil
	case kind == "":
		return exchange.File{}, "type", nil
	}
	body := &bounded{r: io.MultiReader(bytes.NewReader(head), part), left: f.cfg.MaxFile}
	file, err := f.cfg.Files.Put(ctx, body)
	switch {
	case body.over:
		return exchange.File{}, "size", nil
	case err != nil:
		return exchange.File{}, "", formError(err)
	}
	file.Name, file.Type = fileName(part.FileName(), kind), kind
	return file, "", nil
}

// formError keeps the codes of the store and of the size limit; anything else is a broken request.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errs.CodeOf(err) != errs.Unexpected {
		return err
	}
	return errs.Wrap(errs.BadRequest, err, "form with files")
}

// types are what may be handed in, by their first bytes.
var types = []struct{ magic, kind string }{
	{"%PDF-", "application/pdf"}, {"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"},
}

func sniff(head []byte) string {
	for _, t := range types {
		if bytes.HasPrefix(head, []byte(t.magic)) {
			return t.kind
		}
	}
	return ""
}

// knownType reports whether a media type is one that intake takes; another node's word alone is not believed.
func knownType(kind string) bool {
	for _, t := range types {
		if t.kind == kind {
			return true
		}
	}
	return false
}

// fileName is the last part of what the browser said, without characters that hide or turn text, 80 at most.
func fileName(s, kind string) string {
	s = path.Base(strings.ReplaceAll(s, "\\", "/"))
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s))
	if r := []rune(s); len(r) > 80 {
		s = string(r[len(r)-80:])
	}
	if s == "" || s == "." || s == "/" {
		_, s, _ = strings.Cut(kind, "/")
	}
	return s
}

// errOver ends a file that is larger than allowed.
var errOver = errors.New("file over its limit")

// bounded fails with errOver after left bytes, and remembers it, because a store may wrap the error.
type bounded struct {
	r    io.Reader
	left int64
	over bool
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.over = true
		return 0, errOver
	}
	return n, err
}
