package hub

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/search"
	"tongban/internal/kernel/workday"
)

// What was counted before a stop stands in the folder and adds up with what comes after the next start.
func TestMissedOutlivesTheHub(t *testing.T) {
	f, day := Folder(t.TempDir()), workday.DateOf(time.Now())
	const dog, cat = "\u517b\u72d7\u8bc1", "\u517b\u732b\u8bc1"
	for _, words := range [][]string{{dog, cat}, {dog}, nil} {
		var m missed
		m.start(f, slog.New(slog.DiscardHandler))
		for _, w := range words {
			m.Add(search.Default(), w, day)
		}
		m.stop()
		m.stop()
	}
	got, err := Missed(f, day)
	if err != nil {
		t.Fatal(err)
	}
	if want := []search.Missed{{Day: day, Query: dog, N: 2}, {Day: day, Query: cat, N: 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, err := Missed(f, day.AddDays(1)); err != nil || len(got) > 0 {
		t.Errorf("of later days: %v, %v", got, err)
	}
}
