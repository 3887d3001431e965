package desk

import (
	"net/http"
	"net/url"
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/watch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// views in the order in which they stand; the queues stand below them.
var views = []casefile.View{
	casefile.ViewMine, casefile.ViewFree, casefile.ViewOver, casefile.ViewSoon, casefile.ViewWaits, casefile.ViewOffice,
}

// queues in the order in which they are worked off.
var queues = []casefile.Queue{
	casefile.QueueIntake, casefile.QueueCorrection, casefile.QueueReturned, casefile.QueueTransit, casefile.QueueReceived,
	casefile.QueueAccepted, casefile.QueueSuspended, casefile.QueueConcluded, casefile.QueueDeliver,
}

// perPage is how many cases stand on one page of a list.
const perPage = 50

type queueView struct {
	List   casefile.Listing
	Tally  casefile.Tally
	Rows   []row
	Next   string // address of the next page
	Window bool
	Claims bool   // the officer may take cases
	Asked  int    // what other offices ask this one; -1 if the officer does not see it
	Papers int    // cases about whose originals the office has something to do; -1 if the officer does not see it
	Item   string // names of what the list is narrowed to, "" for nothing
	Place  string
	Alarms map[watch.Level]int // of the office, those that hold
}

// href is the address of a list with the same narrowing.
func (v queueView) href(view casefile.View, q casefile.Queue) string {
	return listHref(view, q, v.List.Item, v.List.Place, "")
}

// name is the key of the list's heading.
func (v queueView) name() string {
	if v.List.View == casefile.ViewStage {
		return "desk.queues." + string(v.List.Queue)
	}
	return "desk.views." + string(v.List.View)
}

func listHref(view casefile.View, q casefile.Queue, matter string, place region.Code, after string) string {
	to := url.Values{}
	for name, value := range map[string]string{"item": matter, "place": string(place), "after": after} {
		if value != "" {
			to.Set(name, value)
		}
	}
	if view == casefile.ViewStage {
		to.Set("queue", string(q))
	} else {
		to.Set("view", string(view))
	}
	return "/desk?" + to.Encode()
}

// row is one case of a list; names are masked, because a list is seen by who passes by.
type row struct {
	ID, Href, Matter, No, Applicant, Here, There string
	Queue                                        casefile.Queue
	Status                                       page.Status
	Due                                          page.Due
	Hand                                         string // who works on it, "" if nobody
	Free                                         bool   // the officer may take it
}

// queue is D-01: what the office has to do next.
func (f *Face) queue(w http.ResponseWriter, r *http.Request, v visit) error {
	l, err := f.listing(r, v)
	if err != nil {
		return err
	}
	tally, err := f.cfg.Store.Tally(r.Context(), v.by.Office, v.by.ID, l.Today, l.Soon)
	if err != nil {
		return err
	}
	if l.View == "" {
		l.View, l.Queue = firstFilled(tally)
	}
	view := queueView{List: l, Tally: tally, Window: v.by.Has(office.Window), Claims: office.Ever(v.by.Roles, office.ClaimCase)}
	if view.Alarms, err = f.cfg.Store.CountAlarms(r.Context(), v.by.Office); err != nil {
		return err
	}
	view.Asked = -1
	if office.Ever(v.by.Roles, office.SeeInquiries) {
		if view.Asked, err = f.cfg.Store.CountInquiriesTo(r.Context(), v.by.Office); err != nil {
			return err
		}
	}
	view.Papers = -1
	if office.Ever(v.by.Roles, office.SeeOriginals) {
		if view.Papers, err = f.cfg.Store.CountOriginals(r.Context(), v.by.Office); err != nil {
			return err
		}
	}
	list, next, err := f.cfg.Store.List(r.Context(), l)
	if err != nil {
		return err
	}
	for _, c := range list {
		if f.may(v, c) {
			view.Rows = append(view.Rows, f.row(r, v, c))
		}
	}
	if next != "" {
		view.Next = listHref(l.View, l.Queue, l.Item, l.Place, next)
	}
	if l.Item != "" {
		view.Item = f.matterName(v.lang, casefile.Case{Item: l.Item})
	}
	if l.Place != "" {
		view.Place = f.cfg.Kit.Regions.FullName(l.Place)
	}
	fr := f.Frame(r)
	fr.Title = page.T(r.Context(), "desk.queue.title", page.T(r.Context(), view.name()))
	if r.URL.Query().Get("said") == saidNone {
		fr.Flash = page.T(r.Context(), "desk.claim.none")
	}
	return page.Show(w, r, http.StatusOK, fr, queuePage(view))
}

// listing reads which list is asked for. View is "" if none is.
func (f *Face) listing(r *http.Request, v visit) (casefile.Listing, error) {
	q := r.URL.Query()
	today := workday.DateOf(f.now())
	soon, _ := f.cfg.Kit.Calendar.Due(today, workday.Limit{N: casefile.SoonDays, Unit: workday.WorkingDays})
	l := casefile.Listing{Office: v.by.Office, Officer: v.by.ID, Today: today, Soon: soon, After: q.Get("after"), Limit: perPage}
	if s := casefile.Queue(q.Get("queue")); slices.Contains(queues, s) {
		l.View, l.Queue = casefile.ViewStage, s
	} else if s := casefile.View(q.Get("view")); slices.Contains(views, s) {
		l.View = s
	}
	if s := q.Get("item"); s != "" {
		it, ok := f.cfg.Kit.Catalogue.Item(s)
		if !ok {
			return l, errs.New(errs.BadRequest, "no such matter")
		}
		l.Item = it.Code
	}
	if s := q.Get("place"); s != "" {
		code, err := region.Parse(s)
		if err != nil {
			return l, errs.Wrap(errs.BadRequest, err, "place")
		}
		l.Place = code
	}
	return l, nil
}

// firstFilled is what an officer sees first: the own cases, else the first queue in which there is something to do.
func firstFilled(t casefile.Tally) (casefile.View, casefile.Queue) {
	if t.Mine > 0 {
		return casefile.ViewMine, ""
	}
	for _, q := range queues {
		if t.Queues[q] > 0 && q != casefile.QueueTransit {
			return casefile.ViewStage, q
		}
	}
	return casefile.ViewStage, queues[0]
}

func (f *Face) row(r *http.Request, v visit, c casefile.Case) row {
	q, _ := c.At(f.cfg.Kit.Me)
	out := row{
		ID: c.ID, Href: "/desk/cases/" + c.ID, Matter: f.matterName(v.lang, c), No: string(c.No), Applicant: party.MaskName(c.Private.Applicant.Name),
		Here: f.placeName(c, item.Collect), There: f.placeName(c, item.Decide), Queue: q, Status: status(c), Due: f.due(r.Context(), c),
	}
	if q != "" && c.Claimed != "" {
		out.Hand = f.colleague(v.by.Office, c.Claimed)
	}
	if c.Claimed == "" {
		_, err := casefile.Claim(c, f.cfg.Kit.Me, v.by, f.now())
		out.Free = err == nil
	}
	return out
}

// may reports whether the officer may see the case; mayNot says why not.
func (f *Face) may(v visit, c casefile.Case) bool { return f.mayNot(v, c) == nil }
