package sharing

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// mostShown bounds the lists of the first page.
const mostShown = 200

type homeView struct {
	names
	Words      string
	Resources  []resource.Resource
	Agreements []sharing.Agreement
	Me         office.NodeID
	Today      workday.Date
	Describe   bool
}

// home is the catalogue and the agreements of the own province.
func (f *Face) home(w http.ResponseWriter, r *http.Request, v visit) error {
	view := homeView{
		names: names{v.lang, f}, Words: strings.TrimSpace(r.URL.Query().Get("q")), Me: f.me(), Today: f.today(),
		Describe: office.Ever(v.by.Roles, office.DescribeData),
	}
	f.cfg.Ledger.Look(func(b *sharing.Book) {
		view.Resources, view.Agreements = b.Resources(view.Words), b.Of(f.me())
	})
	view.Resources = view.Resources[:min(len(view.Resources), mostShown)]
	view.Agreements = view.Agreements[:min(len(view.Agreements), mostShown)]
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "sharing.title"), "", homePage(view))
}

type resourceView struct {
	names
	R        resource.Resource
	Mine     bool
	Propose  bool
	Describe bool
	Problem  string // why a table was refused
	Detail   string
	Taken    bool
}

func (f *Face) resource(w http.ResponseWriter, r *http.Request, v visit) error {
	res, err := f.find(office.NodeID(r.PathValue("owner")), r.PathValue("key"))
	if err != nil {
		return err
	}
	return f.showResource(w, r, v, res, nil)
}

// mostTable bounds a table's file, in bytes.
const mostTable = 64 << 20

// hosted takes the file of an own resource in; what is wrong with it is said, and the version before stays.
func (f *Face) hosted(w http.ResponseWriter, r *http.Request, v visit) error {
	res, err := f.find(f.me(), r.PathValue("key"))
	if err != nil {
		return err
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Wrap(errs.BadRequest, err, "table")
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "file" {
		return errs.New(errs.BadRequest, "no file")
	}
	_, _, err = f.cfg.Tables.Import(r.Context(), v.by, res.Key, part)
	if errs.Is(err, errs.TableRefused) {
		return f.showResource(w, r, v, res, err)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, resourcePath(res)+"?taken=1")
}

func (f *Face) showResource(w http.ResponseWriter, r *http.Request, v visit, res resource.Resource, refused error) error {
	view := resourceView{
		names: names{v.lang, f}, R: res, Mine: res.Owner == f.me(),
		Propose:  office.Ever(v.by.Roles, office.ProposeTerms) && !res.Withdrawn && res.Attribute != resource.Denied,
		Describe: office.Ever(v.by.Roles, office.DescribeData),
	}
	view.Taken = r.URL.Query().Get("taken") == "1"
	code := http.StatusOK
	if refused != nil {
		code = http.StatusUnprocessableEntity
		text := errs.CodeOf(refused).Text(v.lang)
		view.Problem, view.Detail = text.What+"。"+text.Next, refused.Error()
	}
	return f.show(w, r, code, pick(v.lang, res.Name, res.NameEn), "/desk/sharing", resourcePage(view))
}

func (f *Face) find(owner office.NodeID, key string) (res resource.Resource, err error) {
	ok := false
	f.cfg.Ledger.Look(func(b *sharing.Book) { res, ok = b.Resource(owner, key) })
	if !ok {
		err = errs.New(errs.ResourceUnknown, "%.8q %.40q", owner, key)
	}
	return res, err
}

func resourcePath(r resource.Resource) string {
	return "/desk/sharing/resources/" + string(r.Owner) + "/" + r.Key
}

type describeView struct {
	names
	R       resource.Resource
	PerDay  string
	From    string
	Gives   []string
	Problem errs.Code
	Changed bool
}

// describe is the form of a resource: first the source, then the rest.
func (f *Face) describe(w http.ResponseWriter, r *http.Request, v visit) error {
	view := describeView{names: names{v.lang, f}, From: f.today().String(), PerDay: "1000", R: resource.Resource{
		Source: r.URL.Query().Get("source"), Attribute: resource.Conditional, Freshness: resource.Live,
	}}
	if key := r.URL.Query().Get("key"); key != "" {
		res, err := f.find(f.me(), key)
		if err != nil {
			return err
		}
		view.R, view.Changed, view.From, view.PerDay = res, true, res.From.String(), strconv.Itoa(res.PerDay)
	}
	return f.describeAgain(w, r, http.StatusOK, view)
}

func (f *Face) describeAgain(w http.ResponseWriter, r *http.Request, code int, view describeView) error {
	if e, ok := f.evidence(view.R.Source); ok {
		view.Gives = e.Gives
		if !view.Changed && view.R.Key == "" {
			view.R.Key, view.R.Name, view.R.NameEn = e.Key, e.Name, e.NameEn
		}
	}
	return f.show(w, r, code, page.T(r.Context(), "sharing.describe.title"), "/desk/sharing", describePage(view))
}

func (f *Face) described(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	view := describeView{names: names{v.lang, f}, PerDay: form.Get("per_day"), From: form.Get("from"), Changed: form.Get("changed") == "1"}
	view.R = resource.Resource{
		Key: strings.TrimSpace(form.Get("key")), Name: strings.TrimSpace(form.Get("name")), NameEn: strings.TrimSpace(form.Get("name_en")),
		Office: v.by.Office, Source: form.Get("source"), Fields: form["fields"], Attribute: resource.Attribute(form.Get("attribute")),
		Basis: strings.TrimSpace(form.Get("basis")), Freshness: resource.Freshness(form.Get("freshness")),
	}
	view.R.PerDay, _ = strconv.Atoi(strings.TrimSpace(view.PerDay)) // what is no number is refused as none
	view.R.From, _ = workday.ParseDate(strings.TrimSpace(view.From))
	st, err := f.cfg.Ledger.Describe(r.Context(), v.by, view.R)
	if errs.Is(err, errs.ResourceIncomplete) {
		view.Problem = errs.CodeOf(err)
		return f.describeAgain(w, r, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, resourcePath(*st.Resource))
}

func (f *Face) withdraw(w http.ResponseWriter, r *http.Request, v visit) error {
	res, err := f.find(f.me(), r.PathValue("key"))
	if err != nil {
		return err
	}
	res.Withdrawn = true
	if _, err := f.cfg.Ledger.Describe(r.Context(), v.by, res); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/sharing")
}

type agreementView struct {
	names
	A         sharing.Agreement
	Text      sharing.Text        // on the table
	Things    []resource.Resource // that the grants of Text are about; zero for one that is not known here
	Standing  sharing.Standing
	Agreed    bool // Text is what all signed
	Signed    bool // by the own province
	Own       bool // the officer proposed it
	Stopped   sharing.Kind
	ReplyBy   string
	Propose   bool
	Sign      bool
	Stop      bool
	Me        office.NodeID
	Reason    string
	Forgotten bool // a reason is missing
}

// agreement shows the terms on the table, who signed, and how it stands.
func (f *Face) agreement(w http.ResponseWriter, r *http.Request, v visit) error {
	return f.agreementAgain(w, r, v, http.StatusOK, "")
}

func (f *Face) agreementAgain(w http.ResponseWriter, r *http.Request, v visit, code int, reason string) error {
	view := agreementView{names: names{v.lang, f}, Me: f.me(), Reason: reason, Forgotten: code != http.StatusOK}
	ok := false
	f.cfg.Ledger.Look(func(b *sharing.Book) {
		if view.A, ok = b.Agreement(r.PathValue("agreement")); !ok {
			return
		}
		if view.Text, ok = view.A.Newest(f.me()); !ok {
			return
		}
		for _, g := range view.Text.Terms.Grants {
			res, _ := b.Resource(g.Provider, g.Resource)
			view.Things = append(view.Things, res)
		}
	})
	if !ok {
		return errs.New(errs.AgreementUnknown, "%.40q", r.PathValue("agreement"))
	}
	view.Standing, _ = view.A.Stands(f.today())
	agreed, all := view.A.Agreed()
	view.Agreed = all && agreed.Hash == view.Text.Hash
	_, view.Signed = view.A.Signed[view.Text.Hash][f.me()]
	view.Own = view.Text.By == f.me() && view.Text.Officer == v.by.ID
	view.Stopped = view.A.Last[f.me()].Kind
	var attributes []resource.Attribute
	for _, res := range view.Things {
		attributes = append(attributes, res.Attribute)
	}
	by, provisional := sharing.DefaultClocks().ReplyBy(f.cfg.Ledger.Kit.Calendar, workday.DateOf(view.Text.At), attributes)
	view.ReplyBy = by.String()
	if provisional {
		view.ReplyBy = page.T(r.Context(), "sharing.agreement.provisional", by.String())
	}
	open := view.Standing != sharing.Ended && view.Stopped != sharing.End
	view.Propose = open && office.Ever(v.by.Roles, office.ProposeTerms)
	view.Sign = open && !view.Signed && office.Ever(v.by.Roles, office.SignTerms)
	view.Stop = open && office.Ever(v.by.Roles, office.StopSharing)
	return f.show(w, r, code, page.T(r.Context(), "sharing.agreement.title"), "/desk/sharing", agreementPage(view))
}

func agreementPath(id string) string { return "/desk/sharing/agreements/" + id }

func (f *Face) sign(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PathValue("agreement")
	if _, err := f.cfg.Ledger.SignTerms(r.Context(), v.by, id); err != nil {
		return err
	}
	return page.SeeOther(w, r, agreementPath(id))
}

// state suspends, resumes or ends.
func (f *Face) state(w http.ResponseWriter, r *http.Request, v visit) error {
	id, kind, reason := r.PathValue("agreement"), sharing.Kind(r.PostForm.Get("do")), strings.TrimSpace(r.PostForm.Get("reason"))
	if !slices.Contains([]sharing.Kind{sharing.Suspend, sharing.Resume, sharing.End}, kind) {
		return errs.New(errs.BadRequest, "do %.16q", kind)
	}
	if reason == "" && kind != sharing.Resume {
		return f.agreementAgain(w, r, v, http.StatusUnprocessableEntity, reason)
	}
	if _, err := f.cfg.Ledger.Stop(r.Context(), v.by, id, kind, reason); err != nil {
		return err
	}
	return page.SeeOther(w, r, agreementPath(id))
}

func dayOf(t time.Time) workday.Date { return workday.DateOf(t) }
