package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"tongban/internal/domain/search"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// The hub has no database: questions to its search that found nothing stand in a file of its folder, the commonest
// first. It is written once a minute; a process that is killed forgets that minute.
const (
	settingMissed   = "missed"
	keepMissedEvery = time.Minute
	missedDays      = 180
	missedMost      = 5000 // different questions of all days
)

type missed struct {
	search.Misses
	end func()
}

// OnMiss counts a question to the search that found nothing. What may tell of a person is forgotten at once.
func (h *Hub) OnMiss(words string) {
	h.missed.Add(search.Default(), words, workday.DateOf(time.Now()))
}

func (m *missed) start(f Folder, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	keep := func() {
		if err := m.keep(f); err != nil {
			log.LogAttrs(ctx, slog.LevelWarn, "questions without answer not kept", slog.String("error", err.Error()))
		}
	}
	go func() {
		defer close(over)
		for {
			select {
			case <-ctx.Done():
				keep()
				return
			case <-time.After(keepMissedEvery):
				keep()
			}
		}
	}()
	m.end = func() { cancel(); <-over }
}

// stop writes the last minute. Twice is fine.
func (m *missed) stop() {
	if m.end != nil {
		m.end()
		m.end = nil
	}
}

func (m *missed) keep(f Folder) error {
	list := m.Take()
	if len(list) == 0 {
		return nil
	}
	have, err := Missed(f, workday.DateOf(time.Now()).AddDays(-missedDays))
	if err == nil {
		var b []byte
		if b, err = json.Marshal(merged(have, list)); err == nil {
			err = f.SetSetting(context.Background(), settingMissed, b)
		}
	}
	if err != nil {
		m.Return(list)
	}
	return err
}

// Missed reads what a hub's folder holds of questions that found nothing since a day, the commonest first.
func Missed(f Folder, since workday.Date) ([]search.Missed, error) {
	b, err := f.known(settingMissed)
	if err != nil || b == nil {
		return nil, err
	}
	var list []search.Missed
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, errs.Wrap(errs.SearchData, err, "%s", settingMissed)
	}
	return slices.DeleteFunc(list, func(q search.Missed) bool { return q.Day.Before(since) }), nil
}

// merged adds up by question; Day is when each was last asked.
func merged(have, more []search.Missed) []search.Missed {
	at := map[string]int{}
	var out []search.Missed
	for _, q := range slices.Concat(have, more) {
		i, ok := at[q.Query]
		if !ok {
			at[q.Query] = len(out)
			out = append(out, q)
			continue
		}
		out[i].N += q.N
		if out[i].Day.Before(q.Day) {
			out[i].Day = q.Day
		}
	}
	slices.SortFunc(out, func(a, b search.Missed) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Query, b.Query)) })
	return out[:min(len(out), missedMost)]
}
