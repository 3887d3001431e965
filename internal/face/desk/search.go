package desk

import (
	"net/http"
	"slices"
	"strings"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/party"
	"tongban/internal/domain/search"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// mostHits is how many cases a search shows, mostLists how many matters and places of each kind.
const (
	mostHits  = 20
	mostLists = 3
)

type searchView struct {
	Text, Error string
	Asked       bool
	Rows        []row
	Lists       []page.Link // the office's cases of a matter, or with a place
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
	view.Text, view.Asked = halfWidth(strings.TrimSpace(r.PostForm.Get("q"))), true
	if c, err := f.named(r, view.Text); err == nil {
		if !f.may(v, c) {
			return errs.New(errs.CaseElsewhere, "%s", c.No)
		}
		return page.SeeOther(w, r, "/desk/cases/"+c.ID)
	} else if !errs.Is(err, errs.Missing) {
		return err
	}
	by := party.Search(view.Text)
	view.Lists = f.lists(v, view.Text)
	if len(by) == 0 && len(view.Lists) == 0 {
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

// named finds the one case that a text names: its number, the code of one of its papers, or the address that a paper's QR code
// holds, as a scanner types it. It returns errs.Missing if the text names none.
func (f *Face) named(r *http.Request, text string) (casefile.Case, error) {
	last := strings.Trim(text, "/")
	if i := strings.LastIndexByte(last, '/'); i >= 0 && strings.Contains(text, "://") {
		last = last[i+1:]
	}
	if no, err := casefile.ParseNo(last); err == nil {
		return f.cfg.Store.CaseByNo(r.Context(), no)
	}
	if code, ok := document.NormalCheck(last); ok {
		p, err := f.cfg.Store.PaperByCheck(r.Context(), code)
		if err != nil {
			return casefile.Case{}, err
		}
		return f.cfg.Store.Case(r.Context(), p.Case)
	}
	return casefile.Case{}, errs.New(errs.Missing, "no number")
}

// halfWidth turns the full-width letters, digits and signs of a Chinese keyboard into plain ones: a scanner is a keyboard, and
// types what the keyboard is set to.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\uff01' && r <= '\uff5e':
			return r - 0xfee0
		case r == '\u3000':
			return ' '
		}
		return r
	}, s)
}

// lists are the office's lists that a text may mean: a matter or a place, in characters, pinyin or initials.
func (f *Face) lists(v visit, text string) []page.Link {
	var out []page.Link
	found := search.Default().Find(search.Query{Text: text, Limit: mostLists})
	for _, hit := range found.Hits {
		if !slices.Contains([]search.Why{search.ByName, search.ByAlias, search.ByWords, search.ByPinyin, search.ByInitials, search.ByCode}, hit.Why) {
			continue // a name of a person sounds like something
		}
		out = append(out, page.Link{Href: listHref(casefile.ViewOffice, "", hit.Key, "", ""), Text: pick(v.lang, hit.Name, hit.NameEn)})
	}
	for _, code := range f.placesLike(text) {
		out = append(out, page.Link{Href: listHref(casefile.ViewOffice, "", "", code, ""), Text: f.cfg.Kit.Regions.FullName(code)})
	}
	return out
}

// placesLike gives the places of other offices that a text may mean: a name, or a name in letters, whole, begun or as initials.
func (f *Face) placesLike(text string) []region.Code {
	letters := strings.ToLower(strings.Join(strings.Fields(text), ""))
	var out []region.Code
	for _, p := range f.places {
		code := region.Must(p.Code)
		name := f.cfg.Kit.Regions.Name(code)
		whole, initials := search.DefaultWords().Letters(name)
		switch {
		case name == text || p.Name == text:
		case whole == "" || letters == "":
			continue
		case letters == whole, letters == initials, len(letters) >= 4 && strings.HasPrefix(whole, letters):
		case len(initials) > 2 && letters == initials[:len(initials)-1]: // 西宁 for 西宁市
		default:
			continue
		}
		out = append(out, code)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), mostLists)]
}
