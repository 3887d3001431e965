// Package dataservice asks an office's own system about one person over HTTP (数据资源 behind a connector, 政务数据共享条例 第13条). The
// number stands in the body alone, never in an address or a header; the answer is bounded in time and size; a system that fails again
// and again is left alone for a while. docs/OPERATING.md describes what such a service has to answer.
package dataservice

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sony/gobreaker/v2"

	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Config says which service is asked and how.
type Config struct {
	URL     string            // POST goes there
	Key     string            // bearer token; empty: none
	Fields  map[string]string // the service's names, by the resource's names of fields
	Timeout time.Duration     // of one question with all of its answer; 0 is 1.5 s
	Rest    time.Duration     // for which a failing service is left alone; 0 is 10 s
	Client  *http.Client      // nil is one of its own
}

// The bounds of one question.
const (
	patience  = 1500 * time.Millisecond
	rest      = 10 * time.Second
	failures  = 5        // in a row, after which it rests
	mostBody  = 64 << 10 // bytes
	mostCell  = 2000     // characters
	atOnce    = 8
	idleConns = 4
)

// Service is one service. Safe for concurrent use.
type Service struct {
	cfg     Config
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[found]
	places  chan struct{}
}

var _ share.Source = (*Service)(nil)

// found is what the service says. Record null: it knows nobody of that number.
type found struct {
	AsOf   time.Time         `json:"as_of"`
	Record map[string]string `json:"record"`
}

// New makes a connector.
func New(cfg Config) *Service {
	if cfg.Timeout <= 0 {
		cfg.Timeout = patience
	}
	if cfg.Rest <= 0 {
		cfg.Rest = rest
	}
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idleConns, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10}}
	if cfg.Client != nil {
		client = *cfg.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the number goes where it was meant to
	return &Service{cfg: cfg, client: &client, places: make(chan struct{}, atOnce), breaker: gobreaker.NewCircuitBreaker[found](gobreaker.Settings{
		MaxRequests: 1, Timeout: cfg.Rest,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, context.Canceled) }, // who went away says nothing of the service
	})}
}

// Record asks about a person. Errors: errs.NoRecord, errs.SourceDown, errs.SourceUnfit, errs.SourceResting. None of them holds anything of the
// person.
func (s *Service) Record(ctx context.Context, resource string, who party.Person) (map[string]string, time.Time, error) {
	if who.IDNo == "" || len(who.IDNo) > 64 || !utf8.ValidString(who.IDNo) {
		return nil, time.Time{}, errs.New(errs.NoRecord, "%s", resource)
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return nil, time.Time{}, errs.New(errs.SourceDown, "%s is busy", resource)
	}
	f, err := s.breaker.Execute(func() (found, error) { return s.ask(ctx, resource, who.IDNo) })
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return nil, time.Time{}, errs.New(errs.SourceResting, "%s", resource)
	case err != nil:
		return nil, time.Time{}, err
	case f.Record == nil:
		return nil, time.Time{}, errs.New(errs.NoRecord, "%s", resource)
	}
	record := make(map[string]string, len(s.cfg.Fields))
	for name, theirs := range s.cfg.Fields {
		v, ok := f.Record[theirs]
		if !ok || utf8.RuneCountInString(v) > mostCell {
			return nil, time.Time{}, errs.New(errs.SourceUnfit, "%s: field %.40q is missing or too long", resource, theirs)
		}
		record[name] = strings.TrimSpace(v)
	}
	return record, f.AsOf.UTC(), nil
}

// ask puts the question and reads the answer.
func (s *Service) ask(ctx context.Context, resource, number string) (f found, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	body, err := proof.Marshal(map[string]string{"resource": resource, "number": number})
	if err != nil {
		return f, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return f, errs.New(errs.SourceDown, "%s has no address", resource)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+s.cfg.Key)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return f, down(resource, err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); res.StatusCode != http.StatusOK || err != nil || kind != "application/json" {
		return f, errs.New(errs.SourceUnfit, "%s answered %d", resource, res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, mostBody+1))
	if err != nil {
		return f, down(resource, err)
	}
	if len(raw) > mostBody {
		return f, errs.New(errs.SourceUnfit, "%s answered more than %d bytes", resource, mostBody)
	}
	if err := proof.Unmarshal(raw, &f); err != nil || f.AsOf.IsZero() {
		return found{}, errs.New(errs.SourceUnfit, "%s answered something else", resource)
	}
	return f, nil
}

// down keeps the client's words out of what is logged, but says whether somebody went away.
func down(resource string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errs.Wrap(errs.SourceDown, context.Canceled, "%s", resource)
	case errors.Is(err, context.DeadlineExceeded):
		return errs.New(errs.SourceDown, "%s: no answer in time", resource)
	}
	return errs.New(errs.SourceDown, "%s cannot be reached", resource)
}
