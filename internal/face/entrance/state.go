package entrance

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// detail is what a case's page says beside the case itself.
type detail struct {
	Head         string
	Places       []page.Place
	Holder       office.Office // who has it; zero once it is closed
	Since        time.Time
	Due          page.Due
	DueNote      string // of what limit, by law or promised, provisional
	Waiting      bool   // sent, and no receipt for longer than patience
	SentAt       time.Time
	SentTo       string
	AwaySince    string // since when SentTo cannot be reached, as far as is known
	NextTry      string
	Lost         *lost // who holds the case cannot be reached
	Needs        bool  // the applicant has to do something
	Done         bool
	Asked        bool // a withdrawal is asked for and not answered
	Events       []page.Event
	Papers       []unit.Paper
	Told         []toldLine
	Unread       int // answers that were not read
	Withdrawable bool
	WithdrawSoon bool // once the other place has it
	TooLate      bool // a withdrawal was asked for, and it was decided already
	Fee          feeBox
	Parts        []page.Row // what each place answered, or undid (多地联办)
	Originals    []page.Row // who has each paper original, and since when
	OriginalsDo  []string   // what is to be done about them
}

// group is the index of the group in 我的办件.
func (d detail) group() int {
	switch {
	case d.Done:
		return 2
	case d.Needs:
		return 0
	}
	return 1
}

// state reads off a case what people want to know. facts may be nil: then what only they tell is left out.
func (e *entrance) state(ctx context.Context, c casefile.Case, facts []casefile.Known) detail {
	d := detail{Done: !c.Closed.IsZero()}
	collect, decide, deliver := leg(c, item.Collect), leg(c, item.Decide), leg(c, item.Deliver)
	if span, ok := c.Holder(); ok {
		d.Holder, d.Since = e.office(span.Office), span.From
	}
	now := e.Now()
	for _, l := range c.Legs {
		if l.Transit == nil || l.Holder != e.me {
			continue
		}
		d.SentAt, d.SentTo = l.Transit.At, e.shortOf(ctx, l.Transit.To)
		d.AwaySince = e.lately(ctx, l.Transit.At)
		o, down := e.Reach.down(l.Transit.To, e.Entrances[l.Transit.To])
		if down {
			d.AwaySince = e.lately(ctx, o.Since)
		}
		d.Waiting = down || now.Sub(l.Transit.At) > patience
	}
	if d.Waiting && e.nextTry != nil {
		if at, ok, err := e.nextTry(ctx); err == nil && ok { // without an answer the page shows no time
			if d.NextTry = moment(ctx, at); workday.DateOf(at) == e.today() {
				d.NextTry = clock(at)
			}
		}
	}
	d.Lost = e.lost(ctx, c)
	decided := decide.State == casefile.Concluded || decide.State == casefile.Declined || decide.State == casefile.Done
	for _, k := range facts {
		d.Asked = d.Asked || !d.Done && !decided && k.Fact.Act == casefile.ActAskWithdraw
	}
	d.TooLate = decided && !d.Done && !c.Asked.IsZero()
	status := c.Status()
	arrived := deliver.State == casefile.Received && deliver.Transit == nil && !c.Local()
	d.Needs = !d.Done && (status == casefile.StatusCorrection || arrived)
	may := c.Coordinator == e.me && !d.Done && !d.Asked &&
		slices.Contains([]casefile.State{casefile.Planned, casefile.Received, casefile.Corrected, casefile.Returned, casefile.Accepted, casefile.Suspended}, decide.State)
	d.Withdrawable, d.WithdrawSoon = may && d.SentAt.IsZero(), may && !d.SentAt.IsZero()
	d.Head = e.headline(ctx, c, d, arrived)
	d.Due, d.DueNote = e.due(ctx, c, facts)
	if collect.Key != "" {
		d.Places = append(d.Places, e.station(ctx, "collect", collect, decide.Holder == "" || decide.Holder == collect.Node && decide.State != casefile.Done))
	}
	for _, l := range c.Legs {
		if l.Kind == item.Verify {
			d.Places = append(d.Places, e.station(ctx, "verify", l, l.State == casefile.Received || l.State == casefile.Undoing))
			d.Parts = append(d.Parts, e.part(ctx, c, l))
		}
	}
	d.Places = append(d.Places, e.station(ctx, "decide", decide, decide.Holder == decide.Node && decide.State != casefile.Done))
	if seal, ok := c.Sealing(); ok {
		d.Places = append(d.Places, e.station(ctx, "seal", seal, seal.Holder == seal.Node && seal.State != casefile.Done))
	}
	if deliver.Key != "" && (deliver.Holder != "" || d.Done) {
		d.Places = append(d.Places, e.station(ctx, "deliver", deliver, !d.Done))
	}
	if d.Done {
		for i := range d.Places {
			d.Places[i].Active, d.Places[i].Done = false, true
		}
	}
	return d
}

// lost is a province that holds a case and cannot be reached: what is known of the case was known At.
type lost struct {
	Node            office.NodeID
	Name, Since, At string
}

// lost looks whether the province that holds a case, and knows it better than this one, answers. What this node shows comes
// from the signed facts that it has; the last of them tells of when it is.
func (e *entrance) lost(ctx context.Context, c casefile.Case) *lost {
	span, ok := c.Holder()
	if !ok || span.Node == e.me {
		return nil
	}
	o, down := e.Reach.down(span.Node, e.Entrances[span.Node])
	if !down {
		return nil
	}
	return &lost{Node: span.Node, Name: e.shortOf(ctx, span.Node), Since: e.lately(ctx, o.Since), At: moment(ctx, c.Last)}
}

// headline says in one sentence where things stand.
func (e *entrance) headline(ctx context.Context, c casefile.Case, d detail, arrived bool) string {
	decide := leg(c, item.Decide)
	deliver := leg(c, item.Deliver)
	decider := officeName(ctx, e.office(decide.Office))
	receiver := officeName(ctx, e.office(leg(c, item.Collect).Office))
	status := c.Status()
	switch {
	case status == casefile.StatusWithdrawn:
		return page.T(ctx, "entrance.head.withdrawn")
	case deliver.State == casefile.Received && c.Local():
		return page.T(ctx, "apply.head.ready", decider)
	case status == casefile.StatusDone && c.Private.Delivery != nil && c.Private.Delivery.Postal != "":
		return page.T(ctx, "entrance.head.posted", c.Private.Delivery.Postal)
	case status == casefile.StatusDone:
		return page.T(ctx, "entrance.head.done")
	case status == casefile.StatusDenied:
		return page.T(ctx, "entrance.head.denied", decider)
	case d.Asked:
		return page.T(ctx, "entrance.head.asked", decider)
	case arrived:
		return page.T(ctx, "entrance.head.arrived", officeName(ctx, e.office(leg(c, item.Deliver).Office)))
	case status == casefile.StatusCorrection:
		return page.T(ctx, "entrance.head.correction", len(c.Private.Corrections))
	case !c.Ended.IsZero() && c.Originals.Out > 0:
		return page.T(ctx, "originals.own.head", c.Originals.Out)
	case !c.Ended.IsZero():
		return page.T(ctx, "entrance.head.undoing")
	case c.Unsealed():
		seal, _ := c.Sealing()
		return page.T(ctx, "entrance.head.sealing", decider, officeName(ctx, e.office(seal.Office)))
	case !d.SentAt.IsZero():
		return page.T(ctx, "entrance.head.sent", d.SentTo)
	case status == casefile.StatusChecking:
		return page.T(ctx, "entrance.head.checking", e.checking(ctx, c))
	case status == casefile.StatusAccepted:
		return page.T(ctx, "entrance.head.accepted", decider)
	case decide.State == casefile.Suspended:
		return page.T(ctx, "entrance.head.suspended", decider)
	case status == casefile.StatusHandling:
		return page.T(ctx, "entrance.head.handling", decider)
	case decide.Holder == decide.Node && decide.State == casefile.Received:
		return page.T(ctx, "entrance.head.received", decider)
	}
	return page.T(ctx, "entrance.head.taken", receiver)
}

// station is one place of the way.
func (e *entrance) station(ctx context.Context, role string, l casefile.Leg, active bool) page.Place {
	state := word(ctx, "entrance.leg."+role+".", string(l.State))
	if l.Transit != nil {
		state = page.T(ctx, "entrance.leg.transit")
	}
	name := e.Regions.Name(l.Place)
	done := l.State == casefile.Done || l.State == casefile.Delivered
	return page.Place{Name: name, Role: page.T(ctx, "entrance.role."+role), State: state, Active: active, Done: done && !active}
}

// due is the day by which something happens: our own running limit, else the one that the last fact of the other place names.
func (e *entrance) due(ctx context.Context, c casefile.Case, facts []casefile.Known) (page.Due, string) {
	if !c.Closed.IsZero() {
		return page.Due{}, ""
	}
	if d, ok := c.Due(); ok {
		note := word(ctx, "entrance.due.", string(d.Kind))
		if d.On != d.Statutory {
			note += page.T(ctx, "entrance.due.promised", day(ctx, d.Statutory))
		}
		if d.Provisional {
			note += page.T(ctx, "entrance.due.provisional")
		}
		if d.Paused {
			note += page.T(ctx, "entrance.due.paused")
		}
		return e.dueOn(ctx, d.On), note
	}
	var last casefile.Fact
	for _, k := range facts {
		if k.Fact.By != e.me && !k.Fact.At.Before(last.At) {
			last = k.Fact
		}
	}
	on, err := workday.ParseDate(last.Due)
	if err != nil {
		return page.Due{}, ""
	}
	return e.dueOn(ctx, on), page.T(ctx, "entrance.due.told", officeName(ctx, e.office(last.Office)))
}

func (e *entrance) dueOn(ctx context.Context, on workday.Date) page.Due {
	today := e.today()
	left := int(on.Start().Sub(today.Start()) / (24 * time.Hour))
	switch {
	case left < 0:
		return page.Due{Date: day(ctx, on), Words: page.T(ctx, "entrance.due.over", -left), Tone: page.ToneError}
	case left == 0:
		return page.Due{Date: day(ctx, on), Words: page.T(ctx, "entrance.due.today"), Tone: page.ToneWarn}
	}
	return page.Due{Date: day(ctx, on), Words: page.T(ctx, "entrance.due.left", left)}
}

// events is the history, latest first: the facts, each with what its signature is worth now, and who had the case when.
func (e *entrance) events(ctx context.Context, c casefile.Case, facts []casefile.Known) []page.Event {
	type dated struct {
		at time.Time
		page.Event
	}
	var list []dated
	add := func(at time.Time, ev page.Event) {
		ev.When, ev.DateTime = moment(ctx, at), at.UTC().Format(time.RFC3339)
		list = append(list, dated{at, ev})
	}
	for i, s := range c.Custody {
		if i > 0 {
			add(s.From, page.Event{
				What: page.T(ctx, "entrance.event.held"), Where: officeName(ctx, e.office(s.Office)),
				Note: page.T(ctx, "entrance.event.receipt"),
			})
		}
	}
	for _, k := range facts {
		f, words := e.checked(ctx, k)
		add(f.At, page.Event{What: word(ctx, "entrance.act.", string(f.Act)), Where: officeName(ctx, e.office(f.Office)), Note: words})
	}
	slices.SortStableFunc(list, func(a, b dated) int { return a.at.Compare(b.at) })
	slices.Reverse(list)
	out := make([]page.Event, 0, len(list))
	for _, l := range list {
		out = append(out, l.Event)
	}
	return out
}

// checked holds a fact against the trust list: what counts is what was signed, not what was stored beside it.
func (e *entrance) checked(ctx context.Context, k casefile.Known) (casefile.Fact, string) {
	f, node, err := e.seals.open(e.Trust(), k.Signed)
	if err != nil || f.By != node.ID || f.Case != k.Case {
		return k.Fact, page.T(ctx, "entrance.event.bad")
	}
	return f, page.T(ctx, "entrance.event.signed", e.nameOf(page.PrefsOf(ctx).Lang, node.ID))
}
