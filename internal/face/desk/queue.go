package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// queues in the order in which they are worked off.
var queues = []casefile.Queue{
	casefile.QueueIntake, casefile.QueueCorrection, casefile.QueueReturned, casefile.QueueTransit, casefile.QueueReceived,
	casefile.QueueAccepted, casefile.QueueSuspended, casefile.QueueConcluded, casefile.QueueDeliver,
}

// perPage is how many cases stand on one page of a list, mostHits how many a search shows.
const (
	perPage  = 50
	mostHits = 20
)

type queueView struct {
	Current casefile.Queue
	Counts  map[casefile.Queue]int
	Rows    []row
	Next    string // address of the next page
	Window  bool
}

// row is one case of a list; names are masked, because a list is seen by who passes by.
type row struct {
	Href, Matter, No, Applicant, Here, There string
	Queue                                    casefile.Queue
	Status                                   page.Status
	Due                                      page.Due
}

// queue is D-01: what the office has to do next.
func (f *Face) queue(w http.ResponseWriter, r *http.Request, v visit) error {
	counts, err := f.cfg.Store.QueueCounts(r.Context(), v.by.Office)
	if err != nil {
		return err
	}
	view := queueView{Counts: counts, Current: casefile.Queue(r.URL.Query().Get("queue")), Window: v.by.Has("window")}
	if !known(view.Current) {
		view.Current = firstFilled(counts)
	}
	list, next, err := f.cfg.Store.Queue(r.Context(), v.by.Office, view.Current, r.URL.Query().Get("after"), perPage)
	if err != nil {
		return err
	}
	for _, c := range list {
		if f.may(v, c) {
			view.Rows = append(view.Rows, f.row(r, v, c))
		}
	}
	if next != "" {
		view.Next = "/desk?" + url.Values{"queue": {string(view.Current)}, "after": {next}}.Encode()
	}
	fr := f.Frame(r)
	fr.Title = page.T(r.Context(), "desk.queue.title", page.T(r.Context(), "desk.queues."+string(view.Current)))
	return page.Show(w, r, http.StatusOK, fr, queuePage(view))
}

func known(q casefile.Queue) bool {
	return slices.Contains(queues, q)
}

func firstFilled(counts map[casefile.Queue]int) casefile.Queue {
	for _, q := range queues {
		if counts[q] > 0 && q != casefile.QueueTransit {
			return q
		}
	}
	return queues[0]
}

func (f *Face) row(r *http.Request, v visit, c casefile.Case) row {
	q, _ := c.At(f.cfg.Kit.Me)
	return row{
		Href: "/desk/cases/" + c.ID, Matter: f.matterName(v.lang, c), No: string(c.No), Applicant: party.MaskName(c.Private.Applicant.Name),
		Here: f.placeName(c, item.Collect), There: f.placeName(c, item.Decide), Queue: q, Status: status(c), Due: f.due(r.Context(), c),
	}
}

type searchView struct {
	Text, Error string
	Asked       bool
	Rows        []row
}

// search is D-02. The text comes by POST, because an identity number may not stand in an address; what was found is
// logged case by case before it is shown. Cases of other offices are not shown.
func (f *Face) search(w http.ResponseWriter, r *http.Request, v visit) error {
	fr := f.Frame(r)
	fr.Title = page.T(r.Context(), "desk.search.title")
	view := searchView{}
	if r.Method != http.MethodPost {
		return page.Show(w, r, http.StatusOK, fr, searchPage(view))
	}
	view.Text, view.Asked = strings.TrimSpace(r.PostForm.Get("q")), true
	if no, err := casefile.ParseNo(view.Text); err == nil {
		c, err := f.cfg.Store.CaseByNo(r.Context(), no)
		switch {
		case err == nil && f.may(v, c):
			return page.SeeOther(w, r, "/desk/cases/"+c.ID)
		case err == nil:
			return errs.New(errs.CaseElsewhere, "%s", c.No)
		case !errs.Is(err, errs.Missing):
			return err
		}
	}
	by := party.Search(view.Text)
	if len(by) == 0 {
		view.Error = page.T(r.Context(), "desk.search.unclear")
		fr.HasError = true
		return page.Show(w, r, http.StatusUnprocessableEntity, fr, searchPage(view))
	}
	list, err := f.cfg.Store.Find(r.Context(), by, mostHits)
	if err != nil {
		return err
	}
	u := unit.Unit{At: f.now()}
	for _, c := range list {
		if f.may(v, c) {
			view.Rows = append(view.Rows, f.row(r, v, c))
			u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: u.At, Case: c.ID, Who: v.by.ID, Office: v.by.Office, What: "desk.search", Reason: v.reason(c)})
		}
	}
	if len(u.Log) > 0 {
		if err := f.cfg.Store.Commit(r.Context(), u); err != nil {
			return err
		}
	}
	return page.Show(w, r, http.StatusOK, fr, searchPage(view))
}

// may reports whether the officer may see the case; mayNot says why not.
func (f *Face) may(v visit, c casefile.Case) bool { return f.mayNot(v, c) == nil }
