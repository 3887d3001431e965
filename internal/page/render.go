package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// gzipFrom is the size from which compressing pays, in bytes.
const gzipFrom = 1400

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	gzips   = sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid; the best one saves a tenth and costs ten times as much
		return z
	}}
)

// compress writes the gzip form of plain to out.
func compress(out *bytes.Buffer, plain []byte) error {
	z, _ := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	z.Reset(out)
	if _, err := z.Write(plain); err != nil {
		return fmt.Errorf("compressing: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compressing: %w", err)
	}
	return nil
}

// Render renders c into a buffer and, if that went well, answers with status: a page is sent whole or not at all.
// Pages carry personal data, so they are not stored unless the handler set Cache-Control before.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b, _ := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	if err := c.Render(r.Context(), b); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Accept-Encoding, Cookie")
	if b.Len() < gzipFrom || !acceptsGzip(r) {
		h.Set("Content-Length", strconv.Itoa(b.Len()))
		w.WriteHeader(status)
		return write(w, r, b)
	}
	packed, _ := buffers.Get().(*bytes.Buffer)
	packed.Reset()
	defer buffers.Put(packed)
	if err := compress(packed, b.Bytes()); err != nil {
		return err
	}
	h.Set("Content-Encoding", "gzip")
	h.Set("Content-Length", strconv.Itoa(packed.Len()))
	w.WriteHeader(status)
	return write(w, r, packed)
}

// write sends what is ready. A reader who went away is no error of ours.
func write(w http.ResponseWriter, r *http.Request, b *bytes.Buffer) error {
	if _, err := b.WriteTo(w); err != nil && r.Context().Err() == nil {
		return errAway
	}
	return nil
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}

// SeeOther answers a form with the page to look at (POST-redirect-GET); path must be local or built by the face itself.
func SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // G710: see above, faces do not pass on what a reader sent
	return nil
}

// Secure sets the headers that no answer may lack. formAction lists further origins a form may lead to, such as the
// identity provider: browsers apply form-action to the redirects after a POST too.
func Secure(next http.Handler, formAction ...string) http.Handler {
	csp := strings.Join([]string{
		"default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:",
		"font-src 'none'", strings.Join(append([]string{"form-action 'self'"}, formAction...), " "),
		"frame-ancestors 'none'", "base-uri 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
