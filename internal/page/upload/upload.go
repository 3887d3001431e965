// Package upload receives files from a form: streamed, never on the disk in the clear, judged by their content and not by
// their name, and with a reason for each that is refused. It takes PDF, PNG and JPEG, which need no unpacking; an image whose
// size would exhaust who opens it is refused by its dimensions.
package upload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // dimensions of photographs
	_ "image/png"  // dimensions of scans
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"unicode"

	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
)

// Bounds of one form. Peek is the memory that one file takes while it passes through.
const (
	maxField  = 256 << 10
	maxFields = 1 << 20
	peek      = 1 << 20
	maxPixels = 80_000_000 // more than any phone's camera takes, less than fills a small machine's memory when opened
	maxSide   = 30_000
)

// Accept is what a file field offers to choose.
const Accept = "application/pdf,image/png,image/jpeg"

// Problem says why a file was refused; each face has words for it.
type Problem string

// The problems.
const (
	Empty  Problem = "empty"
	Kind   Problem = "type"
	Size   Problem = "size"
	Pixels Problem = "pixels" // larger than any photograph
	Broken Problem = "broken" // cut off, or not readable as what it says it is
)

// Form is what came: values as in an ordinary form, files already stored, and the first problem of each file field.
type Form struct {
	Values map[string][]string
	Files  map[string][]exchange.File
	Bad    map[string]Problem
}

// Get is the first value of a field.
func (f Form) Get(name string) string {
	if v := f.Values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Put stores a stream and fills address, key and sizes. It must leave nothing behind when the reader fails.
type Put func(ctx context.Context, r io.Reader) (exchange.File, error)

// Receive reads a multipart form whose body was left unread (page.Upload). Each file may hold max bytes. What a refused file
// had stored is not referred to by anything; files that came before an error of the request are in the form all the same, so
// that the caller can remove them.
func Receive(r *http.Request, put Put, max int64) (Form, error) {
	out := Form{Values: map[string][]string{}, Files: map[string][]exchange.File{}, Bad: map[string]Problem{}}
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
		if part.FileName() == "" && part.Header.Get("Content-Type") == "" {
			b, err := io.ReadAll(io.LimitReader(part, maxField+1))
			if err != nil {
				return out, formError(err)
			}
			if total += len(b) + len(name); len(b) > maxField || total > maxFields {
				return out, errs.New(errs.BodyTooLarge, "field of the form")
			}
			out.Values[name] = append(out.Values[name], string(b))
			continue
		}
		file, problem, err := keep(r.Context(), part, put, max)
		switch {
		case err != nil:
			return out, err
		case problem == Empty && part.FileName() == "": // the field was left empty
		case problem != "":
			out.Bad[name] = problem
		default:
			out.Files[name] = append(out.Files[name], file)
		}
	}
}

func keep(ctx context.Context, part *multipart.Part, put Put, max int64) (exchange.File, Problem, error) {
	in := bufio.NewReaderSize(part, peek)
	head, err := in.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) {
		return exchange.File{}, "", formError(err)
	}
	kind := Sniff(head)
	switch {
	case len(head) == 0:
		return exchange.File{}, Empty, nil
	case kind == "":
		return exchange.File{}, Kind, nil
	}
	if problem := judge(kind, head); problem != "" {
		return exchange.File{}, problem, nil
	}
	body := &bounded{r: in, left: max, ends: ends[kind]}
	file, err := put(ctx, body)
	switch {
	case body.over:
		return exchange.File{}, Size, nil
	case body.cut:
		return exchange.File{}, Broken, nil
	case err != nil:
		return exchange.File{}, "", formError(err)
	}
	file.Name, file.Type = Name(part.FileName(), kind), kind
	return file, "", nil
}

// judge reads an image's dimensions from its head, without opening it.
func judge(kind string, head []byte) Problem {
	if kind == "application/pdf" {
		return ""
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(head))
	switch {
	case err != nil || "image/"+format != kind || c.Width <= 0 || c.Height <= 0:
		return Broken
	case c.Width > maxSide || c.Height > maxSide || int64(c.Width)*int64(c.Height) > maxPixels:
		return Pixels
	}
	return ""
}

// ends is what the last bytes of a whole file hold; a JPEG may be followed by anything a camera adds.
var ends = map[string]string{"application/pdf": "%%EOF", "image/png": "IEND"}

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

// Sniff is the media type that the first bytes tell, "" if it is none that may be handed in.
func Sniff(head []byte) string {
	for _, t := range types {
		if bytes.HasPrefix(head, []byte(t.magic)) {
			return t.kind
		}
	}
	return ""
}

// Known reports whether a media type is one that may be shown as what it is.
func Known(kind string) bool {
	for _, t := range types {
		if t.kind == kind {
			return true
		}
	}
	return false
}

// Name is the last part of what the browser said, without characters that hide or turn text, 80 at most.
func Name(s, kind string) string {
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
	if s == "" || s == "." || s == ".." || s == "/" {
		_, s, _ = strings.Cut(kind, "/")
	}
	return s
}

// errOver and errCut end a stream, so that the store keeps nothing of it.
var (
	errOver = errors.New("file over its limit")
	errCut  = errors.New("file cut off")
)

// tailSize is within how many bytes of its end a whole file has its mark: PDF readers look at the last 1024.
const tailSize = 1024

// bounded fails with errOver after left bytes, and with errCut at an end that is none. It remembers which, because a store
// may wrap the error.
type bounded struct {
	r         io.Reader
	left      int64
	ends      string
	tail      []byte
	over, cut bool
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.over = true
		return 0, errOver
	}
	b.tail = append(b.tail, p[max(0, n-tailSize):n]...)
	b.tail = b.tail[max(0, len(b.tail)-tailSize):]
	if errors.Is(err, io.EOF) && !bytes.Contains(b.tail, []byte(b.ends)) {
		b.cut = true
		return 0, errCut
	}
	return n, err
}
