package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
)

// world is one seed's nation with its virtual time.
type world struct {
	t    testing.TB
	ctx  context.Context
	seed uint64
	// life and luck are the two streams of choices: what people do, and what goes wrong.
	life, luck *rand.Rand

	now    time.Time // the true time; each place's clock is off by its offset
	agenda []event   // by time, then by order of entry
	order  int

	net      *memchan.Network
	operator gm.SignKey
	signed   office.SignedTrust
	rules    *item.Catalogue
	places   []*place
	files    []*file
	storm    storm
	touched  map[office.NodeID]bool // where something may have changed in this step
	sabotage func(*node.Node)

	trace  []string
	steps  int
	failed error
}

// event is something that happens at a time, whatever the nodes do.
type event struct {
	at    time.Time
	order int
	do    func()
}

// provinces are those that may take part, with the places of their counter and of their deciding office.
var provinces = []struct {
	id           office.NodeID
	window, seat string
}{{"23", "230183", "230100"}, {"63", "630100", "630100"}, {"44", "440100", "440100"}, {"31", "310000", "310000"}}

var begin = time.Date(2026, 3, 9, 0, 30, 0, 0, time.UTC) // a Monday morning in Shanghai

// newWorld founds the nation of a seed. Everything below dir goes away with the test.
func newWorld(t *testing.T, seed uint64, sabotage func(*node.Node)) (*world, error) {
	t.Helper()
	w := &world{
		t: t, ctx: t.Context(), seed: seed, now: begin, net: memchan.New(), sabotage: sabotage,
		life:    rand.New(rand.NewPCG(seed, 1)),
		luck:    rand.New(rand.NewPCG(seed, 2)),
		touched: map[office.NodeID]bool{},
	}
	var err error
	if w.rules, err = rules(); err != nil {
		return nil, err
	}
	regions, err := region.Default()
	if err != nil {
		return nil, err
	}
	operator := gm.MemoryKeys()
	if w.operator, err = operator.SignKey("operator"); err != nil {
		return nil, err
	}
	var members []nation.Member
	mixed := w.luck.IntN(3) != 0
	for _, p := range provinces[:3+w.life.IntN(2)] {
		i := slices.IndexFunc(regions.Provinces(), func(r region.Region) bool { return r.Code.Province() == string(p.id) })
		if i < 0 {
			return nil, fmt.Errorf("no province %s", p.id)
		}
		m := nation.Member{ID: p.id, Place: regions.Provinces()[i], Keys: gm.MemoryKeys()}
		if mixed && w.luck.IntN(3) == 0 {
			m.Protocol = 1 + w.luck.IntN(exchange.NewestProtocol-1)
		}
		members = append(members, m)
	}
	if w.signed, err = nation.Found(operator, members, begin); err != nil {
		return nil, err
	}
	dir := scratch(t)
	for i, m := range members {
		p := &place{w: w, member: m, dir: fmt.Sprintf("%s/%s", dir, m.ID), window: provinces[i].window, seat: provinces[i].seat}
		if err := os.Mkdir(p.dir, 0o700); err != nil {
			return nil, err
		}
		if err := p.open(); err != nil {
			return nil, err
		}
		w.places = append(w.places, p)
	}
	t.Cleanup(func() {
		for _, p := range w.places {
			if p.node != nil {
				if err := p.node.Stop(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return w, nil
}

// scratch is a folder in memory where there is one.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sim-") //nolint:usetesting // t.TempDir may be a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// at puts an event on the agenda.
func (w *world) at(when time.Time, do func()) {
	e := event{when, w.order, do}
	w.order++
	i, _ := slices.BinarySearchFunc(w.agenda, e, func(a, b event) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.order - b.order
	})
	w.agenda = slices.Insert(w.agenda, i, e)
}

// note adds a line to the trace.
func (w *world) note(format string, args ...any) {
	w.trace = append(w.trace, w.now.Format("01-02 15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// fail ends the run; the first reason counts.
func (w *world) fail(format string, args ...any) {
	if w.failed == nil {
		w.failed = fmt.Errorf(format, args...)
		w.note("FAILED: %v", w.failed)
	}
}

// hash stands for the whole trace.
func (w *world) hash() string {
	h := sha256.New()
	for _, line := range w.trace {
		h.Write([]byte(line + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// somewhen is a time between lo and hi from now, evenly on a logarithmic scale.
func somewhen(r *rand.Rand, lo, hi time.Duration) time.Duration {
	steps := math.Log(float64(hi) / float64(lo))
	return time.Duration(float64(lo) * math.Exp(r.Float64()*steps))
}

// actor is an officer of an office of the place.
func (p *place) actor(where string, roles ...office.Role) (casefile.Actor, error) {
	o, err := p.node.Kit.OfficeAt(region.Must(where))
	return casefile.Actor{ID: "officer-" + where, Office: o.Code, Node: p.member.ID, Roles: roles}, err
}

var errKill = errors.New("killed by the simulation")
