package elsewhere_test

import (
	"context"
	"slices"
	"testing"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// usageWorld is a world in which an officer at 63 looked at 樊晓梅's case, and at somebody else's.
func usageWorld(t *testing.T) (*world, casefile.Case) {
	t.Helper()
	w := newWorld(t)
	hers, others := caseAt("63", 1, fan), caseAt("63", 2, lin)
	w.store["63"].cases = []casefile.Case{hers, others}
	for _, c := range []casefile.Case{hers, others} {
		w.store["63"].log = append(w.store["63"].log, accesslog.Entry{
			Kind: accesslog.View, At: now, Case: c.ID, Who: "x1", Office: "OFFICE", What: "desk.check", Reason: "leg decide of office OFFICE",
		})
	}
	w.vouch = func(to office.NodeID) proof.Signed {
		b := w.good(to)
		b.Purpose = vouch.ForUsage
		return w.bearer(office.IDP, b)
	}
	return w, hers
}

func TestWhoLookedIsToldByAllProvinces(t *testing.T) {
	w, hers := usageWorld(t)
	told, missing, err := w.asker.Usages(t.Context(), "grant", "")
	if err != nil || len(missing) != 0 || len(told) != 1 || told[0].Node != "63" {
		t.Fatalf("told %+v, missing %v, %v", told, missing, err)
	}
	if lines := told[0].Extract.Lines; len(lines) != 1 {
		t.Fatalf("%d lines, one is hers", len(lines))
	}
	e, err := told[0].Extract.Lines[0].Entry()
	if err != nil || e.Who != "x1" || e.Case != hers.ID || told[0].Cases[e.Case].No != hers.No {
		t.Errorf("told %+v of %+v, %v", e, told[0].Cases, err)
	}
	if log := w.store["63"].log; log[len(log)-1].What != "elsewhere.usage" || log[len(log)-1].Case != hers.ID {
		t.Errorf("the look at the log is not in the log: %+v", log)
	}
	if _, missing, _ := w.asker.Usages(t.Context(), "grant", "35"); len(missing) != 0 {
		t.Errorf("35 has nothing and was named as missing")
	}
	w.deaf["63"] = true
	w.asker.Patience = 1
	if told, missing, err := w.asker.Usages(t.Context(), "grant", "63"); err != nil || len(told) != 0 || !slices.Equal(missing, []office.NodeID{"63"}) {
		t.Errorf("a silent province: %v %v %v", told, missing, err)
	}
}

// A proof of identity that was made for the one question does not answer the other.
func TestPurposesAreKeptApart(t *testing.T) {
	w, _ := usageWorld(t)
	if got, f := w.ask(); len(got) != 0 || !slices.Contains(f.Missing, "63") {
		t.Errorf("cases were told for the usage's bearer: %v", got)
	}
	if _, err := w.nodes["63"].Receive(t.Context(), "23", w.sent); !errs.Is(err, errs.VouchMisdirected) {
		t.Errorf("refused with %v", err)
	}
	w.vouch = func(to office.NodeID) proof.Signed { return w.bearer(office.IDP, w.good(to)) }
	if told, missing, _ := w.asker.Usages(t.Context(), "grant", "63"); len(told) != 0 || len(missing) != 1 {
		t.Errorf("usage was told for the cases' bearer: %v", told)
	}
}

// What another node answers is shown only if it can be its own word.
func TestUsageOfAnotherNodeIsNotBelieved(t *testing.T) {
	w, _ := usageWorld(t)
	w.store["63"].head = must(proof.SignJSON(w.signer("63"), accesslog.TypHead, accesslog.Head{Node: "35", Size: 1}))
	if told, missing, _ := w.asker.Usages(t.Context(), "grant", ""); len(told) != 0 || !slices.Contains(missing, "63") {
		t.Errorf("told %v", told)
	}
}

func (s *store) LogLines(_ context.Context, cases []string, limit int) ([]accesslog.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []accesslog.Line
	for _, e := range s.log {
		if slices.Contains(cases, e.Case) && len(out) < limit {
			out = append(out, accesslog.Line{Index: -1, Leaf: string(must(e.Leaf()))})
		}
	}
	return out, nil
}

func (s *store) Witnessed(context.Context, int) (int64, error) { return 0, nil }

func (s *store) WitnessesOf(context.Context, int64) ([]proof.Signed, error) { return nil, nil }

func (s *store) TreeSize(context.Context) (int64, error) {
	if len(s.head.Body) == 0 {
		return 0, nil
	}
	return 1, nil
}

func (s *store) HeadAt(context.Context, int64) (proof.Signed, []byte, error) { return s.head, nil, nil }

func (s *store) Hashes(_ context.Context, positions []int64) ([][32]byte, error) {
	return make([][32]byte, len(positions)), nil
}
