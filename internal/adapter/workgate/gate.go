package workgate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/sony/gobreaker/v2"

	"tongban/internal/domain/depart"
	"tongban/internal/handling/dispatch"
	"tongban/internal/kernel/errs"
)

// Config is one system as the operator connected it: URL or Folder is set.
type Config struct {
	Key    string // depart.System.Key
	URL    string // of the system, without a slash at its end
	Folder string // that both sides see
	Secret []byte // shared with the system, 32 bytes or more
	Client *http.Client
	Now    func() time.Time // security time
}

// Gate reaches one system. Safe for concurrent use.
type Gate struct {
	cfg     Config
	breaker *gobreaker.CircuitBreaker[reply]
}

var _ dispatch.Port = (*Gate)(nil)

// The bounds of a talk with a system.
const (
	patience  = 10 * time.Second
	answerMax = 256 << 10 // bytes
	failures  = 5         // in a row, until it is left alone
	rest      = 30 * time.Second
)

// New makes a gate. It follows no redirect: what a case holds goes to the configured address only.
func New(cfg Config) *Gate {
	client := http.Client{Timeout: patience}
	if cfg.Client != nil {
		client = *cfg.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.Client = &client
	return &Gate{cfg, gobreaker.NewCircuitBreaker[reply](gobreaker.Settings{
		Name: cfg.Key, Timeout: rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
	})}
}

// reply is a system's answer to a request, whatever it says.
type reply struct {
	status int
	body   []byte
}

// Give puts a task to the system: 2xx means that it has it, 400, 404, 409, 410 and 422 that it never will.
func (g *Gate) Give(ctx context.Context, t depart.Task) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	r, err := g.ask(ctx, http.MethodPut, t.ID, body)
	if err != nil {
		return "", err
	}
	var said struct {
		Ref string `json:"ref"`
	}
	_ = json.Unmarshal(r.body, &said) // it need not tell its number
	if len(said.Ref) > mostRef {
		said.Ref = ""
	}
	return said.Ref, nil
}

// mostRef bounds a system's own number, in bytes.
const mostRef = 64

// Stop says that a task is over; a system that does not know it says 404.
func (g *Gate) Stop(ctx context.Context, id string) error {
	_, err := g.ask(ctx, http.MethodDelete, id, nil)
	if errs.Is(err, errs.SystemRefused) {
		return nil
	}
	return err
}

// Ask fetches the answers to a task.
func (g *Gate) Ask(ctx context.Context, id string, take func(depart.Answer) error) error {
	r, err := g.ask(ctx, http.MethodGet, id, nil)
	if errs.Is(err, errs.SystemRefused) { // nothing is known of it there
		return nil
	}
	if err != nil {
		return err
	}
	var said struct {
		Answers []depart.Answer `json:"answers"`
	}
	if err := json.Unmarshal(r.body, &said); err != nil {
		return errs.New(errs.AnswerUnread, "not JSON")
	}
	for _, a := range said.Answers {
		if err := take(a); err != nil {
			return err
		}
	}
	return nil
}

// Resting reports whether the system is left alone.
func (g *Gate) Resting() bool { return g.breaker.State() == gobreaker.StateOpen }

func (g *Gate) ask(ctx context.Context, method, id string, body []byte) (reply, error) {
	r, err := g.breaker.Execute(func() (reply, error) { return g.send(ctx, method, id, body) })
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return reply{}, errs.New(errs.SystemResting, "%s", g.cfg.Key)
	case err != nil:
		return reply{}, err
	}
	switch r.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity:
		return reply{}, errs.New(errs.SystemRefused, "%s answers %d", g.cfg.Key, r.status)
	}
	return r, nil
}

// send is one try. An answer that is not signed by the system, or to another address, is none.
func (g *Gate) send(ctx context.Context, method, id string, body []byte) (reply, error) {
	at, err := url.Parse(g.cfg.URL + "/work/" + id)
	if err != nil {
		return reply{}, errs.New(errs.SystemAway, "address")
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return reply{}, errs.New(errs.SystemAway, "address")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(KeyHeader, id)
	Sign(r.Header, g.cfg.Secret, g.cfg.Now(), method+" "+at.Path, body)
	w, err := g.cfg.Client.Do(r)
	if err != nil {
		return reply{}, errs.New(errs.SystemAway, "%s: no answer", g.cfg.Key) // its text may quote what was sent
	}
	defer w.Body.Close() //nolint:errcheck // read only
	said, err := io.ReadAll(io.LimitReader(w.Body, answerMax+1))
	switch {
	case err != nil || len(said) > answerMax:
		return reply{}, errs.New(errs.SystemAway, "%s: answer cut short or too large", g.cfg.Key)
	case w.StatusCode >= http.StatusInternalServerError || w.StatusCode == http.StatusTooManyRequests:
		return reply{}, errs.New(errs.SystemAway, "%s answers %d", g.cfg.Key, w.StatusCode)
	case !Good(w.Header, g.cfg.Secret, g.cfg.Now(), "ANSWER "+at.Path, said):
		return reply{}, errs.New(errs.SystemAway, "%s: answer %d without a good signature", g.cfg.Key, w.StatusCode)
	case w.StatusCode/100 != 2 && w.StatusCode/100 != 4:
		return reply{}, errs.New(errs.SystemAway, "%s answers %d", g.cfg.Key, w.StatusCode)
	}
	return reply{w.StatusCode, said}, nil
}
