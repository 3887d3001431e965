package steward

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// mostDrafts bounds the drafts on the first page.
const mostDrafts = 100

type homeView struct {
	Lang       string
	Drafts     []bundle.Draft
	Items      []item.Item
	Issued     []bundle.Bundle // of everybody, the last first
	Agreements []item.Agreement
	Mine       map[string]bool // agreements that this province stands by today
	Names      map[office.NodeID]string
	Keep       bool
}

// home lists what there is to do and what holds.
func (f *Face) home(w http.ResponseWriter, r *http.Request, v visit) error {
	view := homeView{Lang: v.lang, Items: f.catalogue().All(), Issued: f.cfg.Press.Taken(), Mine: map[string]bool{}, Names: map[office.NodeID]string{}}
	var err error
	if view.Drafts, err = f.cfg.Press.Drafts.RuleDrafts(r.Context(), bundle.Drafting, mostDrafts); err != nil {
		return err
	}
	slices.Reverse(view.Issued)
	view.Issued = view.Issued[:min(len(view.Issued), mostDrafts)]
	for _, a := range f.catalogue().AllAgreements() {
		if f.side(a) {
			view.Agreements = append(view.Agreements, a)
			view.Mine[a.ID] = f.stands(a)
		}
	}
	for _, n := range f.cfg.Press.Kit.Trust().Nodes {
		view.Names[n.ID] = pick(v.lang, n.Name, n.NameEn)
	}
	view.Keep = office.Ever(v.by.Roles, office.DraftRules)
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "steward.title"), "", homePage(view))
}

// side reports whether the own province is a side of an agreement.
func (f *Face) side(a item.Agreement) bool {
	return slices.ContainsFunc(a.Parties, func(p item.Partner) bool { return p.Region.Province() == string(f.cfg.Press.Kit.Me) })
}

// stands reports whether the own province's last word on an agreement is that it signed this text.
func (f *Face) stands(a item.Agreement) bool {
	return f.last(a.ID, string(f.cfg.Press.Kit.Me)).Digest == a.Digest
}

func (f *Face) last(agreement, province string) item.Signature {
	var last item.Signature
	for _, s := range f.catalogue().SignaturesOf(agreement) {
		if s.By == province {
			last = s
		}
	}
	return last
}

type matterView struct {
	Lang      string
	Item      item.Item
	V         item.Version
	Defined   bool
	On        workday.Date
	Place     region.Code
	PlaceName string
	Own       item.Overlay
	Has       bool
	Offices   []office.Office
	Keep      bool
}

// matter shows the nation's rule and the place's own side by side, on a day.
func (f *Face) matter(w http.ResponseWriter, r *http.Request, v visit) error {
	it, ok := f.catalogue().Item(r.PathValue("item"))
	if !ok {
		return errs.New(errs.ItemUnknown, "%q", r.PathValue("item"))
	}
	view := matterView{Lang: v.lang, Item: it, On: f.today(), Place: f.province(), Keep: office.Ever(v.by.Roles, office.DraftRules)}
	if on, err := workday.ParseDate(r.URL.Query().Get("on")); err == nil {
		view.On = on
	}
	if place, err := region.Parse(r.URL.Query().Get("place")); err == nil && place.Province() == string(f.cfg.Press.Kit.Me) {
		view.Place = place
	}
	view.PlaceName = f.cfg.Press.Kit.Regions.FullName(view.Place)
	view.V, view.Defined = f.catalogue().Version(it.Code, view.On)
	view.Own, view.Has = f.catalogue().OverlayOf(it.Code, view.Place, view.On)
	for _, o := range f.cfg.Press.Kit.Offices {
		if o.Node == f.cfg.Press.Kit.Me {
			view.Offices = append(view.Offices, o)
		}
	}
	return f.show(w, r, http.StatusOK, pick(v.lang, it.Name, it.NameEn), "/desk/rules", matterPage(r, view))
}

// begin opens a draft: of the place's next rules for a matter, of their withdrawal, or of a word on an agreement.
func (f *Face) begin(w http.ResponseWriter, r *http.Request, v visit) error {
	c, err := f.wanted(r)
	if err != nil {
		return err
	}
	d, err := f.cfg.Press.Begin(r.Context(), v.by, c)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, draftPath(d))
}

func (f *Face) wanted(r *http.Request) (bundle.Content, error) {
	from, err := workday.ParseDate(r.PostForm.Get("from"))
	if err != nil {
		return bundle.Content{}, errs.Wrap(errs.BadRequest, err, "first day")
	}
	c := bundle.Content{Kind: bundle.Kind(r.PostForm.Get("kind")), From: from}
	switch c.Kind {
	case bundle.Agreement, bundle.Departure:
		a, ok := f.catalogue().Agreement("agreements/" + r.PostForm.Get("name"))
		if !ok || !f.side(a) {
			return c, errs.New(errs.NoSuchPage, "agreement %q", r.PostForm.Get("name"))
		}
		c.Name = a.ID
		if c.Kind == bundle.Agreement {
			if c.Text, ok = f.catalogue().AgreementText(a.ID); !ok {
				return c, errs.New(errs.NoSuchPage, "no text of %s", a.ID)
			}
			if until, err := workday.ParseDate(r.PostForm.Get("until")); err == nil {
				c.Until = until
			}
		}
		return c, nil
	case bundle.Overlay, bundle.Withdrawal:
	case bundle.National:
		return c, errs.New(errs.BadRequest, "kind %q", c.Kind)
	default:
		return c, errs.New(errs.BadRequest, "kind %q", c.Kind)
	}
	it, ok := f.catalogue().Item(r.PostForm.Get("item"))
	if !ok {
		return c, errs.New(errs.ItemUnknown, "%q", r.PostForm.Get("item"))
	}
	if c.Place, err = region.Parse(r.PostForm.Get("place")); err != nil {
		return c, errs.Wrap(errs.BadRequest, err, "place")
	}
	c.Item = it.Code
	if c.Kind == bundle.Withdrawal {
		return c, nil
	}
	now, _ := f.catalogue().OverlayOf(it.Code, c.Place, from)
	now.From, now.Until, now.Demo = from, workday.Date{}, false
	c.Text, err = now.Text()
	return c, err
}

// draft shows a draft with what stands against it.
func (f *Face) draft(w http.ResponseWriter, r *http.Request, v visit) error {
	view, err := f.open(r, v)
	if err != nil {
		return err
	}
	for _, x := range view.D.Content.Findings(f.catalogue()) {
		view.Found = append(view.Found, said{page.T(r.Context(), sentence(x.Rule)), x.Text})
	}
	if len(view.Found) == 0 && view.D.Content.Kind == bundle.Overlay {
		for _, x := range view.D.Content.Try(f.catalogue(), f.cfg.Press.Kit.Regions) {
			view.Failed = append(view.Failed, failed{x.Trial.Name, x.Misses})
		}
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "steward.draft.title"), "/desk/rules", draftPage(r, view, v.by))
}

// rulesTold are the rules of lint that an overlay or agreement can break and that have a sentence of their own.
var rulesTold = []string{
	"no-source", "no-english", "no-text", "dangling", "asks-for-more", "promise-too-long", "condition", "dates", "not-in-force", "needless", "unknown-value",
}

func sentence(rule string) string {
	if slices.Contains(rulesTold, rule) {
		return "steward.lint." + rule
	}
	return "steward.lint.other"
}

func (f *Face) approve(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Press.Approve(r.Context(), v.by, r.PathValue("id"), seen(r))
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, draftPath(d)+"?saved=approve")
}

func (f *Face) drop(w http.ResponseWriter, r *http.Request, v visit) error {
	if _, err := f.cfg.Press.Drop(r.Context(), v.by, r.PathValue("id"), seen(r)); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/rules")
}

func (f *Face) publish(w http.ResponseWriter, r *http.Request, v visit) error {
	b, err := f.cfg.Press.Publish(r.Context(), v.by, r.PathValue("id"), seen(r))
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, issuedPath(b))
}

func issuedPath(b bundle.Bundle) string {
	return "/desk/rules/bundles/" + string(b.Publisher) + "/" + strconv.Itoa(b.Seq)
}

type issuedView struct {
	Lang      string
	B         bundle.Bundle
	S         sheet
	Hash      string
	Approvals []bundle.Approval
	Title     string
}

// issued shows a bundle that was published, by whomever.
func (f *Face) issued(w http.ResponseWriter, r *http.Request, v visit) error {
	seq, err := strconv.Atoi(r.PathValue("seq"))
	if err != nil {
		return errs.New(errs.NoSuchPage, "number %q", r.PathValue("seq"))
	}
	s, err := f.cfg.Press.Signed(office.NodeID(r.PathValue("who")), seq)
	if err != nil {
		return err
	}
	view := issuedView{Lang: v.lang, Hash: s.Hash().String()}
	if err := s.Into(&view.B); err != nil {
		return err
	}
	if view.B.Content.Kind == bundle.Overlay {
		if view.S.o, err = view.B.Content.Overlay(); err != nil {
			return err
		}
		view.S.trials = view.B.Content.Trials
	}
	for _, one := range view.B.Approvals {
		var a bundle.Approval
		if err := one.Into(&a); err != nil {
			return err
		}
		view.Approvals = append(view.Approvals, a)
	}
	view.Title = f.about(v.lang, view.B.Content)
	return f.show(w, r, http.StatusOK, view.Title, "/desk/rules", issuedPage(r, view))
}

// about names what a content is about.
func (f *Face) about(lang string, c bundle.Content) string {
	if it, ok := f.catalogue().Item(c.Item); ok {
		return pick(lang, it.Name, it.NameEn)
	}
	if a, ok := f.catalogue().Agreement(c.Name); ok {
		return pick(lang, a.Title, a.TitleEn)
	}
	return cmp.Or(c.Item, c.Name)
}

type agreementView struct {
	Lang  string
	A     item.Agreement
	Sides []sideView
	Mine  bool
	Keep  bool
	First workday.Date // from which a word on it may count
	By    string       // who entrusts, where it is a mandate
}

type sideView struct {
	Name   string
	Signed item.Signature
	Same   bool // signed this text
}

// agreement shows an agreement, who signed it, and lets the own province sign or leave.
func (f *Face) agreement(w http.ResponseWriter, r *http.Request, v visit) error {
	a, ok := f.catalogue().Agreement("agreements/" + r.PathValue("name"))
	if !ok {
		return errs.New(errs.NoSuchPage, "agreement %q", r.PathValue("name"))
	}
	view := agreementView{Lang: v.lang, A: a, Mine: f.stands(a), First: f.today(), Keep: f.side(a) && office.Ever(v.by.Roles, office.DraftRules)}
	if a.Mandate != nil {
		view.By = f.cfg.Press.Kit.Regions.FullName(a.Mandate.By)
		if view.Mine { // what was decided today stays under it
			view.First = f.today().AddDays(1)
		}
	}
	for _, p := range a.Parties {
		s := f.last(a.ID, p.Region.Province())
		view.Sides = append(view.Sides, sideView{f.cfg.Press.Kit.Regions.FullName(p.Region), s, s.Digest == a.Digest})
	}
	return f.show(w, r, http.StatusOK, pick(v.lang, a.Title, a.TitleEn), "/desk/rules", agreementPage(view))
}
