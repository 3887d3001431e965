package sqlstore

import (
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// A side has one word under each number, whatever comes again.
func TestAWordIsSaidOnce(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		s, ctx := storeAt(t, open()), t.Context()
		say := func(by office.NodeID, n int, text string) error {
			w := objection.Word{About: objection.About{ID: "a", From: "23", Of: "63"}, By: by, N: n, Text: text}
			body, err := proof.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			return s.Commit(ctx, unit.Unit{At: time.Date(2026, 11, 5, 1, 0, 0, 0, time.UTC), Objected: []unit.Objected{
				{Word: w, Signed: proof.Signed{Typ: objection.Typ, Key: "k", Body: body, Sig: []byte("s")}},
			}})
		}
		for _, by := range []office.NodeID{"23", "63"} {
			if err := say(by, 1, "first"); err != nil {
				t.Fatal(err)
			}
		}
		if err := say("23", 1, "second"); !errs.Is(err, errs.Repeated) {
			t.Errorf("a word under the same number: %v", err)
		}
		if list, err := s.Words(ctx); err != nil || len(list) != 2 || list[0].Word.Text != "first" {
			t.Errorf("%v: %+v", err, list)
		}
	})
}
