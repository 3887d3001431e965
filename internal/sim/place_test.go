package sim

import (
	"context"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
	"tongban/internal/nation"
	"tongban/internal/node"
)

// place is a province: a node that may be down, its clock, and the two people who work there.
type place struct {
	w            *world
	member       nation.Member
	dir          string
	window, seat string // where its counter and its deciding office are
	node         *node.Node
	offset       time.Duration
	kill         *kill
	dead         bool      // a kill has struck; the process is gone, its files are as they are
	stirred      time.Time // when it looks at what it was given, zero for nothing
	clerk, judge casefile.Actor
	inner        casefile.Actor // decides at the office that takes in, where a matter asks for that
	again        []func()       // acts that the kill left in doubt, repeated after the restart
}

// kill strikes in a phase of a commit, after a number of such moments.
type kill struct {
	phase string
	after int
}

// strike is the store's Fault hook.
func (p *place) strike(_ int, phase string) error {
	if p.kill == nil || p.kill.phase != phase {
		return nil
	}
	if p.kill.after--; p.kill.after >= 0 {
		return nil
	}
	p.kill, p.dead, p.w.touched[p.member.ID] = nil, true, true
	p.w.note("%s killed at %s", p.member.ID, phase)
	return errKill
}

// open starts the process, or starts it again on the same files.
func (p *place) open() error {
	trust, err := federate.NewTrust(p.w.operator.Public(), &p.w.signed)
	if err != nil {
		return err
	}
	n, err := node.Open(p.w.ctx, node.Config{
		ID: p.member.ID, Dir: p.dir, Keys: p.member.Keys, Trust: trust, Parallel: 1, Protocol: p.member.Protocol,
		Now: func() time.Time { return p.w.now.Add(p.offset) },
		Store: sqlstore.Options{Config: sqlstore.Config{
			DSN: "sqlite:" + p.dir + "/node.db", Unsafe: true, ReadConns: 1, Fault: p.strike,
		}},
		Join: func(r handover.Receiver) (handover.Channel, func(), error) {
			c := p.w.net.Join(p.member.ID, p.receiver(r))
			return c, c.Close, nil
		},
	})
	if err != nil {
		return err
	}
	n.Kit.Catalogue = p.w.rules
	if p.w.sabotage != nil {
		p.w.sabotage(n)
	}
	p.node, p.dead = n, false
	p.stir(0)
	if p.clerk, err = p.actor(p.window, office.Window); err != nil {
		return err
	}
	if p.judge, err = p.actor(p.seat, office.Reviewer, office.Decider); err != nil {
		return err
	}
	p.inner, err = p.actor(p.window, office.Reviewer, office.Decider)
	return err
}

// receiver lets a dead process answer nothing, and notes that something may change.
func (p *place) receiver(r handover.Receiver) handover.Receiver {
	return func(ctx context.Context, m handover.Message) ([]byte, error) {
		if p.dead {
			return nil, errs.New(errs.TryLater, "%s is down", p.member.ID)
		}
		p.w.touched[p.member.ID] = true
		answer, err := r(ctx, m)
		if p.dead {
			return nil, errs.New(errs.TryLater, "%s went down", p.member.ID)
		}
		p.stir(500 * time.Millisecond)
		return answer, err
	}
}

// stir makes the node look at its work within a time.
func (p *place) stir(within time.Duration) {
	at := p.w.now
	if within > 0 {
		at = at.Add(time.Duration(p.w.luck.Int64N(int64(within))))
	}
	if p.stirred.IsZero() || at.Before(p.stirred) {
		p.stirred = at
	}
}

// bury closes what a kill has left, and says when the process starts again.
func (p *place) bury() {
	if !p.dead || p.node == nil {
		return
	}
	if err := p.node.Stop(); err != nil {
		p.w.fail("closing %s after a kill: %v", p.member.ID, err)
	}
	p.node, p.stirred = nil, time.Time{}
	p.w.at(p.w.now.Add(somewhen(p.w.luck, time.Second, 8*time.Hour)), p.rise)
}

// rise starts the process again and repeats what was in doubt.
func (p *place) rise() {
	if p.node != nil {
		return
	}
	p.w.note("%s up again", p.member.ID)
	p.w.touched[p.member.ID] = true
	if err := p.open(); err != nil {
		p.w.fail("%s does not start again: %v", p.member.ID, err)
		return
	}
	again := p.again
	p.again = nil
	for _, act := range again {
		if p.node != nil && !p.dead {
			act()
		}
	}
}

// wake is when the node has something to do by its own clock; ok is false if it has not.
func (p *place) wake() (at time.Time, ok bool) {
	if p.node == nil {
		return time.Time{}, false
	}
	at, ok = p.stirred, !p.stirred.IsZero()
	try, some, err := p.node.Store.NextTry(p.w.ctx)
	if err != nil {
		p.w.fail("%s: next try: %v", p.member.ID, err)
		return time.Time{}, false
	}
	if try = try.Add(-p.offset); try.After(p.w.now.Add(2 * exchange.LongestRest)) {
		try = p.w.now // the clock went back
	}
	if some && (!ok || try.Before(at)) {
		at, ok = try, true
	}
	due, some, err := p.node.Store.NextDue(p.w.ctx)
	if err != nil {
		p.w.fail("%s: next due: %v", p.member.ID, err)
		return time.Time{}, false
	}
	if due = due.Add(-p.offset); some && (!ok || due.Before(at)) {
		at, ok = due, true
	}
	if at.Before(p.w.now) {
		at = p.w.now
	}
	return at, ok
}

// tick turns the wheel once.
func (p *place) tick() {
	p.stirred = time.Time{}
	did, err := p.node.Tick(p.w.ctx)
	p.w.touched[p.member.ID] = p.w.touched[p.member.ID] || did
	if err != nil && !p.dead {
		p.w.fail("%s ticks: %v", p.member.ID, err)
	}
	if did && !p.dead {
		p.stir(500 * time.Millisecond)
	}
}
