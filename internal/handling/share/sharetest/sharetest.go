// Package sharetest is the conformance suite of share.Source: what every connector to an office's data has to do.
package sharetest

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/errs"
)

// Resource is the resource that the suite asks about. Number is the name of what people are found by in a record.
const (
	Resource = "estate"
	Number   = "person"
)

// People are the records that an opened source must hold, by fields.
func People() []map[string]string {
	return []map[string]string{
		{Number: "230183199001010025", "owner": "樊晓梅", "use": "住宅'; --"},
		{Number: "350102199502020044", "owner": "林知夏", "use": ""},
	}
}

// Hostile are numbers that nobody has.
func Hostile() []string {
	return []string{
		"", "000000000000000000", "230183199001010025 ", "230183199001010025' OR '1'='1", "'; DROP TABLE people; --", `" OR ""="`, "%", "_", "*",
		"230183199001010025\x00", "230183199001010025\r\nX-Role: operator", "../../etc/passwd", `{"$ne":null}`, "230183199001010025\",\"person\":\"x",
		"２３０１８３１９９００１０１００２５", string([]byte{0xff, 0xfe}), "\\", "230183199001010025;1",
	}
}

func person(number string) party.Person {
	return party.Person{Name: "x", IDType: party.ResidentID, IDNo: number}
}

// Source runs the suite. open gives a source that holds People.
func Source(t *testing.T, open func(t *testing.T) share.Source) {
	t.Helper()
	s := open(t)
	known := func(t *testing.T, ctx context.Context) {
		t.Helper()
		for _, p := range People() {
			got, at, err := s.Record(ctx, Resource, person(p[Number]))
			if err != nil || got["owner"] != p["owner"] || got["use"] != p["use"] {
				t.Errorf("%v of %v, %v", got, p, err)
			}
			if at.IsZero() || at.After(time.Now().Add(time.Minute)) { //nolint:forbidigo // a suite for real sources
				t.Errorf("as of %s", at)
			}
			rest := maps.Clone(got)
			for _, name := range []string{"owner", "use", Number} {
				delete(rest, name)
			}
			if len(rest) > 0 {
				t.Errorf("tells more than it was set up for: %v", rest)
			}
		}
	}
	t.Run("who stands there is found", func(t *testing.T) { known(t, t.Context()) })
	t.Run("nobody else is", func(t *testing.T) {
		for _, number := range Hostile() {
			got, _, err := s.Record(t.Context(), Resource, person(number))
			if err == nil || len(got) > 0 {
				t.Errorf("%q finds %v", number, got)
			}
		}
		if _, _, err := s.Record(t.Context(), Resource, person("000000000000000000")); !errs.Is(err, errs.NoRecord) {
			t.Errorf("a number that nobody has: %v", err)
		}
		known(t, t.Context()) // and nothing was harmed
	})
	t.Run("an ended question is not asked", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, _, err := s.Record(ctx, Resource, person(People()[0][Number])); err == nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() { known(t, t.Context()) })
		}
		wg.Wait()
	})
}
