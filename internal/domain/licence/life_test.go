package licence

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var noon = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

// next is the identifier of the licence's next version.
func next(t *testing.T, l Licence) string {
	t.Helper()
	id, err := ParseIdentifier(l.ID)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewIdentifier(id.TypeCode, id.Issuer, id.Serial, id.Version+1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryMove walks the whole table: every act in every state, with what the act needs.
func TestEveryMove(t *testing.T) {
	record := licence(t, 1)
	other := map[Act]string{ActChange: next(t, record), ActMoveIn: "1.2.156.3005.2.11100000MB0143028R001.11430000006122244L.1.001.X"}
	moved, err := NewIdentifier(record.TypeCode, foreign, "1", 1)
	if err != nil {
		t.Fatal(err)
	}
	other[ActMoveIn] = moved
	want := map[State][]Act{
		notThere:  {ActIssue, ActMoveIn},
		InForce:   {ActSuspend, ActChange, ActExpire, ActRevoke, ActStrike, ActCancel, ActMoveOut},
		Suspended: {ActResume, ActExpire, ActRevoke, ActStrike, ActCancel},
		Expired:   {ActRevoke, ActCancel},
		MovedOut:  {ActStay},
		Revoked:   nil, Struck: nil, Cancelled: nil, Replaced: nil,
	}
	for state, acts := range want {
		if d := cmp.Diff(acts, Acts(state)); d != "" {
			t.Errorf("%q: %s", state, d)
		}
		for _, m := range moves {
			l := Life{ID: record.ID, State: state, Until: "2026-11-24", Acts: 3}
			d := Doing{Act: m.act, By: "63", Office: issuerCode, Other: other[m.act]}
			if m.reason {
				d.Reason = "false-statement"
			}
			got, f, err := l.Do(d, noon)
			if !slices.Contains(acts, m.act) {
				if !errs.Is(err, errs.LicenceMoveRefused) {
					t.Errorf("%s from %q: %v", m.act, state, err)
				}
				continue
			}
			if err != nil || got.State != m.to || f.N != 4 || f.State != m.to || got.Acts != 4 {
				t.Errorf("%s from %q: %+v %v", m.act, state, got, err)
			}
		}
	}
}

func TestDoRefuses(t *testing.T) {
	record := licence(t, 1)
	l := Life{ID: record.ID, State: InForce, Until: "2026-11-25"}
	sameProvince, err := NewIdentifier(record.TypeCode, issuerCode, "7", 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]Doing{
		"no reason":                 {Act: ActSuspend},
		"a reason in words":         {Act: ActSuspend, Reason: "张三 did it"},
		"a reason where none":       {Act: ActMoveOut, Reason: "x-y"},
		"change without new":        {Act: ActChange},
		"change to another family":  {Act: ActChange, Other: sameProvince},
		"change to the same":        {Act: ActChange, Other: record.ID},
		"change to no identifier":   {Act: ActChange, Other: "x"},
		"expires on its last day":   {Act: ActExpire},
		"takes over in the middle":  {Act: ActMoveIn, Other: record.ID},
		"another licence not asked": {Act: ActMoveOut, Other: record.ID},
		"unknown act":               {Act: "sell"},
	} {
		if _, _, err := l.Do(d, noon); !errs.Is(err, errs.LicenceMoveRefused) && !errs.Is(err, errs.BadIdentifier) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := (Life{ID: record.ID}).Do(Doing{Act: ActMoveIn, Other: sameProvince}, noon); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("taken over from oneself: %v", err)
	}
	if _, _, err := l.Do(Doing{Act: ActExpire}, noon.Add(13*time.Hour)); err != nil { // past midnight in Asia/Shanghai
		t.Error(err)
	}
	l.Until = ""
	if _, _, err := l.Do(Doing{Act: ActExpire}, noon); !errs.Is(err, errs.LicenceMoveRefused) {
		t.Errorf("a licence without end expires: %v", err)
	}
}

func TestStatusOfState(t *testing.T) {
	for s, want := range map[State]statuslist.Value{
		InForce: statuslist.Valid, Suspended: statuslist.Suspended, Expired: statuslist.Invalid, Revoked: statuslist.Invalid,
		Struck: statuslist.Invalid, Cancelled: statuslist.Invalid, Replaced: statuslist.Invalid, MovedOut: statuslist.Invalid, "": statuslist.Invalid,
	} {
		if got := s.Status(); got != want {
			t.Errorf("%q: %d", s, got)
		}
	}
}

func TestHistory(t *testing.T) {
	trust, signers := federation(t)
	l := Life{ID: licence(t, 1).ID}
	var facts []proof.Signed
	sign := func(by office.NodeID, f Fact) proof.Signed {
		s, err := proof.SignJSON(signers[by], TypFact, f)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	at := noon
	for _, d := range []Doing{{Act: ActIssue}, {Act: ActSuspend, Reason: "no-premises"}, {Act: ActResume}, {Act: ActMoveOut}} {
		d.By, at = "63", at.Add(time.Hour)
		var f Fact
		var err error
		if l, f, err = l.Do(d, at); err != nil {
			t.Fatal(err)
		}
		s := sign("63", f)
		facts, l.Head = append(facts, s), s.Hash()
	}
	state, list, err := History(l.ID, facts, trust)
	if err != nil || state != MovedOut || len(list) != 4 || list[1].Reason != "no-premises" {
		t.Fatalf("%s %+v %v", state, list, err)
	}
	forged := list[1]
	forged.Act, forged.State = ActRevoke, Revoked
	early := list[1]
	early.At = noon
	for name, bad := range map[string][]proof.Signed{
		"one left out":       {facts[0], facts[2]},
		"the first left out": facts[1:],
		"another order":      {facts[0], facts[2], facts[1]},
		"one twice":          {facts[0], facts[0]},
		"another's fact":     {facts[0], sign("23", list[1])},
		"a stranger's fact":  {facts[0], sign("44", list[1])},
		"re-written":         {facts[0], sign("63", forged), facts[2]},
		"before the first":   {facts[0], sign("63", early)},
	} {
		if _, _, err := History(l.ID, bad, trust); !errs.Is(err, errs.LicenceMismatch) && !errs.Is(err, errs.UnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := History(real[0], facts, trust); !errs.Is(err, errs.LicenceMismatch) {
		t.Errorf("another licence's history: %v", err)
	}
}
