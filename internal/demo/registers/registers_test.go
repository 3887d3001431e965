package registers

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/demo/people"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/kernel/errs"
)

func TestRegistersAnswer(t *testing.T) {
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	r, err := New(func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	fan := apply.Asking{Source: "idcard", Person: party.Person{IDNo: "230183199001010025"}}
	got, err := r.Ask(t.Context(), fan)
	if err != nil || got.Values["birth"] != "1990-01-01" || !got.At.Equal(at) {
		t.Fatalf("%+v, %v", got, err)
	}
	r.Down("idcard", true)
	if _, err := r.Ask(t.Context(), fan); errs.KindOf(err) != errs.Unavailable {
		t.Fatalf("a register that is down said %v", err)
	}
	r.Down("idcard", false)
	rec, asOf, err := r.Record(t.Context(), "idcard", fan.Person)
	if err != nil || rec["birth"] != "1990-01-01" || !asOf.Equal(at) {
		t.Fatalf("another province got %v as of %v, %v", rec, asOf, err)
	}
	if _, _, err := r.Record(t.Context(), "marriage", fan.Person); !errs.Is(err, errs.NoRecord) {
		t.Fatalf("another province was told %v", err)
	}
	fan.Source = "realestate"
	if _, err := r.Ask(t.Context(), fan); !errs.Is(err, errs.Missing) {
		t.Fatalf("a register without an entry said %v", err)
	}
}

// TestRegistersFitTheCatalogue: every person is a made-up one, and every value is one that its source is registered to give.
func TestRegistersFitTheCatalogue(t *testing.T) {
	r, err := New(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	book, err := people.Load()
	if err != nil {
		t.Fatal(err)
	}
	gives := map[string][]string{}
	for _, e := range item.Default().Evidence() {
		gives[e.Key] = e.Gives
	}
	for number, sources := range r.people {
		if !slices.ContainsFunc(book.Residents(), func(p people.Person) bool { return p.IDNo == number }) {
			t.Errorf("%s is nobody's number", number)
		}
		for source, values := range sources {
			for name := range values {
				if !slices.Contains(gives[source], name) {
					t.Errorf("%s is not registered to give %s", source, name)
				}
			}
		}
	}
}
