package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/face/api"
	"tongban/internal/handling/unit"
)

// desks is where one province answers: several addresses if it has replicas.
type desks struct {
	node office.NodeID
	urls []string
}

// load drives cases through two provinces over the interface for machines, while nodes come and go. It never assumes
// anything about an unanswered call: it looks at the case and does what its queue asks for.
type load struct {
	here, there desks
	client      *http.Client

	mu     sync.Mutex
	taken  []string       // acknowledged, in the order of their acknowledgement
	issued map[string]int // acknowledged issues

	lost atomic.Int64 // calls without an answer, or with "not now"
	late atomic.Int64 // acts refused because the case had moved on
	done atomic.Int64 // cases that both sides have closed
	open atomic.Int64 // cases under way

	wg       sync.WaitGroup
	enough   chan struct{}
	finish   context.Context //nolint:containedctx // bounds every worker
	giveUp   context.CancelFunc
	problems chan error
}

// startLoad starts n workers, each with one case at a time.
func startLoad(t *testing.T, here, there desks) *load {
	t.Helper()
	l := &load{
		here: here, there: there, issued: map[string]int{}, enough: make(chan struct{}), problems: make(chan error, workers),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: workers}},
	}
	l.finish, l.giveUp = context.WithTimeout(t.Context(), 58*time.Second)
	t.Cleanup(func() { l.giveUp(); l.wg.Wait(); l.client.CloseIdleConnections() })
	for i := range workers {
		l.wg.Go(func() {
			for {
				select {
				case <-l.enough:
					return
				default:
				}
				if err := l.life(i); err != nil {
					l.problems <- err
					return
				}
			}
		})
	}
	return l
}

// drain lets every worker finish its case, and fails if one cannot.
func (l *load) drain(t *testing.T) {
	t.Helper()
	close(l.enough)
	l.wg.Wait()
	close(l.problems)
	for err := range l.problems {
		t.Error(err)
	}
	t.Logf("%d cases acknowledged, %d closed on both sides, %d calls unanswered or put off, %d acts too late",
		len(l.taken), l.done.Load(), l.lost.Load(), l.late.Load())
	if t.Failed() {
		t.FailNow()
	}
}

// life takes one case in and does what is to be done until both provinces have closed it.
func (l *load) life(worker int) error {
	id := unit.NewID()
	l.open.Add(1)
	defer l.open.Add(-1)
	for status := 0; status != http.StatusCreated && status != http.StatusOK; {
		status = l.call(l.here, worker, http.MethodPost, "/api/v1/cases", applicationOf(id), nil)
		if status >= 400 && status < 500 && status != http.StatusConflict {
			return fmt.Errorf("take-in of %s: %d", id, status)
		}
		if err := l.pause(status); err != nil {
			return fmt.Errorf("take-in of %s: %w", id, err)
		}
	}
	l.mu.Lock()
	l.taken = append(l.taken, id)
	l.mu.Unlock()
	stands := ""
	for turn := worker; ; turn++ {
		closed, was := true, stands
		stands = ""
		for _, d := range []desks{l.here, l.there} {
			var c api.Case
			if l.call(d, turn, http.MethodGet, "/api/v1/cases/"+id, nil, &c) != http.StatusOK {
				closed = false
				continue
			}
			closed = closed && !c.Closed.IsZero()
			q, _ := c.At(d.node)
			stands += fmt.Sprintf(" %s: %s %q", d.node, c.Status, q)
			act, body := next(q, c.Row)
			if act == "" {
				continue
			}
			switch status := l.call(d, turn, http.MethodPost, "/api/v1/cases/"+id+"/"+act, body, nil); status {
			case http.StatusOK:
				if act == "issue" {
					l.mu.Lock()
					l.issued[id]++
					l.mu.Unlock()
				}
			case http.StatusConflict:
				l.late.Add(1)
			case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				return fmt.Errorf("%s of %s: %d", act, id, status)
			}
		}
		if closed {
			l.done.Add(1)
			return nil
		}
		if err := l.pause(0); err != nil {
			return fmt.Errorf("%s is not closed on both sides but stands at%s: %w", id, was, err)
		}
	}
}

// next is what a queue asks for.
func next(q casefile.Queue, row int64) (act string, body map[string]any) {
	body = map[string]any{"row": row}
	switch q {
	case casefile.QueueIntake, casefile.QueueReturned:
		return "hand-over", body
	case casefile.QueueReceived:
		return "accept", body
	case casefile.QueueAccepted:
		body["outcome"] = "granted"
		return "decide", body
	case casefile.QueueConcluded:
		return "issue", body
	case casefile.QueueDeliver:
		body["way"], body["to"] = "counter", "applicant"
		return "deliver", body
	case casefile.QueueCorrection, casefile.QueueTransit, casefile.QueueSuspended:
	}
	return "", nil
}

// pause waits a little unless the call was answered well.
func (l *load) pause(status int) error {
	if status == http.StatusOK || status == http.StatusCreated {
		return nil
	}
	select {
	case <-l.finish.Done():
		return l.finish.Err()
	case <-time.After(30 * time.Millisecond):
		return nil
	}
}

// call asks one of a province's replicas. Without an answer the status is 0.
func (l *load) call(d desks, turn int, method, path string, in, out any) int {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(l.finish, method, d.urls[turn%len(d.urls)]+path, body)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer token-"+string(d.node))
	a, err := l.client.Do(r)
	if err != nil {
		l.lost.Add(1)
		return 0
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err == nil && out != nil && a.StatusCode == http.StatusOK {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		l.lost.Add(1)
		return 0
	}
	if a.StatusCode >= http.StatusInternalServerError {
		l.lost.Add(1)
	}
	return a.StatusCode
}

// underWay waits until there is something to lose: cases under way, and at least some more closed than before.
func (l *load) underWay(t *testing.T, more int64) {
	t.Helper()
	want := l.done.Load() + more
	for l.done.Load() < want || l.open.Load() == 0 {
		select {
		case <-l.finish.Done():
			t.Fatalf("%d cases closed, %d under way, %d calls lost: the load stands still", l.done.Load(), l.open.Load(), l.lost.Load())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// nothingLost holds that every acknowledged case is there on both sides and closed, with one licence, and that no number
// was given twice.
func (l *load) nothingLost(t *testing.T) {
	t.Helper()
	numbers := map[string]string{}
	for _, id := range l.taken {
		if l.issued[id] > 1 {
			t.Errorf("%s was issued %d times", id, l.issued[id])
		}
		for _, d := range []desks{l.here, l.there} {
			var c api.Case
			if status := l.call(d, 0, http.MethodGet, "/api/v1/cases/"+id, nil, &c); status != http.StatusOK || c.Status != casefile.StatusDone {
				t.Errorf("%s at %s: %d, %s", id, d.node, status, c.Status)
			}
		}
		var held struct{ Papers []api.Paper }
		if status := l.call(l.there, 0, http.MethodGet, "/api/v1/cases/"+id+"/papers", nil, &held); status != http.StatusOK {
			t.Errorf("papers of %s: %d", id, status)
		}
		licences := 0
		for _, p := range held.Papers {
			if p.Kind != licence.Typ {
				continue
			}
			licences++
			if other, twice := numbers[p.Number]; twice {
				t.Errorf("licence %s belongs to %s and %s", p.Number, other, id)
			}
			numbers[p.Number] = id
		}
		if licences != 1 {
			t.Errorf("%s has %d licences", id, licences)
		}
	}
}
