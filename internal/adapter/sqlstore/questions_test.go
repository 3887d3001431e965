package sqlstore

import (
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/handling/share/sharetest"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var (
	_ share.Answers = (*Store)(nil)
	_ share.Tables  = (*Store)(nil)
	_ share.Files   = (*Store)(nil)
	_ share.Cases   = (*Store)(nil)
)

// A hosted table is replaced as a whole; a question is answered once, with its unit or not at all; the person asked about finds it, and
// nobody else.
func TestQuestions(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		s, ctx := storeAt(t, open()), t.Context()
		at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
		if _, _, err := s.Row(ctx, "idcard", "person", "x"); !errs.Is(err, errs.SourceDown) {
			t.Errorf("no table: %v", err)
		}
		if v, err := s.KeepTable(ctx, "idcard", at, "person", []map[string]string{{"person": "12345", "name": "a"}, {"person": "67890", "name": "z"}}); err != nil || v != 1 {
			t.Fatal(v, err)
		}
		if v, err := s.KeepTable(ctx, "idcard", at, "person", []map[string]string{{"person": "12345", "name": "b"}}); err != nil || v != 2 {
			t.Fatal(v, err)
		}
		rec, when, err := s.Row(ctx, "idcard", "person", "12345")
		if err != nil || rec["name"] != "b" || !when.Equal(at) {
			t.Errorf("%v at %s, %v", rec, when, err)
		}
		if _, _, err := s.Row(ctx, "idcard", "person", "67890"); !errs.Is(err, errs.NoRecord) {
			t.Errorf("somebody of the version before: %v", err)
		}
		fan := party.Person{IDType: party.ResidentID, IDNo: "230183199001010025"}
		answered := unit.Unit{At: at, Answered: &unit.Answered{Asker: "63", ID: "q1", Case: "c1", No: "23-20261123-000001-0", Item: "2020-030", Subject: fan, Question: proof.Hash{7}, Resource: "idcard", Fields: []string{"birth", "name"}}}
		if err := s.Commit(ctx, answered); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(ctx, answered); !errs.Is(err, errs.Repeated) {
			t.Errorf("twice: %v", err)
		}
		asked, err := s.Asked(ctx, fan, 10)
		if err != nil || len(asked) != 1 || asked["c1"].Item != "2020-030" {
			t.Errorf("%v, %v", asked, err)
		}
		about, err := s.AnsweredAbout(ctx, fan, 10)
		if err != nil || len(about) != 1 || about[0].Question != (proof.Hash{7}) || about[0].Resource != "idcard" || len(about[0].Fields) != 2 || about[0].Fields[1] != "name" {
			t.Errorf("%+v, %v", about, err)
		}
		if number, err := s.AskedAbout(ctx, "63", "q1"); err != nil || number != fan.IDNo {
			t.Errorf("about %q, %v", number, err)
		}
		challenged(t, s, at)
		fan.IDNo = "350102199502020044"
		if about, err := s.AnsweredAbout(ctx, fan, 10); err != nil || len(about) != 0 {
			t.Errorf("another person: %v, %v", about, err)
		}
		if asked, err := s.Asked(ctx, fan, 10); err != nil || len(asked) != 0 {
			t.Errorf("another person: %v, %v", asked, err)
		}
		for range 2 { // one that is here already stays
			if err := s.Commit(ctx, unit.Unit{At: at, Agreed: &unit.ShareConsent{Case: "c1", Request: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := s.ShareConsents(ctx, "c1"); err != nil || len(list) != 1 || string(list[0].Request) != "{}" {
			t.Errorf("%v, %v", list, err)
		}
		if err := s.Commit(ctx, unit.Unit{At: at, Found: &unit.Found{ID: "q1", Case: "c1", At: at, Provider: "35"}}); err != nil {
			t.Fatal(err)
		}
		if list, err := s.FoundOf(ctx, "c1"); err != nil || len(list) != 1 || list[0].Provider != "35" {
			t.Errorf("%v, %v", list, err)
		}
		deleted(t, s, at)
	})
}

// challenged keeps a challenge that this node has to answer, and one of an office of its own.
func challenged(t *testing.T, s *Store, at time.Time) {
	t.Helper()
	ctx := t.Context()
	day := workday.DateOf(at)
	todo := challenge.Challenge{ID: "o1", Told: challenge.Told{ID: "q1", Case: "c1"}, Asker: "63", Owner: s.me, Field: "name", Words: "SECRET", At: at, Due: day}
	own := challenge.Challenge{ID: "o2", Told: challenge.Told{ID: "q9", Case: "c1"}, Asker: s.me, Owner: "35", Field: "name", Words: "x", At: at.Add(time.Second), Office: "HERE", By: "x1"}
	if err := s.Commit(ctx, unit.Unit{At: at, Challenges: []challenge.Challenge{todo, own}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, unit.Unit{At: at, Challenges: []challenge.Challenge{own}}); err == nil {
		t.Error("stored twice")
	}
	list, err := s.ChallengesToDo(ctx, 5)
	if err != nil || len(list) != 1 || list[0].ID != "o1" || list[0].Due != day || list[0].Row != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	done := list[0]
	done.Answer = &challenge.Answer{Kind: challenge.Right, Text: "y", At: at}
	if err := s.Commit(ctx, unit.Unit{At: at, Challenges: []challenge.Challenge{done}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, unit.Unit{At: at, Challenges: []challenge.Challenge{done}}); !errs.Is(err, errs.Stale) {
		t.Errorf("on an old version: %v", err)
	}
	if list, err := s.ChallengesToDo(ctx, 5); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := s.ChallengesBy(ctx, "HERE", 5); err != nil || len(list) != 1 || list[0].By != "x1" || list[0].Office != "HERE" {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := s.Challenges(ctx, "c1"); err != nil || len(list) != 2 || list[0].Answer.Text != "y" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := s.Challenge(ctx, "o3"); !errs.Is(err, errs.Missing) {
		t.Errorf("one that is not there: %v", err)
	}
}

// deleted deletes the answer q1 here, as if it had been told by this very node, and notes it at the provider: once each.
func deleted(t *testing.T, s *Store, at time.Time) {
	t.Helper()
	ctx, receipt := t.Context(), proof.Signed{Typ: "t", Body: []byte("r"), Suite: "s", Key: "k", Sig: []byte("s")}
	if a, err := s.Answered(ctx, "63", "q1"); err != nil || !a.Deleted.IsZero() || !a.At.Equal(at) || a.Case != "c1" || a.Subject.IDNo != "" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := s.Answered(ctx, "63", "q2"); !errs.Is(err, errs.Missing) {
		t.Errorf("a question never put: %v", err)
	}
	u := unit.Unit{At: at, Erased: []unit.Erased{{ID: "q1", Case: "c1", Receipt: receipt}}, Gone: []unit.Gone{{Asker: "63", ID: "q1", At: at, Receipt: receipt}}}
	if err := s.Commit(ctx, u); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(ctx, u); !errs.Is(err, errs.Stale) {
		t.Errorf("deleted twice: %v", err)
	}
	u.Erased, u.Gone[0].At = nil, at.Add(time.Hour)
	if err := s.Commit(ctx, u); err != nil {
		t.Fatal(err)
	}
	if list, err := s.FoundOf(ctx, "c1"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := s.DeletedOf(ctx, "c1"); err != nil || len(list) != 1 || list[0].ID != "q1" || !list[0].At.Equal(at) || string(list[0].Receipt.Body) != "r" {
		t.Errorf("%v, %v", list, err)
	}
	list, err := s.LastAnswered(ctx, 5)
	if err != nil || len(list) != 1 || !list[0].Deleted.Equal(at) || string(list[0].Receipt.Body) != "r" {
		t.Errorf("%+v, %v", list, err)
	}
}

// The hosted table does what every connector has to do.
func TestHostedTable(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		sharetest.Source(t, func(t *testing.T) share.Source {
			t.Helper()
			s := storeAt(t, open())
			if _, err := s.KeepTable(t.Context(), sharetest.Resource, time.Now(), share.NumberColumn, sharetest.People()); err != nil {
				t.Fatal(err)
			}
			return &share.Hosted{Tables: s}
		})
	})
}
