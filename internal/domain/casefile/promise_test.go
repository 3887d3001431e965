package casefile

import (
	"testing"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/workday"
)

func TestAPromiseWithoutALegalLengthSetsTheDate(t *testing.T) {
	calendar, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	monday := workday.NewDate(2026, 11, 23)
	for _, tt := range []struct {
		name string
		rule item.LimitRule
		want workday.Date
	}{
		{"promise only", item.LimitRule{Promised: workday.Limit{N: 1}}, monday.AddDays(1)},
		{"on the spot", item.LimitRule{Spot: true, Promised: workday.Limit{N: 1}}, monday},
		{"law and a shorter promise", item.LimitRule{Length: workday.Limit{N: 3}, Promised: workday.Limit{N: 1}}, monday.AddDays(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := Limit{From: monday}
			l.reckon(Law{Calendar: calendar}, tt.rule)
			if l.Promised != tt.want {
				t.Errorf("promised %s, want %s", l.Promised, tt.want)
			}
		})
	}
}
