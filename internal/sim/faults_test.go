package sim

import (
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
)

// storm is what may go wrong in the period that runs.
type storm struct {
	end   time.Time // no fault after it
	rates map[memchan.Fate]float64
	kills bool
}

// fates in the order in which luck is asked.
var fates = []memchan.Fate{memchan.LoseRequest, memchan.LoseAnswer, memchan.Twice, memchan.HoldBack}

var fateNames = map[memchan.Fate]string{
	memchan.LoseRequest: "request lost", memchan.LoseAnswer: "answer lost", memchan.Twice: "repeated", memchan.HoldBack: "held back",
}

// Next is the fate of one message.
func (s *storm) Next(w *world, from, to office.NodeID, kind string) memchan.Fate {
	x := w.luck.Float64()
	for _, f := range fates {
		if x < s.rates[f] {
			w.note("%s→%s %s: %s", from, to, kind, fateNames[f])
			if f == memchan.HoldBack {
				w.at(w.now.Add(somewhen(w.luck, time.Millisecond, 24*time.Hour)), w.letGo)
			}
			return f
		}
		x -= s.rates[f]
	}
	return memchan.Deliver
}

// letGo delivers one of the messages that are held back, any of them.
func (w *world) letGo() {
	if n := w.net.Held(); n > 0 {
		i := w.luck.IntN(n)
		w.note("held message %d of %d arrives", i, n)
		w.net.Step(w.ctx, i)
	}
}

// weather begins a period: a random set of faults out of all kinds, none at all in a quarter of the periods.
func (w *world) weather() {
	w.heal()
	if !w.now.Before(w.storm.end) {
		w.note("the storm is over")
		return
	}
	length := somewhen(w.luck, time.Hour, 4*24*time.Hour)
	w.at(w.now.Add(length), w.weather)
	if w.luck.IntN(4) == 0 {
		w.note("a quiet period")
		return
	}
	for _, f := range fates {
		if w.luck.IntN(5) < 2 {
			w.storm.rates[f] = 0.05 + 0.4*w.luck.Float64()
			w.note("from now on %s: %.2f", fateNames[f], w.storm.rates[f])
		}
	}
	if w.luck.IntN(5) < 2 {
		a, b := w.two()
		if w.luck.IntN(2) == 0 {
			w.note("no way between %s and %s", a.member.ID, b.member.ID)
			w.net.Partition(a.member.ID, b.member.ID)
		} else {
			w.note("no way from %s to %s", a.member.ID, b.member.ID)
			w.net.PartitionOneWay(a.member.ID, b.member.ID)
		}
		w.at(w.now.Add(min(length, somewhen(w.luck, time.Minute, 24*time.Hour))), func() { w.net.Heal(a.member.ID, b.member.ID) })
	}
	if w.storm.kills = w.luck.IntN(5) < 3; w.storm.kills {
		for range 1 + w.luck.IntN(6) {
			w.at(w.now.Add(time.Duration(w.luck.Int64N(int64(length)))), w.arm)
		}
	}
	if w.luck.IntN(5) < 2 {
		for _, p := range w.places {
			p.offset = time.Duration(w.luck.Int64N(int64(2*time.Hour))) - time.Hour
			w.note("the clock of %s is off by %s", p.member.ID, p.offset.Round(time.Second))
		}
	}
}

// arm lets a kill strike a place at a statement or around a commit.
func (w *world) arm() {
	if p := w.places[w.luck.IntN(len(w.places))]; p.node != nil {
		p.kill = w.newKill()
	}
}

// maybeStrike lets a kill strike in the midst of somebody's act.
func (w *world) maybeStrike(p *place) {
	if w.storm.kills && w.luck.IntN(10) == 0 {
		p.kill = w.newKill()
		p.kill.after /= 4
	}
}

func (w *world) newKill() *kill {
	switch w.luck.IntN(4) {
	case 0:
		return &kill{sqlstore.PhaseBeforeCommit, w.luck.IntN(6)}
	case 1:
		return &kill{sqlstore.PhaseAfterCommit, w.luck.IntN(6)}
	}
	return &kill{sqlstore.PhaseStatement, w.luck.IntN(30)}
}

func (w *world) two() (a, b *place) {
	i := w.luck.IntN(len(w.places))
	j := (i + 1 + w.luck.IntN(len(w.places)-1)) % len(w.places)
	return w.places[i], w.places[j]
}

// heal ends all that goes wrong, but does not start what is down.
func (w *world) heal() {
	w.net.HealAll()
	w.storm.rates, w.storm.kills = map[memchan.Fate]float64{}, false
	for _, p := range w.places {
		p.kill, p.offset = nil, 0
	}
}
