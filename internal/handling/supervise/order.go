package supervise

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Orders is where orders are kept. Order and CaseByNo give errs.Missing.
type Orders interface {
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Order(ctx context.Context, id string) (watch.Filed, error)
	OpenOrders(ctx context.Context, office string, limit int) ([]watch.Filed, error)
	OrdersOver(ctx context.Context, now time.Time, limit int) ([]watch.Filed, error)
}

// Wish is an order as it stands in a form: about which case, to which office or to which province's supervisor.
type Wish struct {
	ID       string // UUIDv7, made with the form
	No       string
	Office   string
	Province office.NodeID // set: a request
	Text     string
}

func (d *Desk) today() workday.Date { return workday.DateOf(d.Kit.Now()) }

// Give gives an order to an office of the own province, or sends a request to the supervisor of another. A form that comes twice gives
// one. Errors: office.Officer.May's, errs.OrderNoCase, errs.OrderNoOffice, and those of watch.Book.Order.
func (d *Desk) Give(ctx context.Context, by casefile.Actor, w Wish) error {
	if err := by.Officer().May(office.GiveOrder, office.Matter{On: d.today()}); err != nil {
		return err
	}
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return errs.New(errs.BadRequest, "form without its key")
	}
	if _, err := d.Orders.Order(ctx, w.ID); err == nil || !errs.Is(err, errs.Missing) {
		return err
	}
	no, err := casefile.ParseNo(w.No)
	if err != nil {
		return errs.Wrap(errs.OrderNoCase, err, "number")
	}
	c, err := d.Orders.CaseByNo(ctx, no)
	if errs.Is(err, errs.Missing) {
		return errs.New(errs.OrderNoCase, "%s", no)
	}
	if err != nil {
		return err
	}
	var at *office.Office
	if w.Province == "" {
		o, ok := d.Kit.Office(w.Office)
		if !ok {
			return errs.New(errs.OrderNoOffice, "%.40q", w.Office)
		}
		at = &o
	}
	now := d.Kit.Now()
	o, err := d.Kit.Watch.Order(w.ID, c, d.Kit.Me, at, w.Province, w.Text, d.Kit.Calendar, now)
	if err != nil {
		return err
	}
	signed, err := d.Kit.Sign(watch.TypOrder, o)
	if err != nil {
		return err
	}
	return d.file(ctx, by, c, o.File(signed, by.ID), watch.Give)
}

// OpenOrders lists what is not closed: for who supervises all, for others the own office's.
func (d *Desk) OpenOrders(ctx context.Context, by casefile.Actor, limit int) ([]watch.Filed, error) {
	if err := by.Officer().May(office.SeeOrders, office.Matter{On: d.today()}); err != nil {
		return nil, err
	}
	if supervises(by) {
		return d.Orders.OpenOrders(ctx, "", limit)
	}
	return d.Orders.OpenOrders(ctx, by.Office, limit)
}

// SeeOrder reads an order that the officer may see; errs.OrderUnknown for any other.
func (d *Desk) SeeOrder(ctx context.Context, by casefile.Actor, id string) (watch.Filed, error) {
	if err := by.Officer().May(office.SeeOrders, office.Matter{On: d.today()}); err != nil {
		return watch.Filed{}, err
	}
	f, err := d.Orders.Order(ctx, id)
	if err != nil && !errs.Is(err, errs.Missing) {
		return f, err
	}
	if err != nil || !supervises(by) && f.Order.Office != by.Office {
		return watch.Filed{}, errs.New(errs.OrderUnknown, "not the officer's")
	}
	return f, nil
}

// OrderActs are what the officer can do with an order now.
func (d *Desk) OrderActs(by casefile.Actor, f watch.Filed) (out []watch.OrderAct) {
	for _, a := range f.Acts(d.Kit.Me) {
		if d.mayOrder(by, f, a) == nil {
			out = append(out, a)
		}
	}
	return out
}

func (d *Desk) mayOrder(by casefile.Actor, f watch.Filed, a watch.OrderAct) error {
	return by.Officer().May(f.May(a), office.Matter{Offices: []string{f.Order.Office}, On: d.today()})
}

// DoOrder does a step; row is the order as it was seen. Errors: SeeOrder's, office.Officer.May's, watch.Filed.Do's, errs.Stale.
func (d *Desk) DoOrder(ctx context.Context, by casefile.Actor, id string, row int64, a watch.OrderAct, text string) error {
	f, err := d.SeeOrder(ctx, by, id)
	if err != nil {
		return err
	}
	if err := d.mayOrder(by, f, a); err != nil {
		return err
	}
	if f.Row != row {
		return errs.New(errs.Stale, "order %s was read at %d, is at %d", id, row, f.Row)
	}
	next, err := f.Do(d.Kit.Me, a, by.ID, text, d.Kit.Watch, d.Kit.Calendar, d.Kit.Now())
	if err != nil {
		return err
	}
	c, err := d.Store.Case(ctx, f.Order.Case)
	if err != nil {
		return err
	}
	return d.file(ctx, by, c, next, a)
}

// file stores an order with its step, its log entry, and what an equal has to hear of it.
func (d *Desk) file(ctx context.Context, by casefile.Actor, c casefile.Case, f watch.Filed, a watch.OrderAct) error {
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: now, Orders: []watch.Filed{f}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: c.ID, Who: by.ID, Office: by.Office, What: "order." + string(a), Reason: f.Order.ID},
	}}
	if n, to, ok := f.Tell(d.Kit.Me); ok {
		body, err := proof.Marshal(n)
		if err != nil {
			return err
		}
		if err := d.Kit.Post(&u, exchange.Envelope{
			ID: unit.NewID(), To: to, Kind: exchange.Order, Case: c.ID, Leg: c.Legs[0].Key, At: now, Private: body,
		}); err != nil {
			return err
		}
	}
	if err := d.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		d.Kit.Woken()
	}
	return nil
}

// overdue notes the replies that did not come in time, each once.
func (d *Desk) overdue(ctx context.Context) (int, error) {
	now := d.Kit.Now()
	list, err := d.Orders.OrdersOver(ctx, now, most)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, f := range list {
		next, ok := f.Overdue(now)
		if !ok {
			continue
		}
		at := now.UTC().Truncate(time.Microsecond)
		err := d.Store.Commit(ctx, unit.Unit{At: at, Orders: []watch.Filed{next}, Log: []accesslog.Entry{
			{Kind: accesslog.Act, At: at, Case: f.Order.Case, Who: "clock", Office: f.Order.Office, What: "order.late", Reason: f.Order.ID},
		}})
		if !errs.Is(err, errs.Stale) {
			failed = append(failed, err)
		}
	}
	return len(list), errors.Join(failed...)
}
