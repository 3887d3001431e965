package workgate

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/handling/dispatch"
	"tongban/internal/kernel/errs"
)

// Prefix is where a node answers departmental systems.
const Prefix = "/depart/v1/"

// bodyMax bounds what a system may say at once, in bytes.
const bodyMax = 128 << 10

// Door is what a node serves to departmental systems. Without a system it serves nobody.
type Door struct {
	Desk    *dispatch.Desk
	Secrets map[string][]byte // by System.Key
	Now     func() time.Time  // security time
	Read    func(ctx context.Context, f exchange.File, w io.Writer) error
	Log     *slog.Logger
}

// Handler serves what lies below Prefix.
func (d *Door) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Prefix+"{system}/answers", d.serve(d.answer))
	mux.HandleFunc("GET "+Prefix+"{system}/work/{id}/files/{n}", d.serve(d.file))
	return mux
}

// serve lets signed requests in only. A system that is not connected gets the same answer as a bad signature.
func (d *Door) serve(do func(w http.ResponseWriter, r *http.Request, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
		if err != nil {
			err = errs.New(errs.BodyTooLarge, "answer")
		} else if !Good(r.Header, d.Secrets[r.PathValue("system")], d.Now(), r.Method+" "+r.URL.Path, body) {
			err = errs.New(errs.AnswerUnsigned, "%s", r.PathValue("system"))
		} else {
			err = do(w, r, body)
		}
		if err != nil {
			d.refuse(w, r, err)
		}
	}
}

var statuses = map[errs.Kind]int{
	errs.Invalid: http.StatusBadRequest, errs.Unauthenticated: http.StatusUnauthorized, errs.Forbidden: http.StatusForbidden,
	errs.NotFound: http.StatusNotFound, errs.Conflict: http.StatusConflict, errs.TooLarge: http.StatusRequestEntityTooLarge,
}

// refuse answers with the error's number and words; whatever is not about the request is 503: it should come again.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := errs.CodeOf(err)
	status, ok := statuses[code.Kind()]
	level := slog.LevelInfo
	if !ok || errs.Is(err, errs.Stale) {
		status, level = http.StatusServiceUnavailable, slog.LevelWarn
	}
	if d.Log != nil {
		d.Log.LogAttrs(r.Context(), level, "departmental system", slog.Int("status", status), slog.String("error", err.Error()))
	}
	text := code.Text("zh")
	d.say(w, status, map[string]any{"code": uint32(code), "what": text.What, "next": text.Next})
}

func (d *Door) say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the reader may be gone
}

// outcomes are the statuses of what became of an answer.
var outcomes = map[string]int{
	dispatch.Applied: http.StatusOK, dispatch.Person: http.StatusAccepted, dispatch.Closed: http.StatusConflict,
}

func (d *Door) answer(w http.ResponseWriter, r *http.Request, body []byte) error {
	var a depart.Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return errs.New(errs.AnswerUnread, "not JSON")
	}
	outcome, err := d.Desk.Take(r.Context(), r.PathValue("system"), a)
	if err != nil {
		return err
	}
	d.say(w, outcomes[outcome], map[string]string{"outcome": outcome})
	return nil
}

func (d *Door) file(w http.ResponseWriter, r *http.Request, _ []byte) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return errs.New(errs.WorkMissing, "file")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &begun{ResponseWriter: w}
	err = d.Desk.File(r.Context(), r.PathValue("system"), r.PathValue("id"), n, func(f exchange.File, to io.Writer) error { //nolint:contextcheck // it is the request's
		return d.Read(r.Context(), f, to)
	}, out)
	if err != nil && out.any {
		panic(http.ErrAbortHandler) // what came so far must not pass for the file
	}
	return err
}

// begun notes whether anything went out.
type begun struct {
	http.ResponseWriter
	any bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.any = b.any || len(p) > 0
	return b.ResponseWriter.Write(p)
}
