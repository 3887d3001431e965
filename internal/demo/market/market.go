// Package market is a made-up platform of a market supervision authority for the demonstration, on a host of its own and clearly
// marked: the departmental system of the article's case (青海). It speaks the documented interface (docs/API.md) as such a system's
// vendor would, its pages let the visitor work a case as its staff would, and it is slow, down, answers twice or in words that nobody
// knows when it is told to. It is never linked into the path of serve.
package market

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/domain/depart"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// Key is the platform's key in the catalogue, and Node the province whose office works in it.
const (
	Key  = "qinghai-market"
	Node = "63"
)

// Config is what the platform needs.
type Config struct {
	Secret []byte // shared with the node
	Home   string // address of the node, without a slash at its end
	Now    func() time.Time
	Client *http.Client
	Slow   time.Duration // how long it takes when it is slow
	Log    *slog.Logger
}

// Mode is how the platform behaves.
type Mode string

// The modes.
const (
	Normal Mode = "normal"
	Slow   Mode = "slow"  // each answer takes Config.Slow
	Down   Mode = "down"  // nothing is taken, nothing answered
	Twice  Mode = "twice" // each answer is sent twice at once
	Mute   Mode = "mute"  // answers are not sent: they can only be fetched
)

// Modes lists them in the order of the page.
var Modes = []Mode{Normal, Slow, Down, Twice, Mute}

// Platform keeps its cases in memory. Safe for concurrent use.
type Platform struct {
	cfg  Config
	site *page.Site

	mu    sync.Mutex // guards what follows
	mode  Mode
	files map[string]*file
}

// file is a case as the platform has it.
type file struct {
	Task    depart.Task
	Ref     string
	Times   int // how often it was given
	Stopped bool
	Said    []depart.Answer
	Heard   string // what the node said to the last answer
}

// New makes an empty platform.
func New(cfg Config) *Platform {
	if cfg.Slow == 0 {
		cfg.Slow = 3 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &Platform{cfg: cfg, mode: Normal, files: map[string]*file{}}
	s := page.NewSite(page.Config{Log: cfg.Log, Frame: p.frame})
	s.Handle("PUT /work/{id}", p.machine(p.take))
	s.Handle("DELETE /work/{id}", p.machine(p.stop))
	s.Handle("GET /work/{id}", p.machine(p.tell))
	s.Get("/{$}", p.listPage)
	s.Post("/mode", p.turn)
	s.Get("/cases/{no}", p.casePage)
	s.Post("/cases/{no}", p.work)
	p.site = s
	return p
}

// ServeHTTP answers everything on the platform's host.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.site.ServeHTTP(w, r) }

// Behave sets how the platform behaves from now on.
func (p *Platform) Behave(m Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
}

func (p *Platform) now() Mode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode
}

// Has is the task of a case as it was given last, by the case's number, and how often it was given.
func (p *Platform) Has(no string) (t depart.Task, times int, stopped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.of(no); f != nil {
		return f.Task, f.Times, f.Stopped
	}
	return depart.Task{}, 0, false
}

// of finds the newest file of a case; p.mu is held.
func (p *Platform) of(no string) *file {
	var found *file
	for _, f := range p.files {
		if f.Task.Case == no && (found == nil || f.Task.Received.After(found.Task.Received)) {
			found = f
		}
	}
	return found
}

// machine answers a signed request of the node.
func (p *Platform) machine(do func(r *http.Request, body []byte) (int, any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		mode := p.now()
		if mode == Slow {
			select {
			case <-time.After(p.cfg.Slow):
			case <-r.Context().Done():
			}
		}
		switch {
		case mode == Down || err != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case !workgate.Good(r.Header, p.cfg.Secret, time.Now(), r.Method+" "+r.URL.Path, body):
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		status, v := do(r, body)
		said, err := json.Marshal(v)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		workgate.Sign(w.Header(), p.cfg.Secret, time.Now(), "ANSWER "+r.URL.Path, said)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(said) // the node may have gone
	})
}

// take keeps a task once, however often it comes.
func (p *Platform) take(r *http.Request, body []byte) (int, any) {
	var t depart.Task
	if json.Unmarshal(body, &t) != nil || t.ID != r.PathValue("id") || r.Header.Get(workgate.KeyHeader) != t.ID {
		return http.StatusBadRequest, map[string]string{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.files[t.ID]
	if f == nil {
		f = &file{Task: t, Ref: "QH" + rand.Text()[:10]}
		p.files[t.ID] = f
	}
	f.Times++
	return http.StatusOK, map[string]string{"ref": f.Ref}
}

func (p *Platform) stop(r *http.Request, _ []byte) (int, any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.files[r.PathValue("id")]
	if f == nil {
		return http.StatusNotFound, map[string]string{}
	}
	f.Stopped = true
	return http.StatusOK, map[string]string{}
}

func (p *Platform) tell(r *http.Request, _ []byte) (int, any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.files[r.PathValue("id")]
	if f == nil {
		return http.StatusNotFound, map[string]string{}
	}
	return http.StatusOK, map[string][]depart.Answer{"answers": slices.Clone(f.Said)}
}

// staff is who sits at the platform: one looks papers through, another decides.
var (
	checker = depart.Staff{No: "630101", Name: Say("zh", "checker")}
	decider = depart.Staff{No: "630102", Name: Say("zh", "decider")}
)

// Do is what the platform's staff do to a case: one of doings. It gives what the node said.
func (p *Platform) Do(ctx context.Context, no, what string) (string, error) {
	a := depart.Answer{ID: rand.Text(), Officer: checker, At: p.cfg.Now().UTC().Truncate(time.Second)}
	switch what {
	case "accept":
		a.Code = "SL01"
	case "gaps":
		a.Code = "BZ01"
		a.Gaps = []depart.Gap{{Material: "premises", Problem: Say("zh", "gap_problem"), Fix: Say("zh", "gap_fix")}}
	case "time":
		a.Code, a.Text = "YQ01", Say("zh", "time_reason")
	case "grant":
		a.Code, a.Officer, a.Checked = "HZ01", decider, &checker
	case "refuse":
		a.Code, a.Officer, a.Checked, a.Reasons, a.Text = "BH01", decider, &checker, []string{"R01"}, Say("zh", "refuse_text")
	case "strange":
		a.Code, a.Text = "XX99", Say("zh", "strange_text")
	default:
		return "", errs.New(errs.BadRequest, "%q", what)
	}
	p.mu.Lock()
	f := p.of(no)
	mode := p.mode
	if f != nil {
		a.Work = f.Task.ID
		f.Said = append(f.Said, a)
	}
	p.mu.Unlock()
	if f == nil {
		return "", errs.New(errs.Missing, "case %q", no)
	}
	if mode == Down || mode == Mute {
		return p.heard(f, "-"), nil
	}
	said := p.send(ctx, a)
	if mode == Twice {
		said += " " + p.send(ctx, a)
	}
	return p.heard(f, said), nil
}

func (p *Platform) heard(f *file, said string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.Heard = said
	return said
}

// send gives an answer to the node and tells what came back: the status and the outcome.
func (p *Platform) send(ctx context.Context, a depart.Answer) string {
	body, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	path := workgate.Prefix + Key + "/answers"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.Home+path, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	workgate.Sign(r.Header, p.cfg.Secret, time.Now(), http.MethodPost+" "+path, body)
	w, err := p.cfg.Client.Do(r)
	if err != nil {
		return "-"
	}
	defer w.Body.Close() //nolint:errcheck // read only
	var said struct {
		Outcome string `json:"outcome"`
	}
	_ = json.NewDecoder(io.LimitReader(w.Body, 64<<10)).Decode(&said) // an error page has none
	return strings.TrimSpace(w.Status[:3] + " " + said.Outcome)
}
