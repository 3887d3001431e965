// Package oversight is the desk's pages of those who answer for a service and those who watch over it: what people say of it, what they
// complain about, what is done about it (ux pages.md S-08, D-21), clocks that run out, supervision orders (S-05, S-06) and contested figures. They show
// no applicant; only the return call learns whom to call. Every page works
// without script.
package oversight

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/evaluate"
	"tongban/internal/handling/supervise"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// Config is what the pages need.
type Config struct {
	Gate page.Gate
	// Officers maps a sign-in to the officer that the node's register knows.
	Officers   func(subject string) (by casefile.Actor, officeName string, ok bool)
	Rates      *evaluate.Desk
	Complaints *evaluate.Complaints
	Watch      *supervise.Desk
	Contests   *dispute.Desk
	Book       *figure.Book
	Kit        *unit.Kit
	Frame      func(r *http.Request) page.Frame // of the desk
	// PDF writes a paper; verify is the address in its code.
	PDF       func(d document.Doc, verify string) ([]byte, error)
	PublicURL string // own address, without a slash at the end
}

// Face is the pages of one node. Safe for concurrent use.
type Face struct{ cfg Config }

// New makes the pages.
func New(cfg Config) *Face { return &Face{cfg} }

// rights is what each page needs of office.Table; a page that does not stand here is refused to everybody.
var rights = map[string]office.Act{
	"GET /desk/ratings":       office.SeeRatings,
	"GET /desk/ratings/{id}":  office.SeeRatings,
	"POST /desk/ratings/{id}": office.SeeRatings, // each step asks for its own
	"GET /desk/ratings/new":   office.KeyRating,
	"POST /desk/ratings/new":  office.KeyRating,
	"GET /desk/watch":         office.SeeAlarms,
	"GET /desk/watch/{id}":    office.SeeAlarms,
	"POST /desk/watch/{id}":   office.SeeAlarms, // each act asks for its own
	"GET /desk/orders":        office.SeeOrders,
	"GET /desk/orders/new":    office.GiveOrder,
	"POST /desk/orders/new":   office.GiveOrder,
	"GET /desk/orders/{id}":   office.SeeOrders,
	"POST /desk/orders/{id}":  office.SeeOrders, // each step asks for its own

	"GET /desk/objections":       office.ContestFigure,
	"GET /desk/objections/new":   office.ContestFigure,
	"POST /desk/objections/new":  office.ContestFigure,
	"GET /desk/objections/{id}":  office.ContestFigure,
	"POST /desk/objections/{id}": office.ContestFigure,

	"GET /desk/complaints":       office.SeeComplaints,
	"GET /desk/complaints/{id}":  office.SeeComplaints,
	"POST /desk/complaints/{id}": office.SeeComplaints, // each step asks for its own
}

// Register puts the pages on the desk's site.
func (f *Face) Register(s *page.Site) {
	s.Get("/desk/ratings", f.guard(f.ratings))
	s.Get("/desk/ratings/new", f.guard(f.keyForm))
	s.Post("/desk/ratings/new", f.guard(f.key))
	s.Get("/desk/ratings/{id}", f.guard(f.rating))
	s.Post("/desk/ratings/{id}", f.guard(f.ratingStep))
	s.Get("/desk/watch", f.guard(f.watch))
	s.Get("/desk/watch/{id}", f.guard(f.alarm))
	s.Post("/desk/watch/{id}", f.guard(f.alarmAct))
	s.Get("/desk/orders", f.guard(f.orders))
	s.Get("/desk/orders/new", f.guard(f.orderForm))
	s.Post("/desk/orders/new", f.guard(f.orderGive))
	s.Get("/desk/orders/{id}", f.guard(f.order))
	s.Post("/desk/orders/{id}", f.guard(f.orderStep))
	s.Get("/desk/objections", f.guard(f.objections))
	s.Get("/desk/objections/new", f.guard(f.objectionForm))
	s.Post("/desk/objections/new", f.guard(f.objectionRaise))
	s.Get("/desk/objections/{id}", f.guard(f.objection))
	s.Post("/desk/objections/{id}", f.guard(f.objectionSay))
	s.Get("/desk/complaints", f.guard(f.complaints))
	s.Get("/desk/complaints/{id}", f.guard(f.complaint))
	s.Post("/desk/complaints/{id}", f.guard(f.complaintStep))
}

// guard lets officers through whom the table allows the page; who has no session is sent to sign in.
func (f *Face) guard(h func(w http.ResponseWriter, r *http.Request, by casefile.Actor) error) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, ok := f.cfg.Gate.Visitor(r)
		if !ok {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return f.cfg.Gate.SignIn(w, r, r.URL.RequestURI())
			}
			return errs.New(errs.SignInNeeded, "oversight")
		}
		by, _, ok := f.cfg.Officers(who.Subject)
		if !ok || by.ID == "" {
			return errs.New(errs.NotYours, "no officer of this node")
		}
		act, ok := rights[r.Pattern]
		if !ok {
			return errs.New(errs.NotYours, "%s", r.Pattern)
		}
		if err := by.Officer().May(act, office.Matter{Offices: []string{by.Office}, On: f.today()}); err != nil {
			return err
		}
		return h(w, r, by)
	}
}

func (f *Face) show(w http.ResponseWriter, r *http.Request, code int, title, back string, body templ.Component) error {
	fr := f.cfg.Frame(r)
	fr.Title, fr.Back, fr.HasError = title, back, code == http.StatusUnprocessableEntity
	for _, said := range []string{"saved", "key_done"} {
		if r.URL.Query().Get(said) != "" {
			fr.Flash = page.T(r.Context(), "rating.desk."+said)
		}
	}
	if r.URL.Query().Get("noted") != "" {
		fr.Flash = page.T(r.Context(), "watch.saved")
	}
	return page.Show(w, r, code, fr, body)
}

func (f *Face) today() workday.Date { return workday.DateOf(f.cfg.Kit.Now()) }

func (f *Face) office(ctx context.Context, code string) string {
	o, ok := f.cfg.Kit.Office(code)
	switch {
	case !ok:
		return code
	case page.PrefsOf(ctx).Lang == "en" && o.NameEn != "":
		return o.NameEn
	}
	return o.Name
}

func (f *Face) matter(ctx context.Context, code string) string {
	it, ok := f.cfg.Kit.Catalogue.Item(code)
	switch {
	case !ok:
		return code
	case page.PrefsOf(ctx).Lang == "en" && it.NameEn != "":
		return it.NameEn
	}
	return it.Name
}

// node is the name of a province.
func (f *Face) node(ctx context.Context, id office.NodeID) string {
	n, ok := f.cfg.Kit.Trust().Node(id)
	switch {
	case !ok:
		return string(id)
	case page.PrefsOf(ctx).Lang == "en" && n.NameEn != "":
		return n.NameEn
	}
	return n.Name
}
