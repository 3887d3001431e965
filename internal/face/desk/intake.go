package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/upload"
)

// step is one screen of an intake. A clerk sees four and then the receipt (story b: five).
type step string

const (
	stepIdentity step = "identity"
	stepMatter   step = "matter"
	stepDetails  step = "details"
	stepCheck    step = "check"
)

// maxFiles bounds the attachments of one intake.
const maxFiles = 60

// intakeView is what a screen shows.
type intakeView struct {
	State string
	D     draft
	Lang  string

	// matter
	Places       []place
	Items        []item.Item
	ItemText     string
	PlaceText    string
	ItemChoices  []item.Item
	PlaceChoices []place
	Cannot       *item.Answer

	// details and check
	Item      item.Item
	Version   item.Version
	Can       item.Answer
	Here      office.Office
	There     office.Office
	ThereName string
	Filled    map[string]string
	Asked     []item.Field
	Known     []page.Row
	Rows      []page.Row
}

func window(v visit) error {
	if !v.by.Has(office.Window) {
		return errs.New(errs.NotYours, "intake needs the role %s", office.Window)
	}
	return nil
}

// newCase is D-03. Opening the form makes the id of the case to be.
func (f *Face) newCase(w http.ResponseWriter, r *http.Request, v visit) error {
	if err := window(v); err != nil {
		return err
	}
	return f.showStep(w, r, v, f.newDraft(), stepIdentity, intakeView{})
}

// formDraft opens the draft of an ordinary form.
func (f *Face) formDraft(r *http.Request, v visit) (draft, error) {
	if err := window(v); err != nil {
		return draft{}, err
	}
	return f.read(v, r.PostForm.Get("state"))
}

// identity takes who the applicant is, and that the consent text was read out and agreed to (D-03, D-04).
func (f *Face) identity(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.formDraft(r, v)
	if err != nil {
		return err
	}
	form := r.PostForm
	p, err := party.NewPerson(form.Get("name"), party.IDType(form.Get("id_type")), form.Get("id_no"), form.Get("phone"))
	d.Person = p
	if err != nil {
		for _, one := range personProblems(p) {
			d.fail(personField(one), words(v.lang, one))
		}
		d.Person = party.Person{Name: form.Get("name"), IDType: p.IDType, IDNo: form.Get("id_no"), Phone: form.Get("phone")}
	}
	d.Consent = ""
	if form.Get("agree") == "yes" {
		d.Consent = consentText
	} else {
		d.fail("agree", page.T(r.Context(), "desk.consent.needed"))
	}
	if len(d.Errors) > 0 {
		return f.showStep(w, r, v, d, stepIdentity, intakeView{})
	}
	return f.showStep(w, r, v, d, stepMatter, intakeView{})
}

// personProblems judges each particular by itself, so that all that is wrong is said at once.
func personProblems(p party.Person) []error {
	sound := party.Person{Name: "A", IDType: party.Passport, IDNo: "A0000"}
	var out []error
	for _, one := range []party.Person{
		{Name: p.Name, IDType: sound.IDType, IDNo: sound.IDNo},
		{Name: sound.Name, IDType: p.IDType, IDNo: p.IDNo},
		{Name: sound.Name, IDType: sound.IDType, IDNo: sound.IDNo, Phone: p.Phone},
	} {
		if err := one.Validate(); err != nil {
			out = append(out, err)
		}
	}
	return out
}

func personField(err error) string {
	if errs.Is(err, errs.PersonNameForm) {
		return "name"
	}
	if errs.Is(err, errs.PersonPhoneForm) {
		return "phone"
	}
	return "id_no"
}

// matter takes what is applied for and where it is decided (D-05), and asks the rules of the deciding place.
func (f *Face) matter(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.formDraft(r, v)
	if err != nil {
		return err
	}
	ctx, form := r.Context(), r.PostForm
	view := intakeView{ItemText: strings.TrimSpace(form.Get("item")), PlaceText: strings.TrimSpace(form.Get("place"))}
	items := f.findItems(chosen(form.Get("item_choice"), view.ItemText, form.Get("item_was")))
	places := f.findPlace(chosen(form.Get("place_choice"), view.PlaceText, form.Get("place_was")))
	switch len(items) {
	case 0:
		d.fail("item", page.T(ctx, "desk.matter.no_item"))
	case 1:
		d.Item = items[0].Code
	default:
		view.ItemChoices = items
		d.fail("item_choice", page.T(ctx, "desk.matter.choose_item"))
	}
	switch len(places) {
	case 0:
		d.fail("place", page.T(ctx, "desk.matter.no_place"))
	case 1:
		d.There = places[0]
	default:
		for _, code := range places {
			view.PlaceChoices = append(view.PlaceChoices, place{code.Display(), f.cfg.Kit.Regions.FullName(code)})
		}
		d.fail("place_choice", page.T(ctx, "desk.matter.choose_place"))
	}
	if len(d.Errors) > 0 {
		return f.showStep(w, r, v, d, stepMatter, view)
	}
	if can, ok := f.can(v, d); !ok {
		view.Cannot = &can
		return f.showStep(w, r, v, d, stepMatter, view)
	}
	if err := f.ask(r, v, &d); err != nil {
		return err
	}
	return f.showStep(w, r, v, d, stepDetails, intakeView{})
}

// chosen is the radio's value if the text is still the one for which the radios were shown.
func chosen(choice, text, was string) string {
	if choice != "" && text == was {
		return choice
	}
	return text
}

// can asks whether the window may take this in, and gives the deciding place's answer.
func (f *Face) can(v visit, d draft) (item.Answer, bool) {
	here, _ := f.cfg.Kit.Office(v.by.Office)
	a := f.cfg.Kit.Catalogue.Can(item.Query{Item: d.Item, Here: here.Region, There: d.There, On: workday.DateOf(f.now())}, f.cfg.Kit.Regions)
	if !a.Possible {
		return a, false
	}
	ver, _ := f.version(v, d)
	mode, ok := ver.Windowed(a.Modes)
	_, err := f.cfg.Kit.OfficeAt(d.There)
	return a, ok && (err == nil || mode == item.Onsite) && a.Version != ""
}

// back goes to an earlier screen with everything kept.
func (f *Face) back(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.formDraft(r, v)
	if err != nil {
		return err
	}
	to := step(r.PostForm.Get("to"))
	switch to {
	case stepIdentity, stepDetails:
	case stepMatter:
		it, _ := f.cfg.Kit.Catalogue.Item(d.Item)
		return f.showStep(w, r, v, d, to, intakeView{ItemText: it.Name, PlaceText: d.There.Display()})
	case stepCheck:
		to = stepIdentity
	default:
		return errs.New(errs.BadRequest, "no such step")
	}
	return f.showStep(w, r, v, d, to, intakeView{})
}

// details takes the remaining questions and the materials (D-06, D-07). What arrived is kept whatever is wrong with the rest.
func (f *Face) details(w http.ResponseWriter, r *http.Request, v visit) error {
	if err := window(v); err != nil {
		return err
	}
	in, err := upload.Receive(r, f.cfg.Files.Put, f.cfg.MaxFile)
	if err != nil {
		return err
	}
	d, err := f.read(v, in.Get("state"))
	if err != nil {
		return err
	}
	ver, ok := f.version(v, d)
	if !ok || d.Consent == "" {
		return errs.New(errs.DraftUnreadable, "draft is not at this screen")
	}
	d.takeSaid(in, ver)
	if ver, ok = f.version(v, d); !ok {
		return errs.New(errs.DraftUnreadable, "draft without a matter")
	}
	f.takeAnswers(&d, in, ver)
	if in.Get("do") == "next" {
		f.takePartner(&d, in, ver, v.lang)
	}
	f.takeMaterials(r, &d, in, ver)
	do := in.Get("do")
	if n, ok := strings.CutPrefix(do, "remove-"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 0 && i < len(d.Files) {
			d.Files = slices.Delete(d.Files, i, i+1)
		}
	}
	if do == "find" && len(d.Search) == 0 {
		do = "next" // Enter in any other field
	}
	if do != "next" {
		return f.showStep(w, r, v, d, stepDetails, intakeView{})
	}
	if err := f.judge(r, v, &d, ver); err != nil {
		return err
	}
	if len(d.Errors) > 0 {
		return f.showStep(w, r, v, d, stepDetails, intakeView{})
	}
	return f.showStep(w, r, v, d, stepCheck, intakeView{})
}

func (f *Face) takeAnswers(d *draft, in upload.Form, ver item.Version) {
	if d.Answers == nil {
		d.Answers = map[string]string{}
	}
	d.Search = map[string]string{}
	for _, field := range f.asked(*d, ver) {
		name := "a." + field.Key
		if field.Type == item.Scope {
			d.Answers[field.Key] = strings.Join(in.Values[name], item.ScopeJoin)
			if q := strings.TrimSpace(in.Get("q." + field.Key)); q != "" {
				d.Search[field.Key] = q
			}
			continue
		}
		d.Answers[field.Key] = in.Get(name)
	}
}

func (f *Face) takeMaterials(r *http.Request, d *draft, in upload.Form, ver item.Version) {
	if d.Sources == nil {
		d.Sources = map[string]string{}
	}
	for _, m := range ver.Materials {
		name := "f." + m.Key
		if source := in.Get("m." + m.Key); slices.Contains(m.Sources, source) {
			d.Sources[m.Key] = source
		} else {
			delete(d.Sources, m.Key)
		}
		if why := in.Bad[name]; why != "" {
			d.fail(name, page.T(r.Context(), "desk.upload."+string(why)))
		}
		if !slices.Contains(m.Sources, "upload") {
			continue
		}
		for _, file := range in.Files[name] {
			if len(d.Files) >= maxFiles {
				d.fail(name, page.T(r.Context(), "desk.upload.many"))
				break
			}
			file.Material = m.Key
			d.Files = append(d.Files, file)
			d.Sources[m.Key] = "upload"
		}
	}
}

// judge lists everything that stands against taking the case in, each beside its field.
func (f *Face) judge(r *http.Request, v visit, d *draft, ver item.Version) error {
	problems, err := f.cfg.Lodge.Problems(f.here(v), d.application(ver), v.lang)
	if err != nil {
		return err
	}
	for _, p := range problems {
		if p.Key == "material" {
			d.fail("m."+p.Field, page.T(r.Context(), "desk.details.material", materialName(ver, p.Field, v.lang)))
			continue
		}
		d.fail("a."+p.Field, p.What+pick(v.lang, "\uff1b", "; ")+p.Fix)
	}
	for _, m := range ver.Materials {
		if d.Sources[m.Key] == "upload" && len(d.files(m.Key)) == 0 {
			d.fail("f."+m.Key, page.T(r.Context(), "desk.upload.none", pick(v.lang, m.Name, m.NameEn)))
		}
	}
	if len(d.Errors) > 0 {
		return nil
	}
	for _, field := range ver.Missing(f.filled(*d, ver)) {
		if field.Source == item.FromEvidence && field.Fallback != item.FallAsk { // the deciding place asks the source again
			continue
		}
		d.fail("known", page.T(r.Context(), "desk.details.gap", pick(v.lang, field.Label, field.LabelEn)))
	}
	return nil
}

func materialName(ver item.Version, key, lang string) string {
	for _, m := range ver.Materials {
		if m.Key == key {
			return pick(lang, m.Name, m.NameEn)
		}
	}
	return key
}

// submit opens the case (收件) and shows its receipt. A second submit of the same form finds the case that the first made.
func (f *Face) submit(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.formDraft(r, v)
	if err != nil {
		return err
	}
	ver, ok := f.version(v, d)
	if !ok || d.Consent == "" {
		return errs.New(errs.DraftUnreadable, "draft is not at this screen")
	}
	if err := f.judge(r, v, &d, ver); err != nil {
		return err
	}
	if len(d.Errors) > 0 {
		return f.showStep(w, r, v, d, stepDetails, intakeView{})
	}
	_, err = f.cfg.Lodge.TakeIn(r.Context(), v.by, d.application(ver))
	switch {
	case errs.Is(err, errs.CaseExists):
		return page.SeeOther(w, r, "/desk/cases/"+d.ID+"/receipt?said=again")
	case err != nil:
		return err
	}
	return page.SeeOther(w, r, "/desk/cases/"+d.ID+"/receipt")
}
