package page

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// Kept keeps pages that read the same for everybody who chose the same language and display: catalogue pages, never a page
// about a person. It holds each ready to send, plain and compressed, and drops the longest unused beyond its bound. The zero
// value is not ready; use NewKept. Safe for concurrent use.
type Kept struct {
	limit int // bytes of all pages

	mu    sync.Mutex // guards what follows
	size  int
	byKey map[string]*list.Element
	used  *list.List // of *sheet, last used in front
}

// sheet is one page as it goes out.
type sheet struct {
	key       string
	plain, gz []byte // gz is nil where compressing does not pay
	tag       string // of the plain form, without quotes
}

func (s *sheet) size() int { return len(s.key) + len(s.plain) + len(s.gz) }

// NewKept keeps pages of at most limit bytes in all.
func NewKept(limit int) *Kept {
	return &Kept{limit: limit, byKey: map[string]*list.Element{}, used: list.New()}
}

// Sheet is what a handler makes when no kept page fits.
type Sheet struct {
	Status int // 0 is 200; any other status is sent but neither kept nor tagged
	Frame  Frame
	Body   templ.Component
}

// Show answers with the page kept for this address, language, display and stamp, or makes, keeps and sends it. Stamp names all
// else that the page depends on: the business day, the state of the rules. A reader who has it already gets 304: each form, plain and
// compressed, has a strong tag of its own (RFC 9110 8.8.3), and comparing is weak, as proxies may have weakened it.
// Readers ask again each time (no-cache), because the business day may move at any moment.
func (k *Kept) Show(w http.ResponseWriter, r *http.Request, stamp string, build func() (Sheet, error)) error {
	if r.URL.Query().Has("lang") { // the answer sets a cookie: not for anybody else
		return k.once(w, r, build)
	}
	p := PrefsOf(r.Context())
	key := p.Lang + "|" + p.Mode + "|" + p.Contrast + "|" + stamp + "|" + p.Path
	s := k.find(key)
	if s == nil {
		made, err := build()
		if err != nil {
			return err
		}
		if made.Status != 0 && made.Status != http.StatusOK {
			return Show(w, r, made.Status, made.Frame, made.Body)
		}
		if s, err = render(r, key, made); err != nil {
			return err
		}
		k.add(s)
	}
	return s.send(w, r)
}

// once makes and sends a page that is not kept.
func (k *Kept) once(w http.ResponseWriter, r *http.Request, build func() (Sheet, error)) error {
	made, err := build()
	if err != nil {
		return err
	}
	if made.Status == 0 {
		made.Status = http.StatusOK
	}
	return Show(w, r, made.Status, made.Frame, made.Body)
}

func (k *Kept) find(key string) *sheet {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.byKey[key]
	if !ok {
		return nil
	}
	k.used.MoveToFront(e)
	s, _ := e.Value.(*sheet)
	return s
}

func (k *Kept) add(s *sheet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.byKey[s.key]; ok || s.size() > k.limit/8 {
		return // another request was first, or one page would push out the rest
	}
	k.byKey[s.key] = k.used.PushFront(s)
	for k.size += s.size(); k.size > k.limit; {
		last := k.used.Back()
		old, _ := last.Value.(*sheet)
		k.used.Remove(last)
		delete(k.byKey, old.key)
		k.size -= old.size()
	}
}

func render(r *http.Request, key string, made Sheet) (*sheet, error) {
	var b bytes.Buffer
	if err := Page(made.Frame, made.Body).Render(r.Context(), &b); err != nil {
		return nil, fmt.Errorf("rendering: %w", err)
	}
	s := &sheet{key: key, plain: b.Bytes()}
	sum := sha256.Sum256(s.plain)
	s.tag = base64.RawURLEncoding.EncodeToString(sum[:12])
	if b.Len() < gzipFrom {
		return s, nil
	}
	var packed bytes.Buffer
	if err := compress(&packed, s.plain); err != nil {
		return nil, err
	}
	s.gz = packed.Bytes()
	return s, nil
}

func (s *sheet) send(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	body, tag := s.plain, `"`+s.tag+`"`
	packed := s.gz != nil && acceptsGzip(r)
	if packed {
		body, tag = s.gz, `"`+s.tag+`-gz"`
	}
	h.Set("Cache-Control", "public, no-cache")
	h.Set("ETag", tag)
	h.Add("Vary", "Accept-Encoding, Cookie")
	if has(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	if packed {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	return write(w, r, bytes.NewBuffer(body))
}

// has reports whether tag, or any ("*"), is among the tags of If-None-Match, compared weakly (RFC 9110 13.1.2).
func has(fields []string, tag string) bool {
	for _, f := range fields {
		for t := range strings.SplitSeq(f, ",") {
			if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}
