// Package upload receives files from a form: streamed, never on the disk in the clear, judged by their content and not by
// their name, and with a reason for each that is refused. It takes PDF, PNG and JPEG; an image whose
// size would exhaust who opens it is refused by its dimensions before anything is unpacked, and what nobody could read (a
// picture of nothing, a locked PDF) is refused while it passes.
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
	"net/http"
	"path"
	"strings"
	"unicode"

	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
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
	Small  Problem = "small"  // too few pixels for a page
	Blank  Problem = "blank"  // a picture all of one colour
	Locked Problem = "locked" // a PDF that asks for a password
	Many   Problem = "pages"  // a PDF with more pages than one file may have
)

// Blurred is a doubt, no reason to refuse.
const Blurred Problem = "blurred"

// Form is what came: values as in an ordinary form, files already stored, and the first problem of each file field.
type Form struct {
	Values map[string][]string
	Files  map[string][]exchange.File
	Bad    map[string]Problem
	Doubts map[proof.Hash]Problem // of files that were taken, by address
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
	out := Form{Values: map[string][]string{}, Files: map[string][]exchange.File{}, Bad: map[string]Problem{}, Doubts: map[proof.Hash]Problem{}}
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
		file, v, err := keep(r.Context(), part, part.FileName(), put, max)
		switch problem := v.problem; {
		case err != nil:
			return out, err
		case problem == Empty && part.FileName() == "": // the field was left empty
		case problem != "":
			out.Bad[name] = problem
		default:
			out.Files[name] = append(out.Files[name], file)
			if v.doubt != "" {
				out.Doubts[file.Address] = v.doubt
			}
		}
	}
}

// Take judges and stores one file that did not come in a form, as Receive does. doubt is what is doubtful about one that was taken.
func Take(ctx context.Context, r io.Reader, name string, put Put, max int64) (f exchange.File, refused, doubt Problem, err error) {
	f, v, err := keep(ctx, r, name, put, max)
	return f, v.problem, v.doubt, err
}

// keep judges one file and stores it. What is refused leaves nothing in the store.
func keep(ctx context.Context, from io.Reader, name string, put Put, max int64) (exchange.File, verdict, error) {
	in := bufio.NewReaderSize(from, peek)
	head, err := in.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) {
		return exchange.File{}, verdict{}, formError(err)
	}
	kind := Sniff(head)
	switch {
	case len(head) == 0:
		return exchange.File{}, verdict{problem: Empty}, nil
	case kind == "":
		return exchange.File{}, verdict{problem: Kind}, nil
	}
	problem, legible := judge(kind, head)
	if problem != "" {
		return exchange.File{}, verdict{problem: problem}, nil
	}
	body := &bounded{r: in, left: max, ends: ends[kind]}
	if legible {
		l := newLook(kind)
		body.look = l
		defer l.stop()
	}
	file, err := put(ctx, body)
	switch {
	case body.over:
		return exchange.File{}, verdict{problem: Size}, nil
	case body.cut:
		return exchange.File{}, verdict{problem: Broken}, nil
	case body.seen.problem != "":
		return exchange.File{}, body.seen, nil
	case err != nil:
		return exchange.File{}, verdict{}, formError(err)
	}
	file.Name, file.Type = Name(name, kind), kind
	return file, body.seen, nil
}

// judge reads an image's dimensions from its head, without opening it. look is whether it may be opened to see what it shows.
func judge(kind string, head []byte) (p Problem, look bool) {
	if kind == "application/pdf" {
		return "", true
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(head))
	switch {
	case err != nil || "image/"+format != kind || c.Width <= 0 || c.Height <= 0:
		return Broken, false
	case c.Width > maxSide || c.Height > maxSide || int64(c.Width)*int64(c.Height) > maxPixels:
		return Pixels, false
	case max(c.Width, c.Height) < minSide:
		return Small, false
	}
	return "", decoded(c, format) <= maxDecoded
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

// errOver, errCut and errUnfit end a stream, so that the store keeps nothing of it.
var (
	errOver  = errors.New("file over its limit")
	errCut   = errors.New("file cut off")
	errUnfit = errors.New("file shows nothing")
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
	look      *look // nil: nobody reads along
	seen      verdict
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.over = true
		return 0, errOver
	}
	b.tail = append(b.tail, p[max(0, n-tailSize):n]...)
	b.tail = b.tail[max(0, len(b.tail)-tailSize):]
	if b.look != nil {
		b.look.write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		if !bytes.Contains(b.tail, []byte(b.ends)) {
			b.cut = true
			return 0, errCut
		}
		if b.look != nil {
			b.seen, b.look = b.look.end(), nil
		}
		if b.seen.problem != "" {
			return 0, errUnfit
		}
	}
	return n, err
}
