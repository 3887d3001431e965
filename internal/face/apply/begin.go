package apply

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// beginView is the page before a draft exists: what is begun, who decides, what is already known and stays so.
type beginView struct {
	Key      string
	Wish     apply.Wish
	Item     item.Item
	V        item.Version
	Mode     item.Mode
	There    office.Office
	Here     office.Office
	Limit    *item.LimitRule
	Going    []journey.Draft // drafts of the same matter
	Too      bool            // the sign-in proves too little
	Lang     string
	Unproven bool
	Unit     *party.Org    // in whose name; nil for oneself
	For      *party.Person // whose matter it is; nil for one's own
}

// maxSaid bounds the answers that an address may bring.
const maxSaid = 40

// wish reads item, here and there of an address or a form. A place that is missing or unknown is errs.NotOnlineHere: the
// guide asks for it.
func (f *Face) wish(q url.Values) (apply.Wish, error) {
	w := apply.Wish{Item: q.Get("item"), Said: map[string]bool{}}
	for name, values := range q {
		if key, is := strings.CutPrefix(name, page.AnswerPrefix); is && len(w.Said) < maxSaid && (values[0] == "y" || values[0] == "n") {
			w.Said[key] = values[0] == "y"
		}
	}
	code := q.Get("for")
	if id, is := strings.CutPrefix(code, page.ForKin); is {
		w.Mandate = id
	} else if code != "" && code != "self" {
		var err error
		if w.Unit, err = idno.ParseUSCC(code); err != nil {
			return w, errs.New(errs.NotInThatName, "no code")
		}
	}
	for name, to := range map[string]*region.Code{"here": &w.Here, "there": &w.There} {
		code, err := region.Parse(q.Get(name))
		if err != nil {
			return w, errs.New(errs.NotOnlineHere, "%s is no place", name)
		}
		*to = code
	}
	return w, nil
}

// astray is the guide for an address whose places cannot be worked with: it says what is wrong with them, and by name what took
// over from one that was abolished. false if the address may go on.
func (f *Face) astray(q url.Values) (guide string, is bool) {
	it, known := f.cfg.Kit.Catalogue.Item(q.Get("item"))
	for _, name := range []string{"here", "there"} {
		code, err := region.Parse(q.Get(name))
		_, status := f.cfg.Kit.Regions.Lookup(code)
		is = is || err != nil || status == region.Historical
	}
	return "/guide/" + url.PathEscape(it.Code) + "?" + url.Values{"here": {q.Get("here")}, "there": {q.Get("there")}}.Encode(), known && is
}

// carried are the answers that come from the guide: not asked again, and changed there or in the application.
func (v beginView) carried(ctx context.Context) []page.Row {
	var out []page.Row
	q := url.Values{"here": {v.Wish.Here.Display()}, "there": {v.Wish.There.Display()}}
	said := apply.Carried(v.V, v.Wish.Said)
	for key, yes := range said {
		q.Set(page.AnswerPrefix+key, letter(yes))
	}
	for _, one := range v.V.Questions {
		yes, ok := said[one.Key]
		if !ok || one.If.Holds(said) != item.Yes {
			continue
		}
		word := "no"
		if yes {
			word = "yes"
		}
		label := pick(v.Lang, one.Text, one.TextEn)
		out = append(out, page.Row{Key: label, Value: page.T(ctx, "apply.ask."+word), Actions: []page.Action{{
			Href: "/guide/" + url.PathEscape(v.Item.Code) + "?" + q.Encode(), Text: page.T(ctx, "apply.change"), Hidden: label,
		}}})
	}
	return out
}

// actFor is where another name is chosen, with all that was brought; "" for a matter that is the person's own.
func (v beginView) actFor() string {
	if !slices.Contains(v.Item.Subject, "org") && !v.V.ByAgent() {
		return ""
	}
	q := url.Values{"item": {v.Item.Code}, "here": {string(v.Wish.Here)}, "there": {string(v.Wish.There)}}
	for key, yes := range v.Wish.Said {
		q.Set(page.AnswerPrefix+key, letter(yes))
	}
	return "/act-for?" + q.Encode()
}

// letter is an answer as addresses write it.
func letter(yes bool) string {
	if yes {
		return "y"
	}
	return "n"
}

// begin is /apply/new?item=&here=&there=.
func (f *Face) begin(w http.ResponseWriter, r *http.Request, v visit) error {
	if guide, is := f.astray(r.URL.Query()); is {
		return page.SeeOther(w, r, guide)
	}
	wish, err := f.wish(r.URL.Query())
	if err != nil {
		return err
	}
	view := beginView{Key: unit.NewID(), Wish: wish, Lang: v.lang, Too: v.Person.IDNo == ""}
	if view.Item, view.V, view.Mode, err = f.cfg.Desk.Way(wish); err != nil {
		return err
	}
	if view.There, err = f.cfg.Kit.OfficeAt(wish.There); err != nil {
		return err
	}
	view.Here, _ = f.cfg.Kit.OfficeAt(wish.Here)
	if view.Unit, view.For, err = f.cfg.Desk.For(r.Context(), v.Person, wish); err != nil {
		return err
	}
	for i, l := range view.V.Limits {
		if l.Kind == item.LimitDecide {
			view.Limit = &view.V.Limits[i]
		}
	}
	mine, err := f.cfg.Desk.Mine(r.Context(), v.Person)
	if err != nil {
		return err
	}
	for _, d := range mine {
		if d.Item == view.Item.Code && d.There == wish.There {
			view.Going = append(view.Going, d)
		}
	}
	view.Unproven = len(view.V.Unverified()) > 0
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.begin.title", itemName(v.lang, view.Item, view.V)), "/", beginPage(f, view))
}

// start opens the draft; the same form sent twice leads to the same draft.
func (f *Face) start(w http.ResponseWriter, r *http.Request, v visit) error {
	wish, err := f.wish(r.PostForm)
	if err != nil {
		return err
	}
	wish.ID, wish.Grant = r.PostForm.Get("key"), v.Grant
	d, err := f.cfg.Desk.Start(r.Context(), v.Person, wish)
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/apply/"+d.ID)
}

// resume leads to where a draft stands: the task list of a long one, else the next step; the receipt once it is submitted.
func (f *Face) resume(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	if journey.IsLong(d.Steps) {
		return page.SeeOther(w, r, d.path("tasks"))
	}
	return page.SeeOther(w, r, d.path(journey.Next(d.Steps).Path()))
}

// tasks is E-10: what there is to do, in what order, and until when the draft is kept.
func (f *Face) tasks(w http.ResponseWriter, r *http.Request, d draft) error {
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.tasks.title"), "/cases", tasksPage(f, d))
}

// moved is the page between two versions of the rules: what changed, and that nothing was lost.
func (f *Face) moved(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Desk.Open(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	now, moved, err := f.cfg.Desk.Rules(d)
	if err != nil {
		return err
	}
	if d.Case != "" || !moved {
		return page.SeeOther(w, r, "/apply/"+d.ID)
	}
	var changes []journey.Change
	old, err := f.cfg.Kit.Catalogue.Pinned(d.Digest, d.Pins)
	if err == nil { // an old version that this binary no longer has cannot be compared; the page says only that it changed
		changes = journey.Moved(old, now)
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.rules.title"), "/cases", movedPage(d, now, changes, v.lang))
}

func (f *Face) adopt(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Desk.Adopt(r.Context(), v.Person, v.Grant, r.PathValue("id"))
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/apply/"+d.ID)
}

func (f *Face) dropAsk(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Desk.Open(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Case != "" {
		return errs.New(errs.AlreadySubmitted, "draft %s", d.ID)
	}
	it, _ := f.cfg.Kit.Catalogue.Item(d.Item)
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "apply.drop.title"), "/cases", dropPage(d, it.Name))
}

// drop forgets the draft, then its files: a power cut between leaves files that nothing refers to and nobody can open.
func (f *Face) drop(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.cfg.Desk.Drop(r.Context(), v.Person, r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, file := range d.Blobs() {
		if err := f.cfg.Files.Remove(file); err != nil {
			return err
		}
	}
	return page.SeeOther(w, r, "/cases?dropped=1")
}
