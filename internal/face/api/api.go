// Package api is the interface for machines: a departmental system or an integrator takes cases in and acts on them over
// JSON and HTTP, in the name of one officer whom the node's own configuration gives to its token. It does what the desk
// does and nothing else; docs/API.md describes it.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// The bounds of a request, in bytes.
const (
	maxBody = 1 << 20
	maxFile = 100 << 20
)

// Store is what is read directly; everything else goes through the use cases. Queue gives up to limit cases behind the id
// after, "" for the first. Commit writes the log entry of a look and is durable when it returns.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Queue(ctx context.Context, office string, q casefile.Queue, after string, limit int) ([]casefile.Case, error)
	Papers(ctx context.Context, caseID string) ([]unit.Paper, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Files takes an upload and gives back its address and key; nobody else learns the key.
type Files interface {
	Put(ctx context.Context, r io.Reader) (exchange.File, error)
}

// Token lets a system in. Only the hash of its secret is known here.
type Token struct {
	SHA256  [sha256.Size]byte
	Officer office.Officer
}

// Config is what the interface acts through.
type Config struct {
	Kit    *unit.Kit
	Store  Store
	Files  Files
	Lodge  *lodge.Desk
	Bench  *decide.Bench
	Issuer *certify.Issuer
	Post   *handover.Post
	Tokens []Token
	Log    *slog.Logger // nil: silent
}

type face struct{ Config }

// call is one request by a known officer.
type call struct {
	*http.Request
	by casefile.Actor
}

// handler answers with a value and its status, or an error.
type handler func(c call) (status int, v any, err error)

// New makes the handler for everything below /api/v1/. Without a token it serves nobody.
func New(cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	f := &face{cfg}
	mux := http.NewServeMux()
	for pattern, h := range f.doors() {
		mux.HandleFunc(pattern, f.serve(h))
	}
	return mux
}

// doors are all that the interface serves, by pattern.
func (f *face) doors() map[string]handler {
	return map[string]handler{
		"POST /api/v1/cases":            f.takeIn,
		"GET /api/v1/cases/{id}":        f.show,
		"GET /api/v1/cases/{id}/papers": f.papers,
		"POST /api/v1/cases/{id}/{act}": f.act,
		"GET /api/v1/queue":             f.queue,
		"POST /api/v1/files":            f.upload,
		unknown:                         func(call) (int, any, error) { return 0, nil, errs.New(errs.NoSuchAct, "path") },
	}
}

// Routes lists the patterns of the interface, for those who check that none is forgotten.
func Routes() []string { return slices.Sorted(maps.Keys((&face{}).doors())) }

// serve lets known tokens in, bounds the body, and writes the answer.
func (f *face) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Type", "application/json")
		head.Set("Cache-Control", "no-store")
		head.Set("X-Content-Type-Options", "nosniff")
		limit := int64(maxBody)
		if r.URL.Path == "/api/v1/files" {
			limit = maxFile
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		by, err := f.officer(r)
		if err != nil {
			head.Set("WWW-Authenticate", "Bearer")
			f.refuse(w, r, err)
			return
		}
		if err := f.allowed(r, by); err != nil {
			f.refuse(w, r, err)
			return
		}
		status, v, err := h(call{r, by})
		if err != nil {
			f.refuse(w, r, err)
			return
		}
		w.WriteHeader(status)
		write(w, v)
	}
}

func write(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the reader may be gone
}

// officer maps the token to its officer. Every entry is compared, so that the time tells nothing.
func (f *face) officer(r *http.Request) (casefile.Actor, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum, found := sha256.Sum256([]byte(secret)), -1
	for i, t := range f.Tokens {
		if subtle.ConstantTimeCompare(sum[:], t.SHA256[:]) == 1 {
			found = i
		}
	}
	if !ok || found < 0 {
		return casefile.Actor{}, errs.New(errs.TokenNeeded, "")
	}
	o := f.Tokens[found].Officer
	at, ok := f.Kit.Office(o.Office)
	if !ok || at.Node != f.Kit.Me {
		return casefile.Actor{}, errs.New(errs.NotYours, "office %s is not of node %s", o.Office, f.Kit.Me)
	}
	return casefile.Actor{ID: o.ID, Name: o.Name, Office: o.Office, Node: f.Kit.Me, Roles: o.Roles, Remit: o.Remit, Leave: o.Leave}, nil
}

// Problem is an error as machines read it.
type Problem struct {
	Code uint32 `json:"code"`
	What string `json:"what"`
	Next string `json:"next"`
}

var statuses = map[errs.Kind]int{
	errs.Internal: http.StatusInternalServerError, errs.Invalid: http.StatusBadRequest,
	errs.Unauthenticated: http.StatusUnauthorized, errs.Forbidden: http.StatusForbidden, errs.NotFound: http.StatusNotFound,
	errs.Conflict: http.StatusConflict, errs.TooLarge: http.StatusRequestEntityTooLarge,
	errs.Unavailable: http.StatusServiceUnavailable, errs.Exhausted: http.StatusInsufficientStorage,
	errs.Corrupt: http.StatusInternalServerError,
}

// refuse answers with the error's number and texts; the detail goes to the log alone.
func (f *face) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = errs.Wrap(errs.BodyTooLarge, err, "")
	}
	code := errs.CodeOf(err)
	status := statuses[code.Kind()]
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	f.Log.LogAttrs(r.Context(), level, "refused", slog.Int("status", status), slog.String("error", err.Error()))
	lang := "zh"
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		lang = "en"
	}
	text := code.Text(lang)
	w.WriteHeader(status)
	write(w, Problem{uint32(code), text.What, text.Next})
}

// read takes exactly one JSON object without further fields. Empty is allowed where every field may be left out.
func read(c call, v any) error {
	dec := json.NewDecoder(c.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large || err == nil {
		return err
	}
	return &errs.Error{Code: errs.BadBody, Detail: shape(err)}
}

// shape says what is wrong with a body without repeating any of it.
func shape(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "field " + t.Field + " is a " + t.Value
	}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "not JSON: " + s.Error()
	}
	if errs.CodeOf(err) != errs.Unexpected {
		return errs.CodeOf(err).Name()
	}
	if strings.HasPrefix(err.Error(), "json: unknown field") || strings.HasPrefix(err.Error(), "more than") {
		return err.Error()
	}
	return "cut short"
}
