package desk

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// The tabs of a case, as links; each has its own address.
const (
	tabCheck     = "check"
	tabMaterials = "materials"
	tabHistory   = "history"
	tabPapers    = "papers"
	tabMessages  = "messages"
	tabFee       = "fee"
)

// silentAfter is how long an offer may be without receipt before the page says that the other place cannot be reached.
const silentAfter = 2 * time.Minute

// caseView is the head that every page of a case has, and what its tab shows.
type caseView struct {
	C        casefile.Case
	Lang     string
	Tab      string
	Identity page.Identity
	Places   []page.Place
	Duty     string // who answers for what
	Claim    claimView
	Notices  []string // what holds the case up, and what happens next
	Offers   []string
	Full     bool // numbers are shown in full

	Version   item.Version
	Applicant []page.Row
	Answers   []page.Row
	Materials []materialView
	Reviewing bool

	Events  []page.Event
	Custody [][]page.Cell
	Papers  []unit.Paper
	Receipt *unit.Paper
	Fee     *feeView   // nil: the matter costs nothing here
	Mandate []page.Row // by which this office decides in another's name
	Parts   []page.Row // of a matter that several places share
	Work    *ownSystem // nil: the case is worked here

	RateURL, RateCode string // of the receipt; "" if the window is not rated here
}

// finishing reports whether the officer may finish the case from its checklist.
func (v caseView) finishing() bool { return slices.Contains(v.Offers, actFinish) }

type materialView struct {
	Name, Source, Note string
	Files              []fileView
	Licence            string // address of the page that says why it is good; "" if there is none
}

type fileView struct {
	Href, Name, Size string
	Image            bool
}

// load finds a case that the officer may see.
func (f *Face) load(r *http.Request, v visit) (casefile.Case, error) {
	c, err := f.cfg.Store.Case(r.Context(), r.PathValue("id"))
	if err == nil {
		err = f.mayNot(v, c)
	}
	return c, err
}

// open is load for showing: the look is in the access log before the page goes out.
func (f *Face) open(r *http.Request, v visit, what string) (casefile.Case, error) {
	c, err := f.load(r, v)
	if err != nil {
		return c, err
	}
	return c, f.looked(r, v, c, what)
}

// looked makes the look durable, with why it was allowed; only then may the page be shown.
func (f *Face) looked(r *http.Request, v visit, c casefile.Case, what string) error {
	at := f.now()
	return f.cfg.Store.Commit(r.Context(), unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: c.ID, Who: v.by.ID, Office: v.by.Office, What: "desk." + what, Reason: v.reason(c)},
	}})
}

// caseTab shows one tab of D-09.
func (f *Face) caseTab(tab string) func(w http.ResponseWriter, r *http.Request, v visit) error {
	return func(w http.ResponseWriter, r *http.Request, v visit) error {
		full, what := r.URL.Query().Get("full") == "1", tab
		if full {
			what += ".full"
		}
		c, err := f.open(r, v, what)
		if err != nil {
			return err
		}
		view := f.view(r, v, c, tab)
		view.Full = full
		fr := f.Frame(r)
		fr.Title = page.T(r.Context(), "desk.case.title", string(c.No), page.T(r.Context(), "desk.tab."+tab))
		fr.Flash, fr.Back = f.said(r, c), "/desk"
		switch tab {
		case tabCheck:
			f.fillCheck(r, v, &view)
			return page.Show(w, r, http.StatusOK, fr, checkTab(view))
		case tabMaterials:
			f.fillMaterials(r, v, &view)
			return page.Show(w, r, http.StatusOK, fr, materialsTab(view))
		case tabHistory:
			if err := f.fillHistory(r, v, &view); err != nil {
				return err
			}
			return page.Show(w, r, http.StatusOK, fr, historyTab(view))
		}
		if view.Papers, err = f.cfg.Store.Papers(r.Context(), c.ID); err != nil {
			return err
		}
		return page.Show(w, r, http.StatusOK, fr, papersTab(view))
	}
}

// said is the sentence about an act that went well; only acts of ours have one.
func (f *Face) said(r *http.Request, c casefile.Case) string {
	act := r.URL.Query().Get("said")
	if slices.Contains([]string{"again", saidOwn, saidClaim, saidRelease, saidAssign}, act) || slices.Contains(acts, act) {
		return wording(r.Context(), c, "said", act)
	}
	return ""
}

// view is the head of a case's pages.
func (f *Face) view(r *http.Request, v visit, c casefile.Case, tab string) caseView {
	ctx := r.Context()
	work, away := f.working(ctx, c)
	view := caseView{
		C: c, Lang: v.lang, Tab: tab, Work: work, Offers: f.offered(ctx, c, v.by, away), Claim: f.claimed(ctx, v, c),
		Identity: page.Identity{
			No: string(c.No), Matter: f.matterName(v.lang, c), Applicant: c.Private.Applicant.Name, Holder: f.holder(ctx, v, c),
			Mode: string(c.Mode), Due: f.due(ctx, c), Status: status(c),
		},
	}
	view.Reviewing = slices.Contains(view.Offers, actReview)
	view.Version = f.rule(c)
	here, there := f.placeName(c, item.Collect), f.placeName(c, item.Decide)
	if d, ok := c.LegOf(item.Decide); ok && d.Node == f.cfg.Kit.Me && d.Office == v.by.Office {
		view.Duty = wording(ctx, c, "duty", "there", here)
		if seal, ok := c.Sealing(); ok {
			view.Duty = page.T(ctx, "mandate.desk.duty.there", f.officeName(v.lang, seal.Office))
		}
	} else if f.hasPart(c, v.by) {
		view.Duty = page.T(ctx, "desk.duty.part")
	} else {
		view.Duty = page.T(ctx, "desk.duty.here", there)
	}
	f.fillParts(r, v, &view)
	f.fillMandate(r, v, &view)
	f.stations(r, &view, here, there)
	f.notices(r, &view)
	f.feeOf(r, v, &view)
	f.renewal(ctx, &view)
	return view
}

// stations shows both ends of the way.
func (f *Face) stations(r *http.Request, view *caseView, here, there string) {
	ctx, c := r.Context(), view.C
	collect, _ := c.LegOf(item.Collect)
	decide, _ := c.LegOf(item.Decide)
	h, running := c.Holder()
	from := page.Place{Name: here, Role: page.T(ctx, "desk.role.collect"), State: page.T(ctx, "desk.state."+string(collect.State)), Active: running && h.Leg == collect.Key, Done: collect.State == casefile.Done}
	if collect.Key == "" {
		from = page.Place{Name: here, Role: page.T(ctx, "apply.desk.from"), State: page.T(ctx, "apply.desk.sent"), Done: true}
	}
	if c.Mode != item.Onsite { // everything happens at one counter
		view.Places = append(view.Places, from)
	}
	view.Places = append(view.Places, f.stationsOf(ctx, c)...)
	view.Places = append(view.Places,
		page.Place{Name: there, Role: page.T(ctx, "desk.role.decide"), State: page.T(ctx, "desk.state."+string(decide.State)), Active: running && h.Leg == decide.Key, Done: decide.State == casefile.Done},
	)
	view.Places = append(view.Places, f.sealStation(ctx, c)...)
	if deliver, ok := c.LegOf(item.Deliver); ok {
		view.Places = append(view.Places, page.Place{
			Name: f.cfg.Kit.Regions.Name(deliver.Place), Role: page.T(ctx, "desk.role.deliver"),
			State:  page.T(ctx, "desk.state."+string(deliver.State)),
			Active: running && h.Leg == deliver.Key, Done: deliver.State == casefile.Delivered,
		})
	}
}

// notices says what holds the case up.
func (f *Face) notices(r *http.Request, view *caseView) {
	ctx, c := r.Context(), view.C
	for _, l := range c.Legs {
		if l.Transit == nil || l.Holder != f.cfg.Kit.Me {
			continue
		}
		to := f.placeOfNode(c, l.Transit.To == c.Coordinator)
		switch {
		case l.Kind == item.Seal:
			view.Notices = append(view.Notices, f.awaiting(ctx, l))
		case l.Transit.Recall != "":
			view.Notices = append(view.Notices, page.T(ctx, "desk.notice.recalling", to))
		case f.reachable(l):
			view.Notices = append(view.Notices, page.T(ctx, "desk.notice.transit", to))
		default:
			view.Notices = append(view.Notices, page.T(ctx, "desk.notice.down", to, clock(ctx, l.Transit.At)))
		}
	}
	if reason := holdsUp(c); reason != "" {
		view.Notices = append(view.Notices, page.T(ctx, "desk.notice.reason", f.reasonText(r, reason)))
	}
	if n := len(c.Private.Disputes); n > 0 && c.Closed.IsZero() {
		view.Notices = append(view.Notices, page.T(ctx, "apply.desk.disputes", n))
	}
	if e := c.Private.Extension; e.Open() && c.Closed.IsZero() {
		view.Notices = append(view.Notices, page.T(ctx, "desk.notice.extension", e.Reason))
	}
	f.inquiries(r, view)
	originals(ctx, view)
	if waiting(c) {
		view.Notices = append(view.Notices, page.T(ctx, "desk.notice.correction", len(c.Private.Corrections)))
	}
}

// originals says what is still open about the case's papers.
func originals(ctx context.Context, view *caseView) {
	add := func(key string, args ...any) {
		view.Notices = append(view.Notices, page.T(ctx, "originals.notice."+key, args...))
	}
	switch o := view.C.Originals; {
	case !o.Trouble.IsZero():
		add("trouble")
	case !o.Due.IsZero():
		add("way", page.ShortDay(o.Due, page.PrefsOf(ctx).Lang))
	case o.Called:
		add("called")
	case o.Out > 0 && !view.C.Ended.IsZero():
		add("out", o.Out)
	}
}

// inquiries says what other offices have not answered yet.
func (f *Face) inquiries(r *http.Request, view *caseView) {
	ctx, c := r.Context(), view.C
	if !c.Inquired || !c.Closed.IsZero() {
		return
	}
	list, err := f.cfg.Store.Inquiries(ctx, c.ID)
	if err != nil {
		return // the page of inquiries says so
	}
	var due workday.Date
	n := 0
	for _, q := range list {
		if q.Waits(f.cfg.Kit.Me) != "" {
			if n++; due.IsZero() || q.Due.Before(due) {
				due = q.Due
			}
		}
	}
	if n > 0 {
		view.Notices = append(view.Notices, page.T(ctx, "inquiry.notice.waits", n, page.ShortDay(due, page.PrefsOf(ctx).Lang)))
	}
}

// holdsUp is why the case is back at the window or why its clock stands; a reason that was dealt with is history.
func holdsUp(c casefile.Case) string {
	if !c.Closed.IsZero() {
		return ""
	}
	l, _ := c.LegOf(item.Decide)
	if _, elsewhere := c.Sealing(); elsewhere && l.Reason != "" && (l.State == casefile.Received || l.State == casefile.Accepted) {
		return l.Reason // it was not sealed
	}
	if l.State == casefile.Suspended || l.State == casefile.Returned {
		return l.Reason
	}
	if l, _ := c.LegOf(item.Collect); l.State == casefile.Received {
		return l.Reason
	}
	return ""
}

func (f *Face) placeOfNode(c casefile.Case, home bool) string {
	if home {
		return f.placeName(c, item.Collect)
	}
	return f.placeName(c, item.Decide)
}

// reachable asks the node, or judges by how long the offer has been without receipt.
func (f *Face) reachable(l casefile.Leg) bool {
	if f.cfg.Reachable != nil {
		return f.cfg.Reachable(l.Transit.To)
	}
	return f.now().Sub(l.Transit.At) < silentAfter
}

// reasonText is a shared reason, a procedure that stops the clock, or the words themselves.
func (f *Face) reasonText(r *http.Request, key string) string {
	if reason, ok := f.cfg.Kit.Catalogue.Reason(key); ok {
		lang := page.PrefsOf(r.Context()).Lang
		return pick(lang, reason.Zh+"\uff1b"+reason.NextZh, reason.En+"; "+reason.NextEn)
	}
	if slices.Contains(casefile.Procedures, key) {
		return page.T(r.Context(), "desk.procedure."+key)
	}
	return key
}

// rule is the version that the case goes by.
func (f *Face) rule(c casefile.Case) item.Version {
	if law, err := f.cfg.Kit.Law(c, workday.DateOf(f.now())); err == nil && c.Closed.IsZero() {
		return law.Version
	}
	ver, err := f.cfg.Kit.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
	if err != nil {
		return item.Version{ID: c.Rule.Version}
	}
	return ver
}

func (f *Face) fillCheck(r *http.Request, v visit, view *caseView) {
	ctx, p := r.Context(), view.C.Private.Applicant
	number := idno.Mask(p.IDNo)
	if view.Full {
		number = p.IDNo
	}
	view.Applicant = []page.Row{
		{Key: page.T(ctx, "desk.identity.name"), Value: p.Name},
		{Key: page.T(ctx, "desk.idtype."+string(p.IDType)), Value: number},
		{Key: page.T(ctx, "desk.identity.phone"), Value: masked(p, p.Phone, view.Full)},
		{Key: page.T(ctx, "desk.case.consent"), Value: f.consent(ctx, v, view.C.Private.Consent)},
	}
	view.Applicant = append(view.Applicant, f.acting(ctx, view.C)...)
	for _, one := range view.C.Private.Parties {
		view.Applicant = append(view.Applicant, page.Row{
			Key: f.roleName(v.lang, view.Version, one.Role), Value: page.T(ctx, "apply.desk.joined", one.Person.Name, clock(ctx, one.At)),
		})
	}
	disputes := map[string]casefile.Dispute{}
	for _, d := range view.C.Private.Disputes {
		disputes[d.Field] = d
	}
	for _, field := range view.Version.Form.Fields {
		value := view.C.Private.Answers[field.Key]
		d, wrong := disputes[field.Key]
		if value == "" && !wrong {
			continue
		}
		row := page.Row{Key: pick(v.lang, field.Label, field.LabelEn), Value: masked(p, value, view.Full)}
		switch {
		case wrong: // the source and its time stand with what it gave
			row.Content = disputed(row.Value, masked(p, d.Value, view.Full), d)
		case field.Source != item.Asked:
			row.Source = f.source(v.lang, field)
		}
		view.Answers = append(view.Answers, row)
	}
	f.fillMaterials(r, v, view)
}

// roleName is what the form calls somebody who takes part.
func (f *Face) roleName(lang string, v item.Version, role string) string {
	field, ok := v.Field(role)
	if !ok {
		return role
	}
	return pick(lang, field.Label, field.LabelEn)
}

// consent says how the applicant agreed.
func (f *Face) consent(ctx context.Context, v visit, c casefile.Consent) string {
	if c.Way == casefile.ConsentOnline {
		if c.Proof != nil {
			return page.T(ctx, "apply.desk.signed", clock(ctx, c.At), proof.HashOf(c.Agreed).String()[:16])
		}
		return page.T(ctx, "apply.desk.consent", clock(ctx, c.At))
	}
	return page.T(ctx, "desk.case.attested", f.officeName(v.lang, c.Office), clock(ctx, c.At))
}

func (f *Face) fillMaterials(r *http.Request, _ visit, view *caseView) {
	ctx, n := r.Context(), 0
	for i, m := range view.C.Private.Materials {
		mv := materialView{Name: m.Name, Source: page.T(ctx, "desk.source."+m.Source), Note: m.Note}
		if m.Licence != nil {
			mv.Licence = licenceHref(view.C.ID, i)
		}
		for _, file := range m.Files {
			mv.Files = append(mv.Files, fileView{
				Href: fileHref(view.C.ID, n), Name: file.Name, Size: size(ctx, file.Size), Image: file.Type == "image/png" || file.Type == "image/jpeg",
			})
			n++
		}
		view.Materials = append(view.Materials, mv)
	}
}

// fillHistory puts facts and custody into words: when, who held it, what was done, and that the signature holds.
func (f *Face) fillHistory(r *http.Request, v visit, view *caseView) error {
	ctx := r.Context()
	known, err := f.cfg.Store.Facts(ctx, view.C.ID)
	if err != nil {
		return err
	}
	slices.SortStableFunc(known, func(a, b casefile.Known) int { return a.Fact.At.Compare(b.Fact.At) })
	for _, k := range known {
		e := page.Event{
			When: clock(ctx, k.Fact.At), DateTime: k.Fact.At.UTC().Format(time.RFC3339), What: page.T(ctx, "desk.did."+string(k.Fact.Act)),
			Where: f.officeName(v.lang, k.Fact.Office), Note: page.T(ctx, "desk.history.signed", short(k.Hash.String())),
		}
		if _, err := f.cfg.Kit.Trust().Check(k.Signed, casefile.TypFact); err != nil {
			e.Note = page.T(ctx, "desk.history.unsigned")
		}
		view.Events = append(view.Events, e)
	}
	for _, s := range view.C.Custody {
		to := page.T(ctx, "desk.history.now")
		if !s.To.IsZero() {
			to = clock(ctx, s.To)
		}
		leg, _ := view.C.Leg(s.Leg)
		view.Custody = append(view.Custody, []page.Cell{
			page.Text(f.officeName(v.lang, s.Office)), page.Text(page.T(ctx, "desk.role."+string(leg.Kind))), page.Text(clock(ctx, s.From)), page.Text(to),
		})
	}
	return nil
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// receipt is D-08: the number, what comes next, the paper to print, and the button that hands the case over.
func (f *Face) receipt(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.open(r, v, "receipt")
	if err != nil {
		return err
	}
	view := f.view(r, v, c, "")
	papers, err := f.cfg.Store.Papers(r.Context(), c.ID)
	if err != nil {
		return err
	}
	for i, p := range papers {
		if p.Kind == string(document.Intake) {
			view.Receipt = &papers[i]
		}
	}
	if f.cfg.RatingCode != nil && c.Coordinator == f.cfg.Kit.Me {
		view.RateCode = f.cfg.RatingCode(c)
		view.RateURL = f.cfg.PublicURL + "/rate/" + string(c.No) + "/" + view.RateCode
	}
	fr := f.Frame(r)
	fr.Title, fr.Flash = page.T(r.Context(), "desk.receipt.title"), f.said(r, c)
	return page.Show(w, r, http.StatusOK, fr, receiptPage(view))
}
