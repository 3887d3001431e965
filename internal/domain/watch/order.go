package watch

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// TypOrder is the type under which an order is signed.
const TypOrder = "order"

// Order is a 督办单 about a case: by a supervisor to an office of the own province, or, as a request, to the supervisor of another one,
// because nobody orders an equal (GB/T 39046-2020 table 11). It names a case by its number and no person. It is signed as it stands here.
type Order struct {
	ID     string        `json:"id"` // UUIDv7, made with the form
	Case   string        `json:"case"`
	No     casefile.No   `json:"no"`
	Item   string        `json:"item"`
	From   office.NodeID `json:"from"`
	To     office.NodeID `json:"to"`
	Office string        `json:"office,omitempty"` // of an order; "" for a request, which the supervisor of To answers
	Text   string        `json:"text"`
	Due    workday.Date  `json:"due"` // last day for the reply
	At     time.Time     `json:"at"`
}

// Request reports whether it is addressed to an equal.
func (o Order) Request() bool { return o.From != o.To }

// OrderState is where an order stands. Names are stored: append only.
type OrderState string

// The states.
const (
	OrderOpen   OrderState = "open"    // a reply is due
	OrderReply  OrderState = "replied" // who gave it looks at the reply
	OrderClosed OrderState = "closed"  // 销号
)

// OrderAct is a step. Names are stored and cross nodes: append only.
type OrderAct string

// The steps.
const (
	Give  OrderAct = "give"
	Late  OrderAct = "late"  // the day of the reply is over: the clock
	Reply OrderAct = "reply" // what was found and done, with what shows it
	Back  OrderAct = "back"  // the reply does not do: one more is due
	Close OrderAct = "close" // 销号
)

// orderMove is one sentence of what may happen; giver says whose step it is.
type orderMove struct {
	from  OrderState
	act   OrderAct
	giver bool
	to    OrderState
}

var orderMoves = []orderMove{
	{OrderOpen, Reply, false, OrderReply},
	{OrderReply, Back, true, OrderOpen},
	{OrderReply, Close, true, OrderClosed},
}

// OrderStep is one that was done.
type OrderStep struct {
	Act  OrderAct  `json:"act"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"` // officer; stays at that officer's node
	Text string    `json:"text,omitempty"`
}

// Filed is an order as a node keeps it, with what came of it.
type Filed struct {
	Order  Order        `json:"order"`
	Signed proof.Signed `json:"signed"`
	State  OrderState   `json:"state"`
	Due    workday.Date `json:"due"`  // of the reply that is due now
	Late   bool         `json:"late"` // it is over
	Steps  []OrderStep  `json:"steps"`

	// Row is the store's guard: the version that was read, 0 for a new one.
	Row int64 `json:"-"`
}

// mostOrders bounds what one node may ask about one case; mostReplyDays how far off a reply may be.
const (
	mostOrders    = 20
	mostReplyDays = 90
)

// replyBy is the last day for a reply that is asked for at a time.
func (b *Book) replyBy(cal *workday.Calendar, at time.Time) workday.Date {
	day := workday.DateOf(at)
	due, _ := cal.Due(day, b.On(day).Reply.days())
	return due
}

// Order makes an order or a request about a case at node me: to is the office, or with request the province whose supervisor is asked.
// Errors: errs.OrderElsewhere for an office of another province, errs.OrderNoPart if who is addressed has no part in the case,
// errs.OrderWords, errs.MessageLong.
func (b *Book) Order(id string, c casefile.Case, me office.NodeID, at *office.Office, to office.NodeID, text string, cal *workday.Calendar, now time.Time) (Order, error) {
	o := Order{ID: id, Case: c.ID, No: c.No, Item: c.Item, From: me, To: to, At: now.UTC().Truncate(time.Microsecond), Due: b.replyBy(cal, now)}
	if at != nil {
		o.To, o.Office = at.Node, at.Code
		if at.Node != me {
			return o, errs.New(errs.OrderElsewhere, "office %s is at %s", at.Code, at.Node)
		}
	}
	if at == nil && to == me || !o.party(c) {
		return o, errs.New(errs.OrderNoPart, "%s %s in %s", o.To, o.Office, c.No)
	}
	var err error
	o.Text, err = words(text)
	return o, err
}

// party reports whether who is addressed has a part in the case.
func (o Order) party(c casefile.Case) bool {
	return slices.ContainsFunc(c.Legs, func(l casefile.Leg) bool { return l.Node == o.To && (o.Office == "" || l.Office == o.Office) }) ||
		o.Office == "" && c.Coordinator == o.To
}

func words(s string) (string, error) {
	out, err := message.Clean(s)
	if errs.Is(err, errs.MessageEmpty) {
		return "", errs.New(errs.OrderWords, "nothing said")
	}
	return out, err
}

// File is the order as it begins.
func (o Order) File(signed proof.Signed, by string) Filed {
	return Filed{Order: o, Signed: signed, State: OrderOpen, Due: o.Due, Steps: []OrderStep{{Act: Give, At: o.At, By: by, Text: o.Text}}}
}

// Acts are the steps that node me may do now.
func (f Filed) Acts(me office.NodeID) (out []OrderAct) {
	for _, m := range orderMoves {
		if m.from == f.State && (m.giver && f.Order.From == me || !m.giver && f.Order.To == me) {
			out = append(out, m.act)
		}
	}
	return out
}

// May is what each step asks of the table of authority; a request is answered by a supervisor.
func (f Filed) May(a OrderAct) office.Act {
	switch {
	case a != Reply:
		return office.GiveOrder
	case f.Order.Request():
		return office.AnswerRequest
	}
	return office.ReplyOrder
}

// Do does a step at node me. Errors: errs.OrderMove for one that cannot be done now or not here (a second reply, closing without one),
// errs.OrderWords for one without words, errs.MessageLong.
func (f Filed) Do(me office.NodeID, a OrderAct, by, text string, b *Book, cal *workday.Calendar, now time.Time) (Filed, error) {
	if !slices.Contains(f.Acts(me), a) {
		return f, errs.New(errs.OrderMove, "%s of an order that is %s, at %s", a, f.State, me)
	}
	text, err := words(text)
	if err != nil {
		return f, err
	}
	return f.done(a, by, text, b, cal, now), nil
}

func (f Filed) done(a OrderAct, by, text string, b *Book, cal *workday.Calendar, now time.Time) Filed {
	i := slices.IndexFunc(orderMoves, func(m orderMove) bool { return m.from == f.State && m.act == a })
	f.State = orderMoves[i].to
	if a == Back {
		f.Due, f.Late = b.replyBy(cal, now), false
	}
	f.Steps = append(slices.Clone(f.Steps), OrderStep{Act: a, At: now.UTC().Truncate(time.Microsecond), By: by, Text: text})
	return f
}

// Overdue notes once that the day of the reply is over; false if it is not, or was noted.
func (f Filed) Overdue(now time.Time) (Filed, bool) {
	if f.State != OrderOpen || f.Late || now.Before(f.Due.End()) {
		return f, false
	}
	f.Late = true
	f.Steps = append(slices.Clone(f.Steps), OrderStep{Act: Late, At: f.Due.End()})
	return f, true
}

// Note is what nodes tell each other of a request: the request as signed, or a step.
type Note struct {
	Order string        `json:"order"` // id
	Given *proof.Signed `json:"given,omitempty"`
	Act   OrderAct      `json:"act,omitempty"`
	Text  string        `json:"text,omitempty"`
}

// Tell is the note of the last step, and the node that has to hear it; false for an order, which stays in the house.
func (f Filed) Tell(me office.NodeID) (Note, office.NodeID, bool) {
	if !f.Order.Request() {
		return Note{}, "", false
	}
	to := f.Order.To
	if me == to {
		to = f.Order.From
	}
	last := f.Steps[len(f.Steps)-1]
	if last.Act == Give {
		return Note{Order: f.Order.ID, Given: &f.Signed}, to, true
	}
	return Note{Order: f.Order.ID, Act: last.Act, Text: last.Text}, to, true
}

// Arrived judges a note that another node sent about a case, and gives the request as it is after it. given is the order in the note's
// signed part, read with the trust list. errs.BadEnvelope and errs.WrongSender: it is not one that its sender may say.
func (n Note) Arrived(c casefile.Case, from, me office.NodeID, given *Order, have []Filed, b *Book, cal *workday.Calendar, now time.Time) (Filed, error) {
	i := slices.IndexFunc(have, func(f Filed) bool { return f.Order.ID == n.Order })
	if given != nil {
		if i >= 0 || n.Given == nil {
			return Filed{}, errs.New(errs.BadEnvelope, "%s is here", n.Order)
		}
		return n.request(c, from, me, *given, have, now)
	}
	if i < 0 {
		return Filed{}, errs.New(errs.BadEnvelope, "%s is not here", n.Order)
	}
	f := have[i]
	text, err := words(n.Text)
	switch {
	case err != nil || text != n.Text:
		return Filed{}, errs.New(errs.BadEnvelope, "words of %s", from)
	case !f.Order.Request() || from != f.Order.From && from != f.Order.To || !slices.Contains(f.Acts(from), n.Act):
		return Filed{}, errs.New(errs.WrongSender, "%s says %q", from, n.Act)
	}
	return f.done(n.Act, "", n.Text, b, cal, now), nil
}

func (n Note) request(c casefile.Case, from, me office.NodeID, o Order, have []Filed, now time.Time) (Filed, error) {
	sent := 0
	for _, f := range have {
		if f.Order.From == from {
			sent++
		}
	}
	part := c.Coordinator == from || slices.ContainsFunc(c.Legs, func(l casefile.Leg) bool { return l.Node == from })
	text, err := words(o.Text)
	today := workday.DateOf(now)
	switch {
	case o.From != from || o.To != me || from == me || o.Office != "" || !part || sent >= mostOrders:
		return Filed{}, errs.New(errs.WrongSender, "%s asks %s", from, o.To)
	case o.ID != n.Order || o.Case != c.ID || o.No != c.No || o.Item != c.Item || err != nil || text != o.Text ||
		o.Due.Before(today) || o.Due.After(today.AddDays(mostReplyDays)):
		return Filed{}, errs.New(errs.BadEnvelope, "request of %s", from)
	}
	o.At = now.UTC().Truncate(time.Microsecond) // the sender's clock decides nothing here
	return o.File(*n.Given, ""), nil
}
