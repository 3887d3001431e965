package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"tongban/internal/kernel/errs"
)

// Handler answers one request or says why not; the site turns the error into a page.
type Handler func(w http.ResponseWriter, r *http.Request) error

// errAway marks an answer that could not be delivered; nothing more can be sent.
var errAway = errors.New("the reader went away")

// defaultMaxBody is enough for any form without files, in bytes.
const defaultMaxBody = 1 << 20

// Config is what a Site needs; the zero value serves plain Chinese pages.
type Config struct {
	Log        *slog.Logger                                         // one event per request; nil is slog.Default
	Frame      func(r *http.Request) Frame                          // the face's frame, for error and display pages; nil is FrameOf
	MaxBody    int64                                                // bytes of a form; 0 is 1 MiB
	FormAction []string                                             // further origins forms may lead to, such as the identity provider
	SignIn     func(r *http.Request) string                         // where a GET that needs sign-in is sent; nil or "" shows the error page
	OnRequest  func(pattern string, status int, took time.Duration) // for metrics; nil is nothing
}

// Site registers the pages of one face. It is an http.Handler; register everything before serving.
type Site struct {
	cfg     Config
	mux     *http.ServeMux
	cross   *http.CrossOriginProtection
	handler http.Handler
	routes  []string
}

// NewSite makes a site that already serves /assets/, /display and a designed answer for unknown pages.
func NewSite(cfg Config) *Site {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = defaultMaxBody
	}
	s := &Site{cfg: cfg, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
	s.handler = Secure(http.HandlerFunc(s.serve), cfg.FormAction...)
	s.Handle("GET /assets/", Assets())
	s.Get("/display", display(s))
	s.mux.HandleFunc("/", s.run(func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.NoSuchPage, "no route")
	}))
	if !HasAssets() {
		cfg.Log.Warn("page assets are not built: pages are served plain; run npm ci and npm run build in web/")
	}
	return s
}

// Get registers h for GET and HEAD of pattern, a path pattern of net/http without method.
func (s *Site) Get(pattern string, h Handler) { s.Handle("GET "+pattern, s.run(h)) }

// Routes lists every pattern that was registered, in that order: whoever checks rights walks them all.
func (s *Site) Routes() []string { return slices.Clone(s.routes) }

// Handle mounts a plain handler under pattern (with method, if any); it gets the headers and the log line, but no protection.
// It is for machine endpoints such as the OIDC callback.
func (s *Site) Handle(pattern string, h http.Handler) {
	s.routes = append(s.routes, pattern)
	s.mux.Handle(pattern, h)
}

// PostOption changes how one form is received.
type PostOption func(*post)

type post struct {
	maxBody int64
	stream  bool
}

// Upload allows max bytes and leaves the body unread: the handler streams it by r.MultipartReader, so that nothing personal
// touches the disk unencrypted.
func Upload(max int64) PostOption { return func(p *post) { p.maxBody, p.stream = max, true } }

// MaxBody allows max bytes of an ordinary form.
func MaxBody(max int64) PostOption { return func(p *post) { p.maxBody = max } }

// Post registers h for POST of pattern. It refuses requests from other sites (Sec-Fetch-Site, else Origin), limits the body
// and reads the form, so that h may use r.PostForm and no handler can forget one of these.
func (s *Site) Post(pattern string, h Handler, opts ...PostOption) {
	p := post{maxBody: s.cfg.MaxBody}
	for _, o := range opts {
		o(&p)
	}
	s.Handle("POST "+pattern, s.run(func(w http.ResponseWriter, r *http.Request) error {
		if err := s.cross.Check(r); err != nil {
			return errs.Wrap(errs.CrossSite, err, "refused form")
		}
		if r.ContentLength > p.maxBody {
			return errs.New(errs.BodyTooLarge, "%d bytes announced, %d allowed", r.ContentLength, p.maxBody)
		}
		r.Body = http.MaxBytesReader(w, r.Body, p.maxBody)
		if !p.stream {
			if err := parseForm(r, p.maxBody); err != nil {
				return err
			}
		}
		return h(w, r)
	}))
}

// parseForm reads the form whole into memory (never into temporary files).
func parseForm(r *http.Request, limit int64) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data":
		err = r.ParseMultipartForm(limit) //nolint:gosec // G120: the body was limited by the caller
	default:
		err = r.ParseForm()
	}
	if err == nil || tooLarge(err) {
		return err
	}
	return errs.Wrap(errs.BadRequest, err, "unreadable form")
}

func tooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// serve reads the preferences, runs the page and logs one event. The path is not logged: it may hold a case number.
func (s *Site) serve(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	p := readPrefs(r)
	if q := r.URL.Query(); q.Get("lang") == p.Lang {
		Remember(w, r, langCookie, p.Lang)
	}
	event := &event{}
	ctx := context.WithValue(WithPrefs(r.Context(), p), eventKey{}, event)
	r = r.WithContext(ctx)
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	s.mux.ServeHTTP(rec, r)
	took := time.Since(began)
	if s.cfg.OnRequest != nil {
		s.cfg.OnRequest(r.Pattern, rec.status, took)
	}
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("route", r.Pattern), slog.String("method", r.Method), slog.Int("status", rec.status), slog.Duration("took", took),
	}
	if event.err != nil {
		attrs = append(attrs, slog.Int("code", int(errs.CodeOf(event.err))), slog.String("error", event.err.Error()))
		if rec.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
	}
	s.cfg.Log.LogAttrs(ctx, level, "page", attrs...)
}

// Refuse answers a request with the error page, whatever it asks for.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	Secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r.WithContext(WithPrefs(r.Context(), readPrefs(r))), err)
	}), s.cfg.FormAction...).ServeHTTP(w, r)
}

// event is what a request leaves for its log line.
type event struct{ err error }

type eventKey struct{}

// recorder remembers the status.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) { r.wrote = true; return r.ResponseWriter.Write(b) }

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// run calls h, and turns an error or a panic into a page.
func (s *Site) run(h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := guarded(h, w, r)
		if err == nil {
			return
		}
		if e, ok := r.Context().Value(eventKey{}).(*event); ok {
			e.err = err
		}
		if rec, ok := w.(*recorder); ok && rec.wrote || errors.Is(err, errAway) {
			return // part of an answer is out; the log has the reason
		}
		s.fail(w, r, err)
	}
}

// guarded is h with a panic as an error; http.ErrAbortHandler goes on to the server.
func guarded(h Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is thrown
			panic(v)
		}
		err = errs.New(errs.Unexpected, "panic: %v\n%s", v, debug.Stack())
	}()
	return h(w, r)
}

// Frame is the face's frame for a request, for pages that another room adds to the site.
func (s *Site) Frame(r *http.Request) Frame { return s.frame(r) }

// frame is the face's frame for the site's own pages.
func (s *Site) frame(r *http.Request) Frame {
	if s.cfg.Frame != nil {
		return s.cfg.Frame(r)
	}
	return FrameOf(r)
}

// fail shows the designed error page.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if tooLarge(err) {
		err = errs.Wrap(errs.BodyTooLarge, err, "form")
	}
	code := errs.CodeOf(err)
	if s.cfg.SignIn != nil && code.Kind() == errs.Unauthenticated && r.Method == http.MethodGet {
		if to := s.cfg.SignIn(r); to != "" {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
	}
	f := s.frame(r)
	said := code.Text(f.Lang)
	f.Title = said.What
	if code.Kind() == errs.Unavailable || code.Kind() == errs.Exhausted {
		w.Header().Set("Retry-After", "60")
	}
	if e := Show(w, r, StatusOf(code), f, errorPage(said, code, f)); e != nil {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "error page", slog.Any("error", e))
		http.Error(w, fmt.Sprintf("%s %s (%d)", said.What, said.Next, code), http.StatusInternalServerError)
	}
}

// StatusOf is the one map from error kinds to HTTP.
func StatusOf(code errs.Code) int {
	switch code.Kind() {
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict:
		return http.StatusConflict
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	case errs.Exhausted:
		if code == errs.TooMany {
			return http.StatusTooManyRequests
		}
		return http.StatusServiceUnavailable
	case errs.Internal, errs.Corrupt:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
