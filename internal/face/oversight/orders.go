package oversight

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/supervise"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

type ordersView struct {
	Rows []orderRow
	May  bool // give orders
}

// orderRow is one order. It names no person.
type orderRow struct {
	Href, Matter, No, Kind, To, State string
	Due                               page.Due
}

// orders is S-06's list: what is not closed.
func (f *Face) orders(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	list, err := f.cfg.Watch.OpenOrders(ctx, by, mostRows)
	if err != nil {
		return err
	}
	v := ordersView{May: office.Ever(by.Roles, office.GiveOrder)}
	for _, x := range list {
		v.Rows = append(v.Rows, orderRow{
			Href: "/desk/orders/" + x.Order.ID, Matter: f.matter(ctx, x.Order.Item), No: string(x.Order.No), Kind: f.orderKind(ctx, x), To: f.orderTo(ctx, x),
			State: page.T(ctx, "order.state_of."+string(x.State)), Due: orderDue(ctx, x),
		})
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "order.title"), "", ordersPage(v))
}

func (f *Face) orderKind(ctx context.Context, x watch.Filed) string {
	switch {
	case !x.Order.Request():
		return page.T(ctx, "order.kind_order")
	case x.Order.From == f.cfg.Kit.Me:
		return page.T(ctx, "order.kind_out")
	}
	return page.T(ctx, "order.kind_in")
}

func (f *Face) orderTo(ctx context.Context, x watch.Filed) string {
	if x.Order.Office != "" {
		return f.office(ctx, x.Order.Office)
	}
	return page.T(ctx, "order.province", f.node(ctx, x.Order.To))
}

// orderDue is the day for the reply, in words and shape.
func orderDue(ctx context.Context, x watch.Filed) page.Due {
	d := page.Due{Date: page.ShortDay(x.Due, page.PrefsOf(ctx).Lang)}
	switch {
	case x.State != watch.OrderOpen:
	case x.Late:
		d.Words, d.Tone = page.T(ctx, "order.late"), page.ToneError
	default:
		d.Words = page.T(ctx, "order.waits")
	}
	return d
}

type newOrderView struct {
	Key, No, To, Text string
	Choices           []page.Choice
	Problem           []page.FieldError
}

// orderForm is where an order or a request begins, from an alarm or by a case's number.
func (f *Face) orderForm(w http.ResponseWriter, r *http.Request, _ casefile.Actor) error {
	q := r.URL.Query()
	return f.orderAgain(w, r, http.StatusOK, newOrderView{Key: unit.NewID(), No: q.Get("no"), To: q.Get("to")})
}

// ofProvince stands before a province's code in the field that says to whom an order goes; anything else is an office.
const ofProvince = "province:"

func (f *Face) orderAgain(w http.ResponseWriter, r *http.Request, status int, v newOrderView) error {
	ctx := r.Context()
	v.Choices = []page.Choice{{Value: "", Text: page.T(ctx, "order.form_pick")}}
	for _, o := range f.cfg.Kit.Offices {
		if o.Node == f.cfg.Kit.Me {
			v.Choices = append(v.Choices, page.Choice{Value: o.Code, Text: f.office(ctx, o.Code)})
		}
	}
	for _, n := range f.cfg.Kit.Trust().Nodes {
		if n.ID.Member() && n.ID != f.cfg.Kit.Me {
			v.Choices = append(v.Choices, page.Choice{Value: ofProvince + string(n.ID), Text: page.T(ctx, "order.province", f.node(ctx, n.ID))})
		}
	}
	return f.show(w, r, status, page.T(ctx, "order.new"), "/desk/orders", newOrderPage(v))
}

// orderFields are the fields that an error of a new order belongs to.
var orderFields = map[errs.Code]string{
	errs.OrderNoCase: "no", errs.OrderNoOffice: "to", errs.OrderElsewhere: "to", errs.OrderNoPart: "to", errs.OrderWords: "text", errs.MessageLong: "text",
}

func (f *Face) orderGive(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	v := newOrderView{Key: q.Get("key"), No: strings.TrimSpace(q.Get("no")), To: q.Get("to"), Text: q.Get("text")}
	wish := supervise.Wish{ID: v.Key, No: v.No, Office: v.To, Text: v.Text}
	if p, ok := strings.CutPrefix(v.To, ofProvince); ok {
		wish.Office, wish.Province = "", office.NodeID(p)
	}
	err := f.cfg.Watch.Give(r.Context(), by, wish)
	if field, ok := orderFields[errs.CodeOf(err)]; ok && err != nil {
		t := errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang)
		v.Problem = []page.FieldError{{Field: field, Text: t.What}}
		if field == "to" {
			v.Problem[0].Text += " " + t.Next
		}
		return f.orderAgain(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/orders?noted=1")
}

type orderView struct {
	ID      string
	Row     int64
	Rows    []page.Row
	Text    []string
	Steps   []page.Event
	Acts    []page.Choice
	Act     string
	Words   string
	Problem []page.FieldError
}

// order is S-06: one order with what came of it.
func (f *Face) order(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.orderSeen(w, r, by, http.StatusOK, orderView{})
}

func (f *Face) orderSeen(w http.ResponseWriter, r *http.Request, by casefile.Actor, status int, v orderView) error {
	ctx := r.Context()
	x, err := f.cfg.Watch.SeeOrder(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	f.fillOrder(ctx, &v, x)
	if r.Method == http.MethodGet && r.URL.Query().Has("pdf") {
		b, err := f.cfg.PDF(f.orderPaper(ctx, x, v), f.cfg.PublicURL+"/desk/orders/"+v.ID)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `attachment; filename="P-14-`+v.ID+`.pdf"`)
		_, _ = w.Write(b) // a reader who went away is no error of ours
		return nil
	}
	for _, a := range f.cfg.Watch.OrderActs(by, x) {
		v.Acts = append(v.Acts, page.Choice{Value: string(a), Text: page.T(ctx, "order.act."+string(a)), Hint: page.T(ctx, "order.form."+string(a))})
	}
	if len(v.Acts) == 1 {
		v.Act = v.Acts[0].Value
	}
	slices.Reverse(v.Steps)
	return f.show(w, r, status, page.T(ctx, "order.one", f.matter(ctx, x.Order.Item)), "/desk/orders", orderPage(v))
}

// fillOrder puts an order and what came of it into words, the oldest step first.
func (f *Face) fillOrder(ctx context.Context, v *orderView, x watch.Filed) {
	due := orderDue(ctx, x)
	v.ID, v.Row, v.Text = x.Order.ID, x.Row, lines(x.Order.Text)
	v.Rows = []page.Row{
		{Key: page.T(ctx, "order.kind"), Value: f.orderKind(ctx, x)},
		{Key: page.T(ctx, "order.matter"), Value: f.matter(ctx, x.Order.Item)},
		{Key: page.T(ctx, "order.no"), Value: string(x.Order.No)},
		{Key: page.T(ctx, "order.from"), Value: page.T(ctx, "order.province", f.node(ctx, x.Order.From))},
		{Key: page.T(ctx, "order.to"), Value: f.orderTo(ctx, x)},
		{Key: page.T(ctx, "order.due"), Value: strings.TrimSpace(due.Date + " " + due.Words)},
		{Key: page.T(ctx, "order.state"), Value: page.T(ctx, "order.state_of."+string(x.State))},
		{Key: page.T(ctx, "order.signed"), Value: page.T(ctx, "order.signed_by", f.node(ctx, x.Order.From), x.Signed.Key)},
	}
	for _, s := range x.Steps {
		v.Steps = append(v.Steps, page.Event{What: page.T(ctx, "order.act."+string(s.Act)), Note: s.Text, When: shortTime(ctx, s.At), DateTime: s.At.UTC().Format(time.RFC3339)})
	}
}

// orderPaper is P-14: the order with its deadline (督办单) and every reply (整改回复), as the page says it.
func (f *Face) orderPaper(ctx context.Context, x watch.Filed, v orderView) document.Doc {
	d := document.Doc{Title: page.T(ctx, "order.paper", f.orderKind(ctx, x)), No: x.Order.ID, To: f.orderTo(ctx, x), Office: page.T(ctx, "order.province", f.node(ctx, x.Order.From))}
	var facts document.Block
	for _, r := range v.Rows {
		facts.Fields = append(facts.Fields, [2]string{r.Key, r.Value})
	}
	d.Blocks = append(d.Blocks, facts, document.Block{Heading: page.T(ctx, "order.form_text")})
	for _, l := range v.Text {
		d.Blocks = append(d.Blocks, document.Block{Para: l})
	}
	d.Blocks = append(d.Blocks, document.Block{Heading: page.T(ctx, "order.replies")})
	steps := document.Block{}
	for i, s := range v.Steps {
		if x.Steps[i].Act != watch.Give { // the order's own words stand above
			steps.Fields = append(steps.Fields, [2]string{s.When, strings.TrimSpace(s.What + "\n" + s.Note)})
		}
	}
	if len(steps.Fields) == 0 {
		steps.Para = page.T(ctx, "order.unanswered")
	}
	d.Blocks = append(d.Blocks, steps)
	return d
}

func (f *Face) orderStep(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q := r.PostForm
	if _, err := f.cfg.Watch.SeeOrder(r.Context(), by, r.PathValue("id")); err != nil {
		return err
	}
	row, err := strconv.ParseInt(q.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	v := orderView{Act: q.Get("act"), Words: q.Get("text")}
	if v.Act == "" {
		v.Problem = []page.FieldError{{Field: "act", Text: page.T(r.Context(), "rating.desk.pick")}}
		return f.orderSeen(w, r, by, http.StatusUnprocessableEntity, v)
	}
	err = f.cfg.Watch.DoOrder(r.Context(), by, r.PathValue("id"), row, watch.OrderAct(v.Act), v.Words)
	if errs.Is(err, errs.OrderWords) || errs.Is(err, errs.MessageLong) {
		v.Problem = []page.FieldError{{Field: "text", Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.orderSeen(w, r, by, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/orders?noted=1")
}

// orderWords is what the text field of an order asks for.
func orderWords(ctx context.Context, v orderView) string {
	if len(v.Acts) == 1 {
		return v.Acts[0].Hint
	}
	return page.T(ctx, "rating.desk.words")
}
