package retention_test

import (
	"testing"
	"testing/fstest"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/retention"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

func TestTerms(t *testing.T) {
	closed := time.Date(2026, time.November, 23, 17, 0, 0, 0, time.UTC) // the 24th in China
	decided := []casefile.Leg{{Key: "decide", Kind: item.Decide, Outcome: casefile.Granted}}
	for _, tt := range []struct {
		name  string
		c     casefile.Case
		days  int
		known bool
		held  retention.Why
		until string
		why   retention.Why
	}{
		{"open", casefile.Case{Legs: decided}, 30, true, "", "", retention.CaseOpen},
		{"a complaint", casefile.Case{Closed: closed, Legs: decided}, 30, true, retention.Contested, "", retention.Contested},
		{"withdrawn", casefile.Case{Closed: closed}, 30, true, "", "2026-12-24", retention.ByTerms},
		{"withdrawn, nothing may be kept", casefile.Case{Closed: closed}, 0, true, "", "2026-11-24", retention.ByTerms},
		{"withdrawn, no terms known", casefile.Case{Closed: closed}, 0, false, "", "2026-12-24", retention.ByDefault},
		{"decided", casefile.Case{Closed: closed, Legs: decided}, 30, true, "", "2027-05-24", retention.ByReview},
		{"decided, kept for longer", casefile.Case{Closed: closed, Legs: decided}, 400, true, "", "2027-12-29", retention.ByTerms},
	} {
		got := retention.Of(tt.c, tt.days, tt.known, tt.held, retention.Default())
		until := ""
		if !got.Until.IsZero() {
			until = got.Until.String()
			if got.Over(got.Until) || !got.Over(got.Until.AddDays(1)) || got.Late(retention.Default(), got.Until.AddDays(2)) || !got.Late(retention.Default(), got.Until.AddDays(3)) {
				t.Errorf("%s: over or late on the wrong day", tt.name)
			}
		} else if got.Over(workday.DateOf(closed.AddDate(99, 0, 0))) {
			t.Errorf("%s: over", tt.name)
		}
		if until != tt.until || got.Why != tt.why {
			t.Errorf("%s: %s %s, want %s %s", tt.name, until, got.Why, tt.until, tt.why)
		}
	}
}

func TestBookNeedsSources(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":       "",
		"no source":     "[[rules]]\nid='a'\nfrom='2018-01-01'\nbasis='b'\nunknown={n=1}\nreview={n=1,source='s'}\nspare={n=1,source='s'}",
		"no number":     "[[rules]]\nid='a'\nfrom='2018-01-01'\nbasis='b'\nunknown={source='s'}\nreview={n=1,source='s'}\nspare={n=1,source='s'}",
		"unknown field": "[[rules]]\nid='a'\nelse=1",
	} {
		_, err := retention.Load(fstest.MapFS{retention.File: {Data: []byte(text)}})
		if !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		f.Fatal(err)
	}
	signer := proof.NewSigner(key)
	trust := &office.TrustList{Nodes: []office.Node{{ID: "63", Sign: key.Public()}}}
	day := workday.DateOf(time.Date(2026, time.November, 23, 1, 0, 0, 0, time.UTC))
	good, err := proof.Marshal(retention.Receipt{Case: "c", From: "63", To: "35", At: day.Start().UTC(), Gone: []retention.Gone{{
		ID: "0199b0a0-0000-7000-8000-00000000abcd", Question: proof.Hash{1}, Answer: proof.Hash{2}, Until: day.AddDays(-1),
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"gone":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := signer.Sign(retention.Typ, body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := retention.Open(s, trust, "63", "35", "c")
		if err == nil && (len(r.Gone) == 0 || len(r.Gone) > retention.Most || r.From != "63" || r.To != "35") {
			t.Errorf("opened %+v", r)
		}
		if string(body) == string(good) && err != nil {
			t.Error(err)
		}
	})
}
