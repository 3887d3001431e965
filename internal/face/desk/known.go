package desk

import (
	"maps"
	"net/http"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/party"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page/text"
	"tongban/internal/page/upload"
)

// version is the rule of both places in force today, narrowed to what the answers so far leave.
func (f *Face) version(v visit, d draft) (item.Version, bool) {
	ver, ok := f.cfg.Kit.Rules(d.Item, f.here(v), d.There, workday.DateOf(f.now()))
	return ver.Narrow(d.Said), ok
}

// questions are the matter's yes-no questions that this person is asked.
func (v intakeView) questions() []item.Question {
	return slices.DeleteFunc(slices.Clone(v.Version.Questions), func(q item.Question) bool { return q.If.Holds(v.D.Said) != item.Yes })
}

// said is an answer as the form has it: y, n, or nothing yet.
func (d draft) said(key string) string {
	yes, known := d.Said[key]
	switch {
	case !known:
		return ""
	case yes:
		return "y"
	}
	return "n"
}

// takeSaid reads the answers to the yes-no questions.
func (d *draft) takeSaid(in upload.Form, ver item.Version) {
	for _, q := range ver.Questions {
		switch in.Get("s." + q.Key) {
		case "y":
			d.say(q.Key, true)
		case "n":
			d.say(q.Key, false)
		}
	}
}

func (d *draft) say(key string, yes bool) {
	if d.Said == nil {
		d.Said = map[string]bool{}
	}
	d.Said[key] = yes
}

// here is the area of the officer's own office.
func (f *Face) here(v visit) region.Code {
	o, _ := f.cfg.Kit.Office(v.by.Office)
	return o.Region
}

func (f *Face) facts(d draft) map[string]string {
	out := f.cfg.Lodge.Facts(d.Person, d.There)
	maps.Copy(out, lodge.With(d.Known, d.partner()))
	return out
}

// ask lets the sources say what they know of the applicant, who stands there and agreed to it; the look is logged first.
func (f *Face) ask(r *http.Request, v visit, d *draft) error {
	ver, ok := f.version(v, *d)
	if f.cfg.Known == nil || !ok {
		return nil
	}
	at := f.now()
	if err := f.cfg.Store.Commit(r.Context(), unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: d.ID, Who: v.by.ID, Office: v.by.Office, What: "desk.evidence", Reason: "intake of " + d.Item},
	}}); err != nil {
		return err
	}
	d.Known = f.cfg.Known(r.Context(), d.Person, d.Item, f.here(v), d.There, ver)
	return nil
}

// invited is who else has to stand at the counter, where the law wants the matter on site. Elsewhere they join from their own device.
func invited(ver item.Version) (item.Field, bool) {
	if len(ver.Plan[item.Onsite]) == 0 {
		return item.Field{}, false
	}
	return journey.Inviting(ver)
}

// takePartner reads who else stands at the counter, where the matter needs both (民法典 第1049条 for a marriage).
func (f *Face) takePartner(d *draft, in upload.Form, ver item.Version, lang string) {
	if _, needed := invited(ver); !needed {
		return
	}
	p, err := party.NewPerson(in.Get("partner.name"), party.ResidentID, in.Get("partner.id_no"), "")
	d.Partner = p
	if err == nil && p.IDNo == d.Person.IDNo {
		d.fail("partner.id_no", text.T(lang, "desk.partner.same"))
	}
	if err == nil {
		return
	}
	for _, one := range personProblems(p) {
		d.fail("partner."+personField(one), words(lang, one))
	}
	d.Partner = party.Person{Name: in.Get("partner.name"), IDType: party.ResidentID, IDNo: in.Get("partner.id_no")}
}

// invites is what the form calls who else has to be there, "" for nobody.
func (v intakeView) invites() string {
	field, needed := invited(v.Version)
	if !needed {
		return ""
	}
	return pick(v.Lang, field.Label, field.LabelEn)
}

// filled is the whole form with what is known, so that nobody types it.
func (f *Face) filled(d draft, ver item.Version) map[string]string {
	return ver.Fill(ver.Clean(d.Answers), f.facts(d))
}

// asked are the questions that remain: what only the applicant knows, and what a source did not answer.
func (f *Face) asked(d draft, ver item.Version) []item.Field {
	facts := f.facts(d)
	return slices.DeleteFunc(slices.Clone(ver.Form.Fields), func(field item.Field) bool {
		switch {
		case field.Source == item.Asked:
			return false
		case field.Source == item.FromEvidence && field.Required && field.Fallback == item.FallAsk:
			return facts[field.From] != ""
		}
		return true
	})
}

// defaultSource is the way to supply a material that costs the applicant least and claims nothing that was not checked.
func defaultSource(m item.Material) string {
	for _, s := range []string{"generated", "elicence", "promise", "shared", "upload"} {
		if m.Required && slices.Contains(m.Sources, s) {
			return s
		}
	}
	return ""
}

// listedFile is a file of a material with its place in the draft.
type listedFile struct {
	N int
	exchange.File
}

func (d draft) listed(material string) []listedFile {
	var out []listedFile
	for i, file := range d.Files {
		if file.Material == material {
			out = append(out, listedFile{i, file})
		}
	}
	return out
}
