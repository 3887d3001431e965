package stories

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// browser is one person at a screen: own cookies, one page at a time, no script. It presses what stands on the page and
// nothing else, so a story fails when a button is missing.
type browser struct {
	client *http.Client
	ctx    context.Context //nolint:containedctx // a browser lives as long as its story

	at     *url.URL
	status int
	doc    *html.Node
	raw    []byte

	seen count
}

// count is what a person had to do, counted as the flows are (docs/FLOWS.md).
type count struct {
	screens int      // pages that wait for the person
	auths   int      // pages of the identity provider
	typed   []string // values that were typed; a choice is a tap
	keyed   int      // values typed because this machine has no card reader
}

// maxPage bounds a page, in bytes.
const maxPage = 4 << 20

func newBrowser(ctx context.Context, transport http.RoundTripper) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &browser{client: &http.Client{Transport: transport, Jar: jar}, ctx: ctx}, nil
}

// open goes to an address.
func (b *browser) open(address string) error {
	r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return b.do(r)
}

func (b *browser) do(r *http.Request) error {
	r.Header.Set("Accept-Language", "zh-CN")
	if r.Method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	if b.raw, err = io.ReadAll(io.LimitReader(resp.Body, maxPage)); err != nil {
		return err
	}
	b.at, b.status, b.doc = resp.Request.URL, resp.StatusCode, nil
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		if b.doc, err = html.Parse(bytes.NewReader(b.raw)); err != nil {
			return err
		}
		if strings.HasPrefix(b.at.Host, "id.") {
			b.seen.auths++
		} else {
			b.seen.screens++
		}
	}
	return nil
}

// follow goes where the link with these words leads.
func (b *browser) follow(words string) error {
	var best *html.Node
	for n := range nodes(b.doc, "a") {
		switch s := text(n); {
		case s == words:
			best = n
		case best == nil && strings.Contains(s, words):
			best = n
			continue
		default:
			continue
		}
		break
	}
	if best == nil {
		return b.missing("link", words)
	}
	to, err := b.at.Parse(attr(best, "href"))
	if err != nil {
		return err
	}
	return b.open(to.String())
}

// upload is a file that a person chooses.
type upload struct {
	name string
	data []byte
}

// press submits the form that has a button with these words. fields are set by name; the page's own values stay where
// nothing is given. A field that the form does not have is an error: a person could not have filled it in.
func (b *browser) press(words string, fields map[string]string, files map[string]upload) error {
	for form := range nodes(b.doc, "form") {
		button := buttonWith(form, words)
		if button == nil {
			continue
		}
		values, known := defaults(form)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !known[name] {
				return b.missing("field", name)
			}
			values.Set(name, fields[name])
			b.note(form, name, fields[name])
		}
		if name := attr(button, "name"); name != "" {
			values.Set(name, attr(button, "value"))
		}
		return b.submit(form, button, values, files)
	}
	return b.missing("button", words)
}

// readable are the fields that a card reader fills.
var readable = []string{"name", "id_type", "id_no", "phone", "partner.name", "partner.id_no"}

// note counts a value if it had to be typed.
func (b *browser) note(form *html.Node, name, value string) {
	switch {
	case value == "" || !isTyped(form, name, value):
	case slices.Contains(readable, name):
		b.seen.keyed++
	default:
		b.seen.typed = append(b.seen.typed, value)
	}
}

func (b *browser) submit(form, button *html.Node, values url.Values, files map[string]upload) error {
	action := attr(form, "action")
	if a := attr(button, "formaction"); a != "" {
		action = a
	}
	to, err := b.at.Parse(action)
	if err != nil {
		return err
	}
	if !strings.EqualFold(attr(form, "method"), "post") {
		to.RawQuery = values.Encode()
		return b.open(to.String())
	}
	body, kind := io.Reader(strings.NewReader(values.Encode())), "application/x-www-form-urlencoded"
	if attr(form, "enctype") == "multipart/form-data" {
		if body, kind, err = multi(values, files); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(b.ctx, http.MethodPost, to.String(), body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", b.at.Scheme+"://"+b.at.Host)
	return b.do(r)
}

func multi(values url.Values, files map[string]upload) (io.Reader, string, error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if err := w.WriteField(name, v); err != nil {
				return nil, "", err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part, err := w.CreateFormFile(name, files[name].name)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(files[name].data); err != nil {
			return nil, "", err
		}
	}
	return &buf, w.FormDataContentType(), w.Close()
}

// shows reports whether the page says all of these words.
func (b *browser) shows(words ...string) bool {
	if b.doc == nil {
		return false
	}
	page := text(b.doc)
	for _, w := range words {
		if !strings.Contains(page, w) {
			return false
		}
	}
	return true
}

// want is an error unless the page has the status and says the words.
func (b *browser) want(status int, words ...string) error {
	if b.status != status || !b.shows(words...) {
		return fmt.Errorf("%s answered %d, want %d with %q; it says: %s", b.at, b.status, status, words, b.excerpt())
	}
	return nil
}

func (b *browser) missing(what, words string) error {
	return fmt.Errorf("%s (%d) has no %s %q; it says: %s", b.at, b.status, what, words, b.excerpt())
}

func (b *browser) excerpt() string {
	if b.doc == nil {
		return string(b.raw[:min(len(b.raw), 300)])
	}
	main := b.doc
	for n := range nodes(b.doc, "main") {
		main = n
	}
	s := []rune(text(main))
	return string(s[:min(len(s), 500)])
}
