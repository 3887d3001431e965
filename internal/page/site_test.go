package page

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/a-h/templ"

	"tongban/internal/kernel/errs"
)

func newTestSite(log io.Writer) *Site {
	s := NewSite(Config{Log: slog.New(slog.NewTextHandler(log, nil)), FormAction: []string{"https://idp.example"}, Frame: func(r *http.Request) Frame {
		f := FrameOf(r)
		f.Demo, f.Today, f.FaceName = true, "2026 年 11 月 23 日", "江苏省政务服务"
		return f
	}})
	s.Get("/{$}", func(w http.ResponseWriter, r *http.Request) error {
		return Show(w, r, http.StatusOK, s.frame(r), templ.Raw("<h1>首页</h1>"+strings.Repeat("<p>一</p>", 200)))
	})
	s.Get("/case/{no}", func(http.ResponseWriter, *http.Request) error { return errs.New(errs.TryLater, "qinghai") })
	s.Get("/panic", func(http.ResponseWriter, *http.Request) error { panic("broken") })
	s.Get("/odd", func(http.ResponseWriter, *http.Request) error { return errors.New("disk gone") })
	s.Get("/half", func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half")
		return errs.New(errs.Unexpected, "late")
	})
	s.Get("/old", func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("taking: %w", errs.New(errs.Stale, "x"))
	})
	s.Post("/save", func(w http.ResponseWriter, r *http.Request) error {
		return SeeOther(w, r, "/?saved="+r.PostForm.Get("a"))
	})
	s.Post("/small", func(w http.ResponseWriter, r *http.Request) error { return SeeOther(w, r, "/") }, MaxBody(10))
	s.Post("/upload", func(w http.ResponseWriter, r *http.Request) error {
		parts, err := r.MultipartReader()
		if err != nil {
			return err
		}
		p, err := parts.NextPart()
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, p); err != nil {
			return err
		}
		return SeeOther(w, r, "/")
	}, Upload(4<<20))
	return s
}

func do(s http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestSiteAnswers(t *testing.T) {
	s := newTestSite(io.Discard)
	for _, c := range []struct {
		name, method, target, body string
		header                     []string
		status                     int
		says                       string
	}{
		{"page", "GET", "/", "", nil, 200, "首页"},
		{"head", "HEAD", "/", "", nil, 200, ""},
		{"unknown", "GET", "/no/such", "", nil, 404, "没有这个页面"},
		{"unknown, English", "GET", "/no/such?lang=en", "", nil, 404, "There is no such page"},
		{"wrong method", "POST", "/", "", nil, 404, "没有这个页面"},
		{"counterpart down", "GET", "/case/510100", "", nil, 503, "10009"},
		{"panic", "GET", "/panic", "", nil, 500, "系统出了点问题"},
		{"foreign error", "GET", "/odd", "", nil, 500, "系统出了点问题"},
		{"conflict in a wrapped error", "GET", "/old", "", nil, 409, "10005"},
		{"half an answer stays as it is", "GET", "/half", "", nil, 200, "half"},
		{"form", "POST", "/save", "a=1", nil, 303, ""},
		{"form of this site", "POST", "/save", "a=1", []string{"Sec-Fetch-Site", "same-origin"}, 303, ""},
		{"form of another site", "POST", "/save", "a=1", []string{"Sec-Fetch-Site", "cross-site"}, 403, "60000"},
		{"form of another origin, old browser", "POST", "/save", "a=1", []string{"Origin", "https://evil.example"}, 403, "60000"},
		{"form of this origin, old browser", "POST", "/save", "a=1", []string{"Origin", "http://example.com"}, 303, ""},
		{"form too large", "POST", "/small", "a=12345678901", nil, 413, "10006"},
		{"malformed form", "POST", "/save", "a=%zz", nil, 400, "10001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(s, c.method, c.target, c.body, c.header...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("status %d, want %d with %q:\n%s", w.Code, c.status, c.says, w.Body)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || !strings.Contains(csp, "form-action 'self' https://idp.example") {
				t.Errorf("policy %q", csp)
			}
			if strings.Contains(w.Body.String(), "disk gone") || strings.Contains(w.Body.String(), "broken") {
				t.Error("shows an inner detail")
			}
		})
	}
}

func TestTooLargeWithoutLength(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/small", io.MultiReader(strings.NewReader("a=123456789012345")))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	newTestSite(io.Discard).ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", w.Code)
	}
}

func TestUpload(t *testing.T) {
	s := newTestSite(io.Discard)
	for _, c := range []struct {
		path   string
		size   int
		status int
	}{{"/upload", 2 << 20, 303}, {"/upload", 5 << 20, 413}, {"/save", 2 << 20, 413}, {"/save", 1000, 303}} {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		f, err := m.CreateFormFile("f", "a.pdf")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, c.size)); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if w := do(s, http.MethodPost, c.path, b.String(), "Content-Type", m.FormDataContentType()); w.Code != c.status {
			t.Errorf("%s with %d bytes: %d, want %d", c.path, c.size, w.Code, c.status)
		}
	}
}

func TestDisplayAndLanguageAreRemembered(t *testing.T) {
	s := newTestSite(io.Discard)
	w := do(s, http.MethodGet, "/display?mode=elder&contrast=high&back="+url.QueryEscape("/case?x=1"), "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/case?x=1" {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	cookie := w.Result().Cookies()[0]
	page := do(s, http.MethodGet, "/", "", "Cookie", cookie.Name+"="+cookie.Value+"; lang=en").Body.String()
	for _, want := range []string{`lang="en"`, `data-mode="elder"`, `data-contrast="high"`, "Standard text", "Demonstration"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	w = do(s, http.MethodGet, "/?q=1&lang=en", "")
	if !strings.Contains(w.Header().Get("Set-Cookie"), "lang=en") || !strings.Contains(w.Body.String(), `href="/?q=1&amp;lang=zh"`) {
		t.Errorf("language: %v\n%s", w.Header(), w.Body)
	}
	if body := do(s, http.MethodGet, "/display?back=/x", "").Body.String(); !strings.Contains(body, `name="mode"`) {
		t.Errorf("display form:\n%s", body)
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/a?b=1": "/a?b=1", "": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/", "/a\r\nSet-Cookie: x": "/", "a": "/", "javascript:x": "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogHasNoPath(t *testing.T) {
	var log bytes.Buffer
	do(newTestSite(&log), http.MethodGet, "/case/510100-20261123-004271-6?name=x", "")
	if s := log.String(); strings.Contains(s, "004271") || !strings.Contains(s, "/case/{no}") || !strings.Contains(s, "code=10009") {
		t.Error(s)
	}
}

func TestSignInRedirect(t *testing.T) {
	s := NewSite(Config{Log: slog.New(slog.DiscardHandler), SignIn: func(*http.Request) string { return "/login" }})
	refuse := func(http.ResponseWriter, *http.Request) error { return errs.New(errs.SignInNeeded, "no session") }
	s.Get("/mine", refuse)
	s.Post("/mine", refuse)
	if w := do(s, http.MethodGet, "/mine", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("GET: %d", w.Code)
	}
	if w := do(s, http.MethodPost, "/mine", "a=1"); w.Code != http.StatusUnauthorized {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestGzip(t *testing.T) {
	w := do(newTestSite(io.Discard), http.MethodGet, "/", "", "Accept-Encoding", "br, gzip;q=1.0")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(body), "首页") {
		t.Errorf("%v %s", err, body)
	}
	if do(newTestSite(io.Discard), http.MethodGet, "/", "", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding") != "" {
		t.Error("compressed although refused")
	}
}

func TestAssets(t *testing.T) {
	b := readAssets(fstest.MapFS{"app.css": {Data: []byte("a{}")}, ".keep": {}, "x/y.css": {Data: []byte("b{}")}})
	if len(b.byName) != 1 || !strings.HasPrefix(b.byName["app.css"].hashedName, "app-") || !strings.HasPrefix(b.byName["app.css"].kind, "text/css") {
		t.Errorf("%+v", b)
	}
	s := newTestSite(io.Discard)
	if w := do(s, http.MethodGet, "/assets/app-000000.css", ""); w.Code != http.StatusNotFound {
		t.Errorf("stale name: %d", w.Code)
	}
	if !HasAssets() { // the pages are plain then, and must work: TestSiteAnswers ran on them
		return
	}
	w := do(s, http.MethodGet, AssetURL("app.css"), "", "Accept-Encoding", "gzip")
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() > 20<<10 {
		t.Errorf("%d %v %d bytes", w.Code, w.Header(), w.Body.Len())
	}
}

func TestErrorsInPageHaveNoEmptyNextStep(t *testing.T) {
	for _, c := range errs.Codes() {
		for _, lang := range []string{"zh", "en"} {
			if said := c.Text(lang); said.What == "" || said.Next == "" {
				t.Errorf("%d says nothing in %s", c, lang)
			}
		}
		if StatusOf(c) < 400 {
			t.Errorf("%d answers %d", c, StatusOf(c))
		}
	}
}
