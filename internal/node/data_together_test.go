package node_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/share"
)

// slow is a channel that takes its time, and counts what is on its way.
type slow struct {
	share.Channel

	mu             sync.Mutex // guards both
	now, most, all int
}

func (s *slow) Ask(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	s.mu.Lock()
	s.now, s.all = s.now+1, s.all+1
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	return s.Channel.Ask(ctx, to, body)
}

// Who asks while envelopes are on their way shares the next one, and gets the answer to the own question; the coordinator is asked
// once for all of them, and again once the case here is another.
func TestQuestionsTravelTogether(t *testing.T) {
	e := newEquals(t)
	ctx, asker := t.Context(), e.nodes["63"]
	e.consent(e.request())
	way, standing := &slow{Channel: asker.Data.Channel}, &slow{Channel: asker.Data.Standing}
	asker.Data.Channel, asker.Data.Standing = way, standing
	if _, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			w := want
			w.Checks = map[string]string{"birth": "1990-01-01"}
			if i%2 == 1 {
				w.Checks["birth"] = "1990-01-02"
			}
			if got, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, w); err != nil || got.Checks["birth"] != (i%2 == 0) {
				t.Errorf("%d: %+v, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	if way.most > 4 || way.all > 20 || standing.all != 1 {
		t.Errorf("%d envelopes, %d at once; the coordinator was asked %d times", way.all, way.most, standing.all)
	}
	if found, err := asker.Store.FoundOf(ctx, e.c.ID); err != nil || len(found) != 41 {
		t.Errorf("%d found, %v", len(found), err)
	}
	if _, err := asker.Bench.Accept(ctx, e.reviewer, decide.Ref{Case: e.c.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, want); err != nil || standing.all != 2 {
		t.Errorf("asked %d times after the acceptance, %v", standing.all, err)
	}
}
